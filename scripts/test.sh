#!/usr/bin/env bash
# Every test, on the servers that TEST_DATABASE_URL and TEST_BROKER_URL name.  With arguments: one pytest with them.
set -euo pipefail
if [ $# -gt 0 ]; then exec python -m pytest "$@"; fi
# Whole deployments need the machine, and the broker's real names, for themselves; so does who restarts the broker.
python -m pytest tests/faults tests/e2e
python -m pytest -m restarts --ignore tests/faults --ignore tests/e2e
python -m pytest -n 2 --dist loadfile -m "not restarts" --ignore tests/faults --ignore tests/e2e
