"""Which two servers a command works with: given ones, containers, or private ones from Debian's packages.

Not the servers themselves: see `server_postgresql.py`, `server_rabbitmq.py` and `server_containers.py`.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from server_containers import POSTGRESQL, RABBITMQ, ContainerServer, Kind, find_compose
from server_home import Home
from server_postgresql import PrivatePostgresql
from server_probe import is_url_listening
from server_process import ServerError
from server_rabbitmq import PrivateRabbitmq

sys.path.append(str(Path(__file__).resolve().parent.parent))
from postroad.secrecy import hide_password, split_url

ROLES = ("database", "broker")
VARIABLES = {"database": ("TEST_DATABASE_URL", "DATABASE_URL"), "broker": ("TEST_BROKER_URL", "BROKER_URL")}
SCHEMES = {"database": {"postgres", "postgresql"}, "broker": {"amqp", "amqps"}}
KINDS: dict[str, Kind] = {"database": POSTGRESQL, "broker": RABBITMQ}
WORDS = {
    "given": "given by {variable}",
    "container": "a container from compose.yaml",
    "private": "Debian's package, run privately",
}


class Server(Protocol):
    """One server, run here or elsewhere. All methods may be called repeatedly."""

    role: str
    title: str
    source: str

    @property
    def url(self) -> str:
        """The URL for a user that may do everything."""

    def is_running(self) -> bool:
        """Tell whether it answers."""

    def start(self) -> None:
        """Return once it answers. Raises: ServerError."""

    def stop(self, *, kill: bool = False) -> None:
        """Return once it is gone; its data stays."""


class GivenServer:
    """A server that runs elsewhere; it is never started or stopped from here."""

    source = "given"

    def __init__(self, *, role: str, variable: str, url: str) -> None:
        self.role = role
        self.title = KINDS[role].title
        self.variable = variable
        self.url = url

    def is_running(self) -> bool:
        """Tell whether a server accepts connections at the URL's host and port."""
        return is_url_listening(self.url)

    def start(self) -> None:
        """Check only.

        Raises: ServerError if no server answers.
        """
        if not self.is_running():
            raise ServerError(
                f"{self.variable} {hide_password(self.url)!r}: no server answers there. "
                f"Start {self.title} at that address, or unset {self.variable} to have one started for you."
            )

    def stop(self, *, kill: bool = False) -> None:
        """Do nothing, since the server is not ours (also with `kill`)."""


def find_given(home: Home, *, role: str) -> GivenServer | None:
    """Return the server that the environment names for this role; None if it names none, or this home's own.

    `TEST_…` counts before the plain name. A plain name for something else (`sqlite:`, `memory:`) is passed over.
    Raises: ServerError for a `TEST_…` variable of the wrong kind.
    """
    own = {_make_own(home, role=role, source=source).url for source in ("private", "container")}
    for variable in VARIABLES[role]:
        url = os.environ.get(variable, "")
        if not url or url in own:
            continue
        if _scheme(variable, url) in SCHEMES[role]:
            return GivenServer(role=role, variable=variable, url=url)
        if variable.startswith("TEST_"):
            wanted = " or ".join(f"{scheme}://" for scheme in sorted(SCHEMES[role]))
            raise ServerError(f"{variable} {hide_password(url)!r}: wanted a URL that starts with {wanted}")
    return None


def find_servers(home: Home, *, roles: tuple[str, ...] = ROLES) -> list[Server]:
    """Return the servers in use, without starting anything; a home that has none gets none."""
    found: list[Server] = []
    for role in roles:
        source = home.state.sources.get(role)
        given = find_given(home, role=role)
        if given:
            found.append(given)
        elif source:
            found.append(_make_own(home, role=role, source=source))
    return found


def choose_servers(home: Home, *, with_containers: bool) -> list[Server]:
    """Return a server for each role, those in use first, and write the choice down."""
    chosen = {server.role: server for server in find_servers(home)}
    missing = [role for role in ROLES if role not in chosen or not chosen[role].is_running()]
    ours = [role for role in missing if not isinstance(chosen.get(role), GivenServer)]
    source = "container" if ours and with_containers and find_compose() else "private"
    for role in ours:
        chosen[role] = _make_own(home, role=role, source=source)
        home.remember_source(role, source)
    return [chosen[role] for role in ROLES]


def start_all(servers: list[Server]) -> None:
    """Start all at once; every one has answered or failed before this returns.

    Raises: ServerError of the first that failed.
    """
    with ThreadPoolExecutor(max_workers=len(servers)) as pool:
        attempts = [pool.submit(server.start) for server in servers]
    for attempt in attempts:
        attempt.result()


def stop_all(home: Home) -> list[Server]:
    """Stop the home's own servers, all at once, and return those that ran."""
    ours = find_own(home)
    running = [server for server in ours if server.is_running()]
    with ThreadPoolExecutor(max_workers=len(ROLES)) as pool:
        attempts = [pool.submit(server.stop) for server in ours]
    for attempt in attempts:
        attempt.result()
    return running


def find_own(home: Home) -> list[Server]:
    """Return the servers that this home started at some time, whatever the environment names now."""
    return [_make_own(home, role=role, source=source) for role, source in home.state.sources.items()]


def _scheme(variable: str, url: str) -> str:
    try:
        return split_url(url).scheme
    except ValueError as error:
        raise ServerError(f"{variable} {hide_password(url)!r}: {error}") from None


def _make_own(home: Home, *, role: str, source: str) -> Server:
    if source == "container":
        return ContainerServer(home, kind=KINDS[role])
    return PrivatePostgresql(home) if role == "database" else PrivateRabbitmq(home)


def describe_source(server: Server) -> str:
    """Return in a few words where a server comes from."""
    return WORDS[server.source].format(variable=getattr(server, "variable", ""))
