# One image for every service and every role; which one a container is, its command and POSTROAD_SERVICE say.
# Builds with docker, podman and buildah: make image

# A tag may be moved to other content; a build that must be repeatable names a digest: --build-arg BASE=debian@sha256:…
ARG BASE=debian:trixie-slim
FROM ${BASE} AS python
RUN apt-get -q update \
 && apt-get -qy install --no-install-recommends python3 ca-certificates \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*

FROM python AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN apt-get -q update && apt-get -qy install --no-install-recommends python3-venv python3-pip binutils
RUN python3 -m venv --without-pip /opt/venv
COPY requirements/base.txt /build/requirements.txt
# Wheels only: nothing is compiled. Then out with what no process reads: tests, other languages, sources and symbols of
# extensions. Bytecode is made here, since the file system is read-only later; not for what is seldom or never imported.
# What is large for the little that is used of it goes into a zip, as bytecode: Kubernetes' client is 4 MB there instead of 17.
RUN python3 -m pip --python /opt/venv/bin/python install --no-compile --only-binary=:all: --require-hashes -r /build/requirements.txt \
 && cd /opt/venv/lib/python3.*/site-packages \
 && find . -depth -type d \( -name tests -o -name test -o -path '*/locale/*' -not -path '*/locale/en*' \) -not -path './django/test' -exec rm -rf {} + \
 && find . \( -name '*.pyx' -o -name '*.pxd' -o -name '*.c' -o -name '*.h' -o -name '*.pyi' -o -name '*.po' \) -delete \
 && find . -name '*.so' -exec strip --strip-unneeded {} + \
 && python3 -c "import sys, zipfile; put = zipfile.PyZipFile('large.zip', 'w', zipfile.ZIP_DEFLATED).writepy; [put(name) for name in sys.argv[1:]]" \
      kubernetes prompt_toolkit wcwidth && rm -r kubernetes prompt_toolkit wcwidth && echo large.zip > large.pth \
 && python3 -m compileall -q -x '/(gis|supervisor|oauthlib)/' .
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH
COPY manage.py ./
COPY config config
COPY postroad postroad
COPY apps apps
# Collected once: the copies inside the packages are served by nobody; neither are maps to sources, nor Redoc, on any page.
RUN python3 -m compileall -q . \
 && DJANGO_SETTINGS_MODULE=config.settings.build python manage.py collectstatic --noinput --verbosity 0 \
 && find static -name '*.map' -delete && rm -r static/drf_spectacular_sidecar/redoc \
 && find /opt/venv/lib/python3.*/site-packages -depth -type d -name static ! -exec test -e {}/__init__.py \; -exec rm -rf {} +

# What of the lock file is installed, as CycloneDX: /app/sbom.cdx.json
ARG VERSION=dev
COPY scripts/sbom.py /build/sbom.py
RUN python3 /build/sbom.py /build/requirements.txt sbom.cdx.json --version "$VERSION"

FROM python
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.service \
    VAR_DIR=/tmp HOME=/tmp
USER 10001:10001
EXPOSE 8000 9000 9100
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Postroad" \
      org.opencontainers.image.description="The services of Postroad's reference system, every role in one image" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
ENV POSTROAD_VERSION=$VERSION
CMD ["python", "-m", "config.web"]
