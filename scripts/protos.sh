#!/usr/bin/env bash
# docs/proto/**.proto → apps/<service>/rpc/v1/: messages, their types, and the base class of the service.
# protos.sh [FOLDER]: write below FOLDER instead of the project.
set -euo pipefail
cd "$(dirname "$0")/.."
output=$(realpath "${1:-.}")
for service in orders kitchen accounting; do
  package=apps/$service/rpc/v1
  python -m grpc_tools.protoc "-I$package=docs/proto/postroad/$service/v1" \
    --python_out="$output" --pyi_out="$output" --grpc_python_out="$output" "$package/$service.proto"
done
