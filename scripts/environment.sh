#!/usr/bin/env bash
# Makes .venv if it is missing and installs a locked set of requirements into it.
set -euo pipefail
python=$1 locked=$2
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "postroad: '$python' is missing or older than Python 3.11; install one, or name it: make run PYTHON=python3.13" >&2
  exit 1
fi
if [ ! -x .venv/bin/python ]; then
  echo "Making .venv (once) …"
  "$python" -m venv .venv || {
    echo "postroad: '$python -m venv' failed; on Debian: apt-get install python3-venv" >&2
    exit 1
  }
fi
echo "Installing $locked (once) …"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$locked"
