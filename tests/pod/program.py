"""A program of one service with its environment and what it wrote, as a container runs it."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults.deployment import ROOT

_LEFT_OUT = ("TEST_", "POSTROAD_", "DATABASE_", "BROKER_", "LOG_", "DJANGO_", "PORT")
POD_IP = "10.42.0.17"


class Program:
    """A process, its standard output and its standard error."""

    def __init__(self, process: "subprocess.Popen[bytes]", folder: Path) -> None:
        self.process = process
        self.out, self.err = folder / "out", folder / "err"

    def records(self) -> list[dict[str, Any]]:
        """Every line of standard output, read as JSON."""
        return [json.loads(line) for line in self.out.read_text().splitlines()]

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def environment(service: str, **given: str) -> dict[str, str]:
    """The variables of a pod, and none of those that the tests run with."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}
    mine = {
        "POSTROAD_SERVICE": service,
        "SECRET_KEY": "only-for-tests-which-sign-nothing-that-leaves-them",
        "PYTHONUNBUFFERED": "1",
    }
    return {**kept, "DJANGO_SETTINGS_MODULE": "config.settings.service", **mine, **given}


@contextmanager
def running(folder: Path, command: tuple[str, ...], **variables: str) -> Iterator[Program]:
    """Run a program of the virtual environment until the block ends."""
    program = [f"{Path(sys.prefix)}/bin/{command[0]}", *command[1:]]
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(program, cwd=ROOT, env=environment(**variables), stdout=out, stderr=err)
    try:
        yield Program(process, folder)
    finally:
        process.kill()
        process.wait(30)


def run(*command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run Python until it ends by itself."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )


def status(port: int, path: str, *, host: str = POD_IP, seconds: float = 5) -> int:
    """Ask by a Host header; 0 if nobody answers in time."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return int(error.code)
    except OSError:
        return 0
