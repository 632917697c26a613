#!/usr/bin/env bash
# Everything that needs no server: `make check`, and the first half of CI.
set -euo pipefail
export DJANGO_SETTINGS_MODULE=config.settings.test
unset TEST_DATABASE_URL TEST_BROKER_URL
step() { printf '\n— %s\n' "$1"; }

beside_tests() { # which wait now and then, and leave a core for it
  step "types";           mypy postroad apps config bench; MYPYPATH=scripts mypy scripts
  step "Django's checks"; python manage.py check --fail-level WARNING
  step "migrations";      python manage.py makemigrations --check --dry-run
  step "chart";           python scripts/chart_readme.py --check; python scripts/manifests.py --check
}

step "format";            ruff format --check --quiet .
step "lint";              ruff check --quiet .
step "import contracts";  lint-imports; python scripts/layers.py --check
said=$(mktemp)
beside_tests >"$said" 2>&1 & others=$!
trap 'kill $others 2>/dev/null || true; rm -f "$said"' EXIT
code=0
step "fast tests";        python -m pytest -q -n 2 --dist loadfile -m "not postgres and not broker and not slow" || code=1
wait $others || code=1
cat "$said"
exit $code
