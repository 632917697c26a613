#!/usr/bin/env bash
# Build the container image with whatever of docker, podman or buildah is here.
# IMAGE (localhost/postroad:dev), DOCKERFILE, CONTAINER_TOOL, IMAGE_BUILD_ARGS (further options of the build)
set -euo pipefail
image=${IMAGE:-localhost/postroad:dev}
for tool in ${CONTAINER_TOOL:-docker podman buildah}; do
  command -v "$tool" >/dev/null && break || tool=
done
[ -n "${tool:-}" ] || { echo "postroad: none of ${CONTAINER_TOOL:-docker, podman, buildah} is here; install one of them." >&2; exit 1; }
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
revision=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
echo "— $tool builds $image ($version, $revision)"
# shellcheck disable=SC2086  # the options are words
$tool build ${IMAGE_BUILD_ARGS:-} --build-arg VERSION="$version" --build-arg REVISION="$revision" -f "${DOCKERFILE:-Dockerfile}" -t "$image" .
echo "— $image: $($tool images --format '{{.Size}}' "$image")"
