#!/usr/bin/env bash
# Every test, on the servers that TEST_DATABASE_URL and TEST_BROKER_URL name.  With arguments: one pytest with them.
set -euo pipefail
if [ $# -gt 0 ]; then exec python -m pytest "$@"; fi
# Whole deployments need the machine, and the broker's real names, for themselves; so does who restarts the broker.
alone=(tests/faults tests/e2e/test_plain_amqp.py)
python -m pytest "${alone[@]}"
python -m pytest -m restarts "${alone[@]/#/--ignore=}"
# The others wait as much as they work: one process more than there are cores.
python -m pytest -n $(($(nproc) + 1)) --dist loadfile --no-loadscope-reorder -m "not restarts" "${alone[@]/#/--ignore=}"
