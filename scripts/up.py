"""The services as separate, supervised processes on real servers: `up`, `down`, `status` and `doctor`.

Not for production: see the chart in `helm/`. Run it with the project's own Python, which has the packages.
"""

import argparse
import contextlib
import fcntl
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from server_choice import Server, describe_source
from server_home import Home, is_free
from server_process import ServerError
from servers import DEFAULT_HOME, URL_VARIABLES, release_servers, start_servers
from up_databases import create_databases, prepare_services
from up_launch import Launch
from up_screen import Screen
from up_supervisor import CONFIGURATION, FOLDER, Supervisor, end_orphans, find_orphans, find_socket
from up_table import (
    GRPC_PORTS,
    LOGS,
    PORTS,
    PROGRAMS,
    PROJECT,
    WITHOUT_DATABASE,
    Process,
    build_environment,
    inherit_environment,
    list_processes,
    write_configuration,
)

HOLDER = "up"
STARTING_AT_ONCE = 6  # two services' worth: more would only share two cores
LOOK_SECONDS = 0.2


def start_everything(supervisor: Supervisor, *, screen: Screen) -> None:
    """Bring everything up.

    Raises: ServerError that names what failed and shows the end of its log.
    """
    end_orphans()
    environments = prepare_servers(screen)
    write_configuration(CONFIGURATION, environments=environments, socket=find_socket())
    supervisor.start()
    start_processes(supervisor, screen=screen)


def prepare_servers(screen: Screen) -> dict[str, dict[str, str]]:
    """Start database server and broker, make what the services need on them, and return each service's variables."""
    for service, port in [*PORTS.items(), *GRPC_PORTS.items()]:
        if not is_free(port):
            raise ServerError(f"port {port} of {service} is taken by another program: end that program first")
    servers = start_servers(Home(DEFAULT_HOME), holder=HOLDER)
    for server in servers:
        screen.tick(server.title, describe_source(server))
    urls = read_urls(servers)
    create_databases(urls["TEST_DATABASE_URL"], services=PORTS)
    environments = build_environments(urls)
    prepare_services(environments, screen=screen)
    return environments


def read_urls(servers: Iterable[Server]) -> dict[str, str]:
    """Return the servers' URLs by the variables of the tests."""
    return {URL_VARIABLES[server.role]: server.url for server in servers}


