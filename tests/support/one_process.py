"""The one-process mode as a real process, that a test may kill and start again."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from apps.tour.addresses import behind_one
from apps.tour.client import Services
from tests.faults.deployment import ROOT, free_port, until


class OneProcess:
    """`manage.py run` on a free port with its own directory for data and secrets."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.log = home / "run.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def api(self) -> Services:
        return behind_one(f"http://localhost:{self.port}")

    @property
    def output(self) -> str:
        return self.log.read_text()

    def start(self, *, demo: bool = False, patience_seconds: float = 30, **environment: str) -> None:
        mine = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TEST_")},
            "VAR_DIR": str(self.home),
            "DEMO": "1" if demo else "0",
            "DJANGO_SETTINGS_MODULE": "config.settings.embedded",
            "NO_COLOR": "1",
            **environment,
        }
        command = [sys.executable, "manage.py", "run", "--port", str(self.port)]
        already = self.output.count("Postroad is ready") if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=mine, stdout=log, stderr=subprocess.STDOUT)
        until(lambda: self.output.count("Postroad is ready") > already, seconds=patience_seconds, what="it is ready")

    def end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(10)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.home / "postroad.sqlite3", timeout=30) as database:
            return database.execute(query).fetchall()
