"""Made by scripts/protos.sh from docs/proto/postroad/orders/v1/orders.proto; not edited."""
