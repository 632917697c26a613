#!/usr/bin/env bash
# Build the container image with whichever of docker, podman or buildah is here and answers.
# IMAGE (localhost/postroad:dev), DOCKERFILE, CONTAINER_TOOL, IMAGE_BUILD_ARGS (further options of the build)
set -euo pipefail
image=${IMAGE:-localhost/postroad:dev}
tools=${CONTAINER_TOOL:-docker podman buildah}
builder='' found=''
for tool in $tools; do
  if ! command -v "$tool" >/dev/null; then
    found+=" $tool is not installed;"
  elif ! timeout 10 "$tool" info >/dev/null 2>&1; then # a docker client is often there without its daemon
    found+=" $tool is here but '$tool info' fails;"
  else
    builder=$tool
    break
  fi
done
[ -n "$builder" ] || { echo "postroad: nothing here can build an image:$found install or start one of them: $tools." >&2; exit 1; }
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
revision=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
echo "— $builder builds $image ($version, $revision)"
# shellcheck disable=SC2086  # the options are words
"$builder" build ${IMAGE_BUILD_ARGS:-} --build-arg VERSION="$version" --build-arg REVISION="$revision" -f "${DOCKERFILE:-Dockerfile}" -t "$image" .
echo "— $image: $("$builder" images --format '{{.Size}}' "$image")"
