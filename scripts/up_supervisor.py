"""The supervisor of `make up`: starting supervisord, speaking to it, and finding what it left behind.

Not a supervisor itself: that is the package `supervisor`.
"""

import hashlib
import os
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from server_probe import wait_until
from server_process import ServerError, read_birth, read_tail
from supervisor.xmlrpc import SupervisorTransport
from up_table import LOGS, MARK, PROGRAMS, PROJECT, VAR, Process, inherit_environment

FOLDER = VAR / "up"
CONFIGURATION = FOLDER / "supervisord.conf"
SOCKET_BYTES = 90  # Linux allows 107 in the path of a Unix socket; supervisord adds a process number while it starts
DAEMON_SECONDS = 15.0
SHUTDOWN_SECONDS = 45.0  # supervisord gives each process 30 s before SIGKILL
ORPHAN_SECONDS = 10.0


def find_socket() -> Path:
    """Return where supervisord listens: in `var/up`, or, if that path is too long for a socket, in /tmp."""
    socket = FOLDER / "supervisor.sock"
    if len(os.fsencode(socket)) <= SOCKET_BYTES:
        return socket
    folder = Path(tempfile.gettempdir()) / f"postroad-{hashlib.sha256(os.fsencode(FOLDER)).hexdigest()[:10]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise ServerError(f"{folder} belongs to another user: move the project to a shorter path")
    return folder / "supervisor.sock"


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """What supervisord knows of a process.

    `state` is STOPPED, STARTING, RUNNING, BACKOFF, STOPPING, EXITED, FATAL or UNKNOWN; `pid` 0 if it does not run.
    """

    state: str
    pid: int
    words: str


class Supervisor:
    """A connection to this checkout's supervisord; it need not run."""

    def __init__(self) -> None:
        self._url = f"unix://{find_socket()}"

    @property
    def _calls(self) -> Any:
        """The remote calls, over a new connection: the package's own cannot be used again after it broke once."""
        return ServerProxy("http://127.0.0.1", transport=SupervisorTransport(None, None, self._url)).supervisor

    def is_running(self) -> bool:
        """Tell whether it answers."""
        try:
            return bool(self._calls.getState())
        except (OSError, HTTPException, Fault):
            return False

    def start(self) -> None:
        """Start supervisord with the written configuration.

        Raises: ServerError with the end of its log.
        """
        log = LOGS / "supervisord.log"
        started = subprocess.run(
            [PROGRAMS / "supervisord", "--configuration", CONFIGURATION],
            env={**inherit_environment(), MARK: str(FOLDER)},  # its processes get this beside their own
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        is_up = started.returncode == 0 and wait_until(
            self.is_running, while_true=lambda: True, patience_seconds=DAEMON_SECONDS
        )
        if not is_up:
            raise ServerError(f"supervisord did not start:\n{started.stdout}{started.stderr}{read_tail(log)}")

    def start_process(self, process: Process) -> None:
        """Tell it to start a process, and do not wait."""
        self._calls.startProcess(process.name, False)  # noqa: FBT003 - the remote call knows no names

    def read_statuses(self) -> dict[str, Status]:
        """Return what is known of each process, by name."""
        return {
            info["name"]: Status(state=info["statename"], pid=info["pid"], words=info["description"])
            for info in self._calls.getAllProcessInfo()
        }

    def shut_down(self) -> bool:
        """Stop everything and supervisord; False if it did not run. Returns when all of it is gone."""
        was_running = self.is_running()
        if was_running:
            self._calls.stopAllProcesses()  # all at once; `shutdown` by itself stops one after the other
            self._calls.shutdown()
            wait_until(lambda: not find_orphans(), while_true=lambda: True, patience_seconds=SHUTDOWN_SECONDS)
        return was_running


def find_orphans() -> list[int]:
    """Return the processes that this checkout's `up` started, with all their children, supervised or not."""
    mark = f"{MARK}={FOLDER}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        pid = int(path.parent.name)
        try:
            variables = path.read_bytes().split(b"\0")
        except OSError:
            continue  # ended meanwhile, or of another user
        if mark in variables and read_birth(pid) is not None:
            found.append(pid)
    return found


def end_orphans() -> int:
    """End what a killed supervisord left behind, politely first; return how many processes that were."""
    count = len(find_orphans())
    for chosen in (signal.SIGTERM, signal.SIGKILL):
        for pid in find_orphans():
            try:
                os.kill(pid, chosen)
            except ProcessLookupError:
                continue
        if wait_until(lambda: not find_orphans(), while_true=lambda: True, patience_seconds=ORPHAN_SECONDS):
            return count
    raise ServerError(f"processes {find_orphans()} do not end, not even by SIGKILL")
