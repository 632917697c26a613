"""Made by scripts/protos.sh from docs/proto/postroad/kitchen/v1/kitchen.proto; not edited."""
