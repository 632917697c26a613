"""RabbitMQ and PostgreSQL for development and tests: start, stop, and run a command with them.

Not for production. Needs nothing but Python and, unless servers are given or a container engine answers,
Debian and root. `python scripts/servers.py --help` shows the commands.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from server_choice import Server, choose_servers, describe_source, find_own, find_servers, start_all, stop_all
from server_containers import ContainerError, ContainerServer
from server_home import MANUAL, Home, name_holder
from server_process import ServerError
from server_rabbitmq import PrivateRabbitmq

from postroad.secrecy import hide_password  # found once `server_choice` is imported

PROJECT = Path(__file__).resolve().parent.parent
DEFAULT_HOME = PROJECT / "var" / "servers"
HOME_VARIABLE = "POSTROAD_SERVERS_HOME"
URL_VARIABLES = {"database": "TEST_DATABASE_URL", "broker": "TEST_BROKER_URL"}


def start_servers(home: Home, *, holder: str) -> list[Server]:
    """Make both servers answer, and write down that `holder` needs them.

    Concurrency: safe in several commands at once; the second finds the first one's servers.
    Raises: ServerError; what this call started is stopped again.
    """
    with home.lock():
        is_first = not home.state.sources
        try:
            servers = _start_chosen(home, with_containers=True)
        except ContainerError as error:
            if not is_first:  # its data is in containers: other servers would look empty
                raise
            print(f"  no containers: {error}\n  so Debian's packages:", file=sys.stderr)
            with contextlib.suppress(ServerError):  # what an engine does not remove is for its own tools
                _remove_containers(home)
            servers = _start_chosen(home, with_containers=False)
        home.hold(holder)
        return servers


def _start_chosen(home: Home, *, with_containers: bool) -> list[Server]:
    servers = choose_servers(home, with_containers=with_containers)
    before = {server.role for server in servers if server.is_running()}
    try:
        start_all(servers)
    except BaseException:
        for server in servers:
            if server.role not in before:
                with contextlib.suppress(ServerError):  # the first trouble is the one to tell
                    server.stop()
        raise
    return servers


def release_servers(home: Home, *, holder: str) -> list[Server]:
    """Strike out a holder; if it was the last, stop the servers and return those that ran."""
    with home.lock():
        return stop_all(home) if home.release(holder) else []


def stop_servers(home: Home) -> list[Server]:
    """Stop the home's servers, whichever command uses them, and return those that ran."""
    with home.lock():
        home.state.holders = []
        home.save()
        return stop_all(home)


def read_urls(servers: Sequence[Server]) -> dict[str, str]:
    """Return the servers' URLs under the names that the tests read."""
    return {URL_VARIABLES[server.role]: server.url for server in servers}


def run_with_servers(home: Home, command: Sequence[str]) -> int:
    """Run a command with the servers' URLs in its environment, and return its exit code.

    Servers that this call started are stopped at the end, unless another command has begun to use them.
    SIGTERM and SIGINT are passed on to the command; the servers are stopped after it has ended.
    """
    holder = name_holder()
    process: subprocess.Popen[bytes] | None = None
    received: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if process is None:
            raise KeyboardInterrupt
        process.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    try:
        servers = start_servers(home, holder=holder)
        report(home, servers, out=sys.stderr.write)
        environment = {**os.environ, **read_urls(servers), HOME_VARIABLE: str(home.path)}
        for name in ("DATABASE_URL", "BROKER_URL"):
            environment.pop(name, None)
        process = subprocess.Popen(command, env=environment)
        code = process.wait()
    except KeyboardInterrupt:
        code = -(received[-1] if received else signal.SIGINT)
    except OSError as error:
        raise ServerError(f"{command[0]!r} cannot be run: {error.strerror}") from error
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        release_servers(home, holder=holder)
    return code if code >= 0 else 128 - code


def report(home: Home, servers: Sequence[Server], *, out: Callable[[str], object]) -> None:
    """Write which servers were chosen, and their URLs without passwords, which `env` tells."""
    for server in servers:
        out(f"  {server.title:<11}{describe_source(server):<33}{hide_password(server.url)}\n")
    out(f"  home       {home.path}\n")


def find_broker(home: Home) -> ContainerServer | PrivateRabbitmq:
    """Return the home's own broker.

    Raises: ServerError if there is none, or if it belongs to another user.
    """
    for server in find_servers(home, roles=("broker",)):
        if isinstance(server, ContainerServer | PrivateRabbitmq):
            return server
        raise ServerError("the broker was given from outside: this command stops only brokers that it has started")
    raise ServerError(f"no broker was started in {home.path} yet: run 'python scripts/servers.py start'")


