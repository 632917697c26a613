"""The scripts that start servers: they run before anything is installed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_servers_start_with_the_standard_library_alone() -> None:
    command = [sys.executable, "-S", "scripts/servers.py", "--help"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, "restart-broker" in done.stdout) == (0, True), done.stderr
