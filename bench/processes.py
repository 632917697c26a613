"""Processes that are measured: started with a log of their own, stopped for certain."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_STOP_SECONDS = 10.0
_CELERY = ("worker", "-P", "prefork", "-c", "1", "-l", "warning", "--without-gossip", "--without-mingle")


class Failed(RuntimeError):
    """A process ended or made no progress; the text has the end of its log."""


@contextmanager
def running(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator["Running"]:
    """Run `python` with arguments in a process group of its own while the block lasts.

    Args:
        arguments: Such as `-m`, `celery`.
        environment: Further variables, beside our own.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, *arguments],
            stdout=log,
            stderr=log,
            cwd=Path(__file__).resolve().parent.parent,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
        try:
            yield Running(process, log.fileno(), " ".join(arguments[:4]))
        finally:
            _stop(process)


class Running:
    """A process under way."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: int, name: str) -> None:
        self._process, self._log, self._name = process, log, name

    def wait(self, *, seconds: float) -> None:
        """Wait until it has ended well.

        Raises:
            Failed: It ended otherwise, or not within `seconds`.
        """
        try:
            is_well = self._process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            is_well = False
        if not is_well:
            raise Failed(f"{self._name} did not end well within {seconds:g} s:\n{self._tail()}")

    def wait_until(self, condition: Callable[[], bool], *, seconds: float, poll_seconds: float = 0.02) -> None:
        """Poll until `condition` is true.

        Raises:
            Failed: The process ended first, or it took longer than `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            if self._process.poll() is not None:
                raise Failed(f"{self._name} ended with {self._process.returncode}:\n{self._tail()}")
            if time.monotonic() > deadline:
                raise Failed(f"{self._name} did not get there in {seconds:g} s:\n{self._tail()}")
            time.sleep(poll_seconds)

    def _tail(self) -> str:
        return os.pread(self._log, 1_000_000, 0).decode(errors="replace")[-3000:]


def our_worker() -> tuple[str, ...]:
    """Return the command of the measured service's Celery worker with one process for handlers."""
    return ("-m", "celery", "-A", "bench.worker", *_CELERY)


def celery_worker() -> tuple[str, ...]:
    """Return the command of a plain Celery worker with one process for tasks."""
    return ("-m", "celery", "-A", "bench.rivals.celery_tasks", *_CELERY, "--without-heartbeat")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
