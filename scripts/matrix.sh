#!/usr/bin/env bash
# Fast tests on every supported Python with Django 5.2 and the newest 6.x; one pair: scripts/matrix.sh 3.13+6
set -euo pipefail
pairs=${1:-"3.11+5.2 3.12+5.2 3.12+6 3.13+5.2 3.13+6"}
unset TEST_DATABASE_URL TEST_BROKER_URL

find_python() { # the first that really runs: pyenv's shims exist for versions that are not switched on
  for candidate in "python$1" "$HOME/.pyenv/versions/$1"*/bin/python; do
    if "$candidate" -c '' 2>/dev/null; then command -v "$candidate"; return; fi
  done
  echo "postroad: Python $1 is not here; install it, or name another pair: make test-matrix ONLY=3.11+5.2" >&2
  exit 1
}

for pair in $pairs; do
  python=${pair%+*} django=${pair#*+}
  home=.venvs/$pair
  printf '\n— Python %s, Django %s\n' "$python" "$django"
  [ -x "$home/bin/python" ] || uv venv --quiet --no-python-downloads --python "$(find_python "$python")" "$home"
  # The locked set names one Django; here the newest of a series is wanted, so versions come from the .in file.
  case $django in 6*) wanted="django>=6,<7" ;; *) wanted="django~=$django.0" ;; esac
  grep -vE '^(django[>=<~]|-r )' requirements/base.in requirements/dev.in -h | grep -v '^#' > "$home/requirements.in"
  uv pip install --quiet --python "$home/bin/python" -r "$home/requirements.in" "$wanted"
  "$home/bin/python" -m pytest -q -n 2 --dist loadfile -p no:cacheprovider -m "not postgres and not broker and not slow"
done
