"""Processes that outlive the command that started them: start, recognise, end.

Not a supervisor: nothing here watches or restarts (see `up.py` for that).
"""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.05  # how often a wait looks again; short, because start and stop are on a developer's path


class ServerError(Exception):
    """A problem with a server that the user must solve; the text says how."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What recognises one process for ever, also after its number was given to another.

    `pid` is also the number of its process group. `birth` is the machine's boot id and the
    process's start time, so a mark from before a restart of the machine matches nothing.
    """

    pid: int
    birth: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """The system user a server runs as, so that none of them runs as root."""

    name: str
    uid: int
    gid: int


def find_account(name: str) -> Account | None:
    """Return the account to switch to, or None when this process is not root and cannot switch."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(name)
    except KeyError as error:
        raise ServerError(f"there is no system user {name!r}; its Debian package makes it: install it again") from error
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)


def read_birth(pid: int) -> str | None:
    """Return boot id and start time of a running process; None if it is gone or only a zombie."""
    fields = _read_stat(pid)
    if fields is None:
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}:{fields[19]}"


def _read_stat(pid: int) -> list[str] | None:
    """Return the fields after the name in /proc/PID/stat (0 state, 2 group, 17 threads, 19 start); None if it ended.

    A first thread that has ended while others still hold files and ports shows as a zombie too.
    Source: proc(5).
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} and int(fields[17]) <= 1 else fields


def mark_process(pid: int) -> Mark:
    """Take the mark of a running process.

    Raises: ServerError if it has already ended.
    """
    birth = read_birth(pid)
    if birth is None:
        raise ServerError(f"process {pid} ended at once")
    return Mark(pid=pid, birth=birth)


def is_alive(mark: Mark | None) -> bool:
    """Tell whether exactly this process still runs."""
    return mark is not None and read_birth(mark.pid) == mark.birth


def spawn(
    command: Sequence[str | Path], *, environment: Mapping[str, str], account: Account | None, log: Path, folder: Path
) -> Mark:
    """Start a process in a session of its own, so that Ctrl-C here does not reach it.

    Its output is appended to `log`, which this process opens: the account need not be allowed to.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    return mark_process(process.pid)


def end(mark: Mark | None, *, with_signal: signal.Signals, patience_seconds: float) -> None:
    """End one marked process and its group, politely first, and return once it is gone.

    Does nothing if the mark matches no running process.
    Raises: ServerError if even SIGKILL did not end it.
    """
    if mark is None or not is_alive(mark):
        return
    if not _signal_and_wait(mark, with_signal=with_signal, patience_seconds=patience_seconds) and not _signal_and_wait(
        mark, with_signal=signal.SIGKILL, patience_seconds=10
    ):
        raise ServerError(f"process {mark.pid} does not end, not even by SIGKILL")


def _signal_and_wait(mark: Mark, *, with_signal: signal.Signals, patience_seconds: float) -> bool:
    try:
        os.killpg(mark.pid, with_signal)
    except ProcessLookupError:
        return True
    deadline = time.monotonic() + patience_seconds
    while (is_left := _is_group_alive(mark.pid)) and time.monotonic() < deadline:
        _reap(mark.pid)
        time.sleep(POLL_SECONDS)
    return not is_left


def _is_group_alive(group: int) -> bool:
    """Tell whether any process of the group runs: the first may end before the one that holds the port."""
    stats = (_read_stat(int(path.name)) for path in Path("/proc").glob("[0-9]*"))
    return any(stat is not None and stat[2] == str(group) for stat in stats)


def _reap(pid: int) -> None:
    """Collect the exit code if it is our child, so that no zombie stays while this command runs on."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # started by an earlier command: process 1 collects it


def read_tail(log: Path, *, lines: int = 15) -> str:
    """Return the last lines of a log, indented for a message; a remark if there is none."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return f"  (no log at {log})"
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:]) or "  (the log is empty)"
