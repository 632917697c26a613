"""Made by scripts/protos.sh from docs/proto/postroad/accounting/v1/accounting.proto; not edited."""
