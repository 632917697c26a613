"""The home of a pair of servers: what is remembered between commands, and who still needs them.

Not the servers' data: that lies in `Home.data`, which may be elsewhere (see `choose_data_folder`).
"""

import contextlib
import fcntl
import hashlib
import json
import os
import random
import secrets
import socket
import stat
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from server_process import Mark, ServerError, is_alive, mark_process

PORTS = range(20_000, 30_000)  # below Linux's ephemeral ports (32768 up): no outgoing connection takes one meanwhile
MANUAL = "start"  # the holder written by `servers.py start`: stays until `servers.py stop`


@dataclass(kw_only=True, slots=True)
class State:
    """What `state.json` holds; every field is filled on first need and kept."""

    data: str = ""
    ports: dict[str, int] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    processes: dict[str, Mark] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    holders: list[str] = field(default_factory=list)


class Home:
    """A directory that names one pair of servers; several may run on a machine at once.

    Concurrency: commands exclude each other with `lock`; threads of one command may call any method.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._threads = threading.RLock()
        self.state = self._load()

    @property
    def slug(self) -> str:
        """A short name of this home, the same every time, different from other homes'."""
        return hashlib.sha256(str(self.path).encode()).hexdigest()[:10]

    @property
    def logs(self) -> Path:
        """Where the servers' logs go."""
        return self.path / "log"

    @property
    def data(self) -> Path:
        """The folder for the servers' data, made on first use and remembered."""
        with self._threads:
            if not self.state.data or not Path(self.state.data).is_dir():
                self.state.data = str(choose_data_folder(self.path))
                self.save()
            return Path(self.state.data)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold this home against other commands; what they changed meanwhile is read again."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self.state = self._load()
            yield

    def port(self, name: str) -> int:
        """Return the remembered port of that name, or choose a free one."""
        with self._threads:
            if name not in self.state.ports:
                self.state.ports[name] = choose_port(taken=set(self.state.ports.values()))
                self.save()
            return self.state.ports[name]

    def refresh_port(self, name: str) -> int:
        """Like `port`, but take another one if a stranger has taken ours since."""
        with self._threads:
            if name in self.state.ports and not is_free(self.state.ports[name]):
                del self.state.ports[name]
            return self.port(name)

    def password(self, name: str) -> str:
        """Return the remembered password of that name, or make one (128 random bits, safe in a URL)."""
        with self._threads:
            if name not in self.state.passwords:
                self.state.passwords[name] = secrets.token_hex(16)
                self.save()
            return self.state.passwords[name]

    def remember_process(self, name: str, mark: Mark | None) -> None:
        """Write down a process that was started, or forget it with None."""
        with self._threads:
            if mark is None:
                self.state.processes.pop(name, None)
            else:
                self.state.processes[name] = mark
            self.save()

    def remember_source(self, role: str, source: str | None) -> None:
        """Write down where a server of that role comes from, or forget it with None."""
        with self._threads:
            if source is None:
                self.state.sources.pop(role, None)
            else:
                self.state.sources[role] = source
            self.save()

    def hold(self, holder: str) -> None:
        """Write down that `holder` needs the servers."""
        self.state.holders = [*(name for name in self.living_holders() if name != holder), holder]
        self.save()

    def release(self, holder: str) -> bool:
        """Remove a holder; True if no other holder needs the servers."""
        self.state.holders = [name for name in self.living_holders() if name != holder]
        self.save()
        return not self.state.holders

    def living_holders(self) -> list[str]:
        """Return the holders, except commands that died without releasing the servers."""
        return [holder for holder in self.state.holders if _is_living(holder)]

    def save(self) -> None:
        """Write the state in one step; readable by the owner only, since it holds passwords."""
        with self._threads:
            self.path.mkdir(parents=True, exist_ok=True)
            draft = self.path / "state.json.new"
            draft.touch(mode=0o600)
            draft.write_text(json.dumps(asdict(self.state), indent=2) + "\n", encoding="utf-8")
            draft.replace(self.path / "state.json")

    def _load(self) -> State:
        try:
            raw = json.loads((self.path / "state.json").read_text(encoding="utf-8"))
            raw["processes"] = {name: Mark(**mark) for name, mark in raw["processes"].items()}
            return State(**raw)
        except FileNotFoundError:
            return State()
        except (ValueError, TypeError, KeyError) as error:
            raise ServerError(
                f"{self.path / 'state.json'} cannot be read ({error}); delete the folder {self.path}"
            ) from error


def name_holder() -> str:
    """Return the holder name of this running command."""
    mark = mark_process(os.getpid())
    return f"exec {mark.pid} {mark.birth}"


def _is_living(holder: str) -> bool:
    kind, *mark = holder.split(" ")
    return kind != "exec" or is_alive(Mark(pid=int(mark[0]), birth=mark[1]))


def choose_data_folder(home: Path) -> Path:
    """Make and return a folder that the servers' own users can reach.

    It is `home/data`, unless root runs this below a folder closed to other users (a private
    temporary folder, /root): then a folder in the system's temporary folder.
    """
    folder = home / "data"
    is_reachable = all(parent.stat().st_mode & stat.S_IXOTH for parent in (home, *home.parents))
    if os.geteuid() == 0 and not is_reachable:
        folder = Path(tempfile.mkdtemp(prefix="postroad-servers-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)
    return folder


def choose_port(*, taken: set[int]) -> int:
    """Return a port on 127.0.0.1 on which no process listens now."""
    for _ in range(1000):
        port = random.choice(PORTS)  # noqa: S311 - no secret
        if port not in taken and is_free(port):
            return port
    raise ServerError(f"no free port between {PORTS.start} and {PORTS.stop} on 127.0.0.1; end some programs")


def is_free(port: int) -> bool:
    """Tell whether a server could listen on that port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