def do_start(home: Home, _arguments: argparse.Namespace) -> int:
    """Start both servers and print their URLs."""
    began = time.monotonic()
    print("Servers for Postroad")
    servers = start_servers(home, holder=MANUAL)
    report(home, servers, out=sys.stdout.write)
    print(f"Both answer, after {time.monotonic() - began:.1f} s. Stop them: python scripts/servers.py stop")
    return 0


def do_stop(home: Home, _arguments: argparse.Namespace) -> int:
    """Stop both servers."""
    stopped = stop_servers(home)
    names = " and ".join(server.title for server in stopped)
    print(f"Stopped {names}; their data stays." if stopped else "No server of this home runs.")
    return 0


def do_env(home: Home, _arguments: argparse.Namespace) -> int:
    """Print shell lines that set the URLs."""
    servers = find_servers(home)
    silent = [server.title for server in servers if not server.is_running()]
    if len(servers) < len(URL_VARIABLES) or silent:
        raise ServerError("the servers do not run: run 'python scripts/servers.py start' first")
    for name, url in read_urls(servers).items():
        print(f"export {name}='{url}'")
    return 0


def do_exec(home: Home, arguments: argparse.Namespace) -> int:
    """Run a command with the servers."""
    if not arguments.command:
        raise ServerError("exec: give a command, for example: python scripts/servers.py exec -- pytest")
    if not arguments.fresh:
        return run_with_servers(home, arguments.command)
    fresh = Home(Path(tempfile.mkdtemp(prefix="postroad-servers-")))
    fresh.path.chmod(0o711)
    try:
        return run_with_servers(fresh, arguments.command)
    finally:
        remove(fresh)


def remove(home: Home) -> None:
    """Remove a home whose servers are stopped, with all its data."""
    _remove_containers(home)
    shutil.rmtree(home.data, ignore_errors=True)
    shutil.rmtree(home.path, ignore_errors=True)


def _remove_containers(home: Home) -> None:
    for server in find_own(home):
        if isinstance(server, ContainerServer):
            server.remove()  # both: they are one project
            return


def do_broker(home: Home, arguments: argparse.Namespace) -> int:
    """Start, stop or restart the broker alone, on the same port with the same data."""
    began = time.monotonic()
    with home.lock():
        broker = find_broker(home)
        match arguments.action:
            case "start-broker":
                broker.start()
            case "stop-broker":
                broker.stop(kill=arguments.kill)
            case _:
                broker.restart(kill=arguments.kill)
    print(f"{arguments.action}: done after {time.monotonic() - began:.1f} s", file=sys.stderr)
    return 0


def do_rabbitmqctl(home: Home, arguments: argparse.Namespace) -> int:
    """Run `rabbitmqctl` against the home's broker."""
    return find_broker(home).control(arguments.command)


ACTIONS: dict[str, Callable[[Home, argparse.Namespace], int]] = {
    "start": do_start,
    "stop": do_stop,
    "env": do_env,
    "exec": do_exec,
    "start-broker": do_broker,
    "stop-broker": do_broker,
    "restart-broker": do_broker,
    "rabbitmqctl": do_rabbitmqctl,
}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="servers.py", description="RabbitMQ and PostgreSQL for development and tests."
    )
    actions = parser.add_subparsers(dest="action", required=True)
    default = Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)
    for name, action in ACTIONS.items():
        one = actions.add_parser(name, help=(action.__doc__ or "").partition("\n")[0])
        one.add_argument("--home", type=Path, default=default, help="folder that names the pair (default: %(default)s)")
        if name in {"stop-broker", "restart-broker"}:
            one.add_argument("--kill", action="store_true", help="SIGKILL, as a crash")
        if name == "exec":
            one.add_argument("--fresh", action="store_true", help="new, empty servers; removed at the end")
        if name in {"exec", "rabbitmqctl"}:
            one.add_argument("command", nargs=argparse.REMAINDER, help="-- COMMAND…")
    return parser


def main() -> int:
    """Run one command and return its exit code; 2 for trouble that the message explains."""
    arguments = build_parser().parse_args()
    if getattr(arguments, "command", None) and arguments.command[0] == "--":
        del arguments.command[0]
    try:
        return ACTIONS[arguments.action](Home(arguments.home), arguments)
    except ServerError as error:
        print(f"postroad: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