def build_environments(urls: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return each service's variables."""
    return {
        service: build_environment(service, database_url=urls["TEST_DATABASE_URL"], broker_url=urls["TEST_BROKER_URL"])
        for service in PORTS
    }


def start_processes(supervisor: Supervisor, *, screen: Screen) -> None:
    """Start all processes, a few at a time, and return once each is started.

    Raises: ServerError for the first that fails, dies meanwhile or takes too long.
    """
    waiting = [Launch(process) for service in PORTS for process in list_processes(service)]
    starting: list[Launch] = []
    started: list[Launch] = []
    while waiting or starting:
        while waiting and len(starting) < STARTING_AT_ONCE:
            starting.append(waiting.pop(0))
            starting[-1].begin(supervisor)
        time.sleep(LOOK_SECONDS)
        statuses = supervisor.read_statuses()
        for launch in [*starting, *started]:
            launch.check(statuses[launch.process.name])
        for launch in [launch for launch in starting if launch.is_started]:
            starting.remove(launch)
            started.append(launch)
            screen.tick(launch.process.name, describe_address(launch.process))


def describe_address(process: Process) -> str:
    """Return where a process is to be found."""
    match process.role:
        case "web":
            return f"http://localhost:{PORTS[process.service]}"
        case "grpc":
            return f"localhost:{GRPC_PORTS[process.service]}"
        case _:
            return ""


def describe_grpc(service: str) -> str:
    """Return where a service answers gRPC calls, if it does."""
    return f"    gRPC localhost:{GRPC_PORTS[service]}" if service in GRPC_PORTS else ""


def stop_everything(screen: Screen) -> bool:
    """Stop processes, supervisor and the servers that `up` started; False if nothing ran."""
    was_supervised = Supervisor().shut_down()
    orphans = end_orphans()
    if was_supervised:
        screen.tick("processes", "stopped")
    elif orphans:
        screen.tick("processes", f"{orphans} left behind by a killed supervisor, stopped")
    stopped = release_servers(Home(DEFAULT_HOME), holder=HOLDER)
    for server in stopped:
        screen.tick(server.title, "stopped; its data stays")
    return was_supervised or bool(orphans) or bool(stopped)


def do_up(screen: Screen) -> int:
    """Start everything and say where it is; after a failure nothing is left running."""
    screen.say(screen.paint("Postroad, each service on its own", "bold"))
    supervisor = Supervisor()
    if supervisor.is_running():
        screen.tick("supervisor", "already runs; looking at its processes")
        start_processes(supervisor, screen=screen)
    else:
        try:
            start_everything(supervisor, screen=screen)
        except BaseException as error:
            clean_up(error, screen=screen)
            raise SystemExit(130 if isinstance(error, KeyboardInterrupt) else 2) from error
    screen.say()
    for service, port in PORTS.items():
        pages = "/docs/" if service in WITHOUT_DATABASE else "/docs/  /admin/"
        screen.say(
            f"  {service:<15} {screen.paint(f'http://localhost:{port}', 'blue')}    {pages}{describe_grpc(service)}"
        )
    screen.say(f"\n  logs in {LOGS}\n  next: make demo · make down")
    return 0


def clean_up(error: BaseException, *, screen: Screen) -> None:
    """Say what went wrong, at once, and then stop everything; a second Ctrl-C does not hurry that."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    if isinstance(error, ServerError):
        screen.cross(f"postroad: {error}")
    screen.say("  stopping everything again …")
    stop_everything(screen)
    if not isinstance(error, ServerError | KeyboardInterrupt):
        raise error


def do_down(screen: Screen) -> int:
    """Stop everything."""
    if not stop_everything(screen):
        screen.say("Nothing runs.")
    return 0


def do_status(screen: Screen) -> int:
    """Show each process; exit code 0 if all run, 3 if not."""
    supervisor = Supervisor()
    if not supervisor.is_running():
        left = find_orphans()
        screen.say(f"Not supervised, but left behind: processes {left}; run 'make down'." if left else "Nothing runs.")
        return 3
    statuses = supervisor.read_statuses()
    for name, status in statuses.items():
        colour = "green" if status.state == "RUNNING" else "red"
        screen.say(f"  {screen.paint(f'{status.state:<9}', colour)} {name:<22} {status.words}")
    return 0 if all(status.state == "RUNNING" for status in statuses.values()) else 3


def do_doctor(screen: Screen) -> int:
    """Let each service say what is wrong with it; exit code 1 if anything is, 3 if nothing runs."""
    if not Supervisor().is_running():
        screen.say("Nothing runs; 'make up' starts it.")
        return 3
    urls = read_urls(start_servers(Home(DEFAULT_HOME), holder=HOLDER))
    codes = []
    for service, environment in build_environments(urls).items():
        screen.say(f"\n{screen.paint(service, 'bold')}")
        command = [f"{PROGRAMS}/python", "manage.py", "doctor"]
        codes.append(
            subprocess.run(command, cwd=PROJECT, env=inherit_environment() | environment, check=False).returncode
        )
    return 1 if any(codes) else 0


ACTIONS: dict[str, Callable[[Screen], int]] = {
    "up": do_up,
    "down": do_down,
    "status": do_status,
    "doctor": do_doctor,
}


@contextlib.contextmanager
def hold_lock() -> Iterator[None]:
    """Exclude another `up` or `down` of this checkout."""
    for folder in (FOLDER, LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServerError("another 'up' or 'down' of this checkout is at work: wait for it") from None
        yield


def main() -> int:
    """Run one action and return its exit code; 2 for trouble that the message explains."""
    parser = argparse.ArgumentParser(prog="up.py", description="The services as supervised processes.")
    actions = parser.add_subparsers(dest="action", required=True)
    for name, action in ACTIONS.items():
        actions.add_parser(name, help=(action.__doc__ or "").partition("\n")[0])
    action = parser.parse_args().action
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with hold_lock() if action in ("up", "down") else contextlib.nullcontext():
            return ACTIONS[action](Screen())
    except ServerError as error:
        print(f"postroad: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
