#!/usr/bin/env bash
# Everything that needs no server: `make check`, and the first half of CI.
set -euo pipefail
export DJANGO_SETTINGS_MODULE=config.settings.test
unset TEST_DATABASE_URL TEST_BROKER_URL
step() { printf '\n— %s\n' "$1"; }

step "format";            ruff format --check --quiet .
step "lint";              ruff check --quiet .
step "types";             mypy postroad apps config bench; MYPYPATH=scripts mypy scripts
step "import contracts";  lint-imports; python scripts/layers.py --check
step "Django's checks";   python manage.py check --fail-level WARNING
step "migrations";        python manage.py makemigrations --check --dry-run
step "chart";             python scripts/chart_readme.py --check; python scripts/manifests.py --check
step "fast tests";        python -m pytest -q -n 2 --dist loadfile -m "not postgres and not broker and not slow"
