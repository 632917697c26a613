# One image for every service and every role; which one a container is, its command and POSTROAD_SERVICE say.
# Builds with docker, podman and buildah: make image

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv --without-pip /opt/venv
COPY requirements/base.txt /build/requirements.txt
# Wheels only: nothing is compiled. What no process reads is left out: tests, sources of extensions, type stubs.
RUN python -m pip --python /opt/venv/bin/python install --only-binary=:all: --require-hashes -r /build/requirements.txt \
 && find /opt/venv -depth \( -name tests -o -name test \) -type d -not -path '*/django/*' -exec rm -rf {} + \
 && find /opt/venv \( -name '*.pyx' -o -name '*.pxd' -o -name '*.c' -o -name '*.h' -o -name '*.pyi' \) -delete
COPY manage.py /app/
COPY config /app/config
COPY postroad /app/postroad
COPY apps /app/apps
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH
RUN python -m compileall -q . && DJANGO_SETTINGS_MODULE=config.settings.image python manage.py collectstatic --noinput --verbosity 0

FROM python:3.13-slim
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Postroad" \
      org.opencontainers.image.description="The services of Postroad's reference system, every role in one image" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.service \
    POSTROAD_VERSION=$VERSION \
    VAR_DIR=/tmp HOME=/tmp
USER 10001:10001
EXPOSE 8000 9000 9100
CMD ["gunicorn", "config.wsgi", "-c", "python:config.gunicorn"]
