"""PostgreSQL and RabbitMQ as containers from `compose.yaml`, with docker or podman.

Not for production: see the chart in `helm/`.
"""

import functools
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from server_home import Home
from server_probe import is_postgresql_ready, is_rabbitmq_ready, wait_until
from server_process import ServerError

COMPOSE_FILE = Path(__file__).resolve().parent.parent / "compose.yaml"
COMPOSE_COMMANDS = (("docker", "compose"), ("docker-compose",), ("podman", "compose"), ("podman-compose",))
ONE_AT_A_TIME = threading.Lock()  # two `compose up` of one project would both make its network, and one fails
ENGINE_SECONDS = 10.0  # an engine that takes longer to say its name is not one to wait for
START_SECONDS = 600.0  # the first start downloads the images
READY_SECONDS = 60.0


class ContainerError(ServerError):
    """The container engine answers, but did not do what it was asked (no access to the images, for example)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """What differs between the two containers."""

    name: str
    role: str
    title: str
    url: str
    is_ready: Callable[[int], bool]


POSTGRESQL = Kind(
    name="postgresql",
    role="database",
    title="PostgreSQL",
    url="postgresql://postroad:{password}@127.0.0.1:{port}/postgres",
    is_ready=is_postgresql_ready,
)
RABBITMQ = Kind(
    name="rabbitmq",
    role="broker",
    title="RabbitMQ",
    url="amqp://postroad:{password}@127.0.0.1:{port}/%2F",
    is_ready=is_rabbitmq_ready,
)


@functools.cache
def find_compose() -> tuple[str, ...] | None:
    """Return the first compose command whose engine answers; None if there is none."""
    for command in COMPOSE_COMMANDS:
        engine = "docker" if "docker" in command[0] else "podman"
        if _succeeds((*command, "version")) and _succeeds((engine, "info")):
            return command
    return None


def _succeeds(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=ENGINE_SECONDS, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


class ContainerServer:
    """One service of `compose.yaml`, in a compose project of this home's own."""

    source = "container"

    def __init__(self, home: Home, *, kind: Kind) -> None:
        self._home = home
        self._kind = kind
        self.role = kind.role
        self.title = kind.title

    @property
    def url(self) -> str:
        """The URL for a user that may do everything."""
        kind = self._kind
        return kind.url.format(password=self._home.password(kind.name), port=self._home.port(kind.name))

    def is_running(self) -> bool:
        """Tell whether it answers at this home's port."""
        return self._kind.is_ready(self._home.port(self._kind.name))

    def start(self) -> None:
        """Start the container and return once the server in it answers.

        Raises: ContainerError with compose's own words.
        """
        if self.is_running():
            return
        self._home.refresh_port(self._kind.name)
        self._home.refresh_port("rabbitmq-management")
        self._compose("up", "--detach", self._kind.name, patience_seconds=START_SECONDS)
        port = self._home.port(self._kind.name)
        if not wait_until(lambda: self._kind.is_ready(port), while_true=lambda: True, patience_seconds=READY_SECONDS):
            raise ContainerError(
                f"the container {self._kind.name!r} started, but no server answers on 127.0.0.1:{port}"
            )

    def stop(self, *, kill: bool = False) -> None:
        """Stop the container and keep it with its data."""
        self._compose("kill" if kill else "stop", self._kind.name, patience_seconds=START_SECONDS)

    def restart(self, *, kill: bool = False) -> None:
        """Stop and start the same container: same port, same data."""
        self.stop(kill=kill)
        self.start()

    def control(self, arguments: Sequence[str]) -> int:
        """Run `rabbitmqctl` in the container and return its exit code."""
        return subprocess.run(
            [*self._command(), "exec", "-T", self._kind.name, "rabbitmqctl", *arguments],
            env=self._environment(),
            check=False,
        ).returncode

    def remove(self) -> None:
        """Remove the containers of this home with their data; both roles, since a project is one thing."""
        self._compose("down", "--volumes", patience_seconds=START_SECONDS)

    def _compose(self, *arguments: str, patience_seconds: float) -> None:
        command = [*self._command(), *arguments]
        try:
            with ONE_AT_A_TIME:
                done = subprocess.run(
                    command,
                    env=self._environment(),
                    capture_output=True,
                    text=True,
                    timeout=patience_seconds,
                    check=False,
                )
        except subprocess.TimeoutExpired as error:
            raise ContainerError(f"{' '.join(command)!r} took more than {patience_seconds:.0f} s") from error
        if done.returncode != 0:
            raise ContainerError(f"{' '.join(command)!r} failed:\n{done.stdout[-500:]}{done.stderr[-1500:]}")

    def _command(self) -> list[str]:
        compose = find_compose()
        if compose is None:
            raise ServerError("the servers were started as containers, but no container engine answers now: start it")
        return [*compose, "--project-name", f"postroad-{self._home.slug}", "--file", str(COMPOSE_FILE)]

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "POSTROAD_POSTGRESQL_PASSWORD": self._home.password("postgresql"),
            "POSTROAD_POSTGRESQL_PORT": str(self._home.port("postgresql")),
            "POSTROAD_RABBITMQ_PASSWORD": self._home.password("rabbitmq"),
            "POSTROAD_RABBITMQ_PORT": str(self._home.port("rabbitmq")),
            "POSTROAD_RABBITMQ_MANAGEMENT_PORT": str(self._home.port("rabbitmq-management")),
        }
