"""Kills processes at random moments and starts them again, as a bad day and a supervisor do."""

import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import suppress

from tests.faults.deployment import ROOT, Deployment

KINDS = ("worker", "child", "relay", "web")


class Chaos(threading.Thread):
    """Strikes every second or so until it is stopped; then everything runs again.

    Attributes:
        struck: What was killed, in order.
    """

    def __init__(self, deployment: Deployment, *, seed: int, pause_seconds: float = 1.0) -> None:
        super().__init__(name="chaos", daemon=True)
        self._deployment, self._pause = deployment, pause_seconds
        self._random = random.Random(seed)
        self._stop_asked = threading.Event()
        self.struck: list[str] = []
        self.error: Exception | None = None

    def run(self) -> None:
        kinds = list(KINDS)
        while not self._stop_asked.wait(self._pause * self._random.uniform(0.5, 1.5)):
            try:
                self._strike(kinds[len(self.struck) % len(kinds)])
            except Exception as error:
                self.error = error
                return

    def end(self) -> None:
        """Stop striking; everything has been started again then."""
        self._stop_asked.set()
        self.join(60)
        if self.error is not None:
            raise self.error

    def restart_broker(self) -> None:
        """Kill the broker and start it on the same port with the same data."""
        command = [sys.executable, "scripts/servers.py", "restart-broker", "--kill"]
        subprocess.run(command, cwd=ROOT, check=True, timeout=120)
        self.struck.append("broker")

    def _strike(self, kind: str) -> None:
        wanted = "-worker-" if kind in ("worker", "child") else f"-{kind}-"
        name = self._random.choice(sorted(name for name in self._deployment.processes if wanted in name))
        if kind == "child":
            for child in self._deployment.children(name)[:1]:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        else:
            self._deployment.kill(name)
            self._deployment.restart(name)
        self.struck.append(f"{kind} of {name}")
