"""A private RabbitMQ from Debian's package: own data, node name, ports, cookie and epmd.

Not for production: one node, one user, no plugins. Debian 12 has 3.10, which lacks some features of 4.x.
"""

import contextlib
import os
import secrets
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from server_home import is_free
from server_packages import find_rabbitmq, install
from server_private import PrivateServer
from server_probe import is_listening, is_rabbitmq_ready, wait_until
from server_process import ServerError, end, find_account, is_alive, read_tail, spawn

NAME = "rabbitmq"
EPMD_SECONDS = 10.0
CONFIGURATION = """\
default_user = postroad
default_pass = {password}
default_vhost = /
default_permissions.configure = .*
default_permissions.read = .*
default_permissions.write = .*
log.console = false
"""


class PrivateRabbitmq(PrivateServer):
    """RabbitMQ."""

    name = NAME
    role = "broker"
    title = "RabbitMQ"
    account = "rabbitmq"
    start_seconds = 60.0  # recovery of many queues after a kill included; a fresh start takes about four seconds
    stop_seconds = 30.0
    is_ready = staticmethod(is_rabbitmq_ready)

    @property
    def url(self) -> str:
        """The URL of the virtual host `/`, for a user that may do everything."""
        return f"amqp://postroad:{self._home.password(NAME)}@127.0.0.1:{self._home.port(NAME)}/%2F"

    def start(self) -> None:
        """Install and start, whatever of it is missing; return once it answers. Keeps port and data.

        Raises: ServerError with the end of the log.
        """
        if self.is_running():
            return
        self._end(signal.SIGTERM)
        programs = find_rabbitmq() or self._install()
        self._prepare()
        self._start_epmd()
        self._home.refresh_port(NAME)
        mark = self._spawn([programs / "rabbitmq-server"], environment=self.build_environment(), folder=self._folder)
        processors = os.sched_getaffinity(0)
        pin(mark.pid, processors={min(processors)})
        self._wait_until_ready(mark)
        for pid in (mark.pid, int((self._folder / "pid").read_text(encoding="ascii"))):
            pin(pid, processors=processors)

    def stop(self, *, kill: bool = False) -> None:
        """Shut down in order, or with SIGKILL as a crash would; its name server (epmd) too."""
        self._end(signal.SIGKILL if kill else signal.SIGTERM)
        end(self._home.state.processes.get("epmd"), with_signal=signal.SIGTERM, patience_seconds=EPMD_SECONDS)
        self._home.remember_process("epmd", None)

    def restart(self, *, kill: bool = False) -> None:
        """Stop and start on the same port with the same data, epmd left running.

        Raises: ServerError if another process took the port in the meantime: clients would connect to the wrong server.
        """
        self._end(signal.SIGKILL if kill else signal.SIGTERM)
        if not is_free(self._home.port(NAME)):
            raise ServerError(f"port {self._home.port(NAME)} of the broker was taken by another program: end that")
        self.start()

    def control(self, arguments: Sequence[str]) -> int:
        """Run `rabbitmqctl` against this broker and return its exit code."""
        programs = find_rabbitmq()
        if programs is None or not self.is_running():
            raise ServerError("the broker does not run; start it with 'start-broker'")
        account = find_account("rabbitmq")
        return subprocess.run(
            [programs / "rabbitmqctl", *arguments],
            env=self.build_environment(),
            cwd=self._folder,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            check=False,
        ).returncode

    @property
    def _folder(self) -> Path:
        return self._home.data / NAME

    def build_environment(self) -> dict[str, str]:
        """Return RabbitMQ's whole environment; nothing of the caller's or of /etc/rabbitmq reaches it.

        Source: "Configuration" and "File and Directory Locations", rabbitmq.com/docs.
        """
        folder = self._folder
        loopback_only = "-kernel inet_dist_use_interface {127,0,0,1}"
        schedulers = len(os.sched_getaffinity(0))  # said aloud, since it starts pinned to one processor
        return {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._home.port("epmd")),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "environment.conf"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
            "RABBITMQ_SCHEMA_DIR": str(folder / "schema"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_NODENAME": f"postroad-{self._home.slug}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._home.port(NAME)),
            "RABBITMQ_DIST_PORT": str(self._home.port("rabbitmq-distribution")),
            "RABBITMQ_SCHEDULER_BIND_TYPE": "u",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"+S {schedulers}:{schedulers} {loopback_only}",
            "RABBITMQ_CTL_ERL_ARGS": loopback_only,
        }

    def _install(self) -> Path:
        install("rabbitmq-server", log=self._home.logs / "packages.log")
        programs = find_rabbitmq()
        if programs is None:
            raise ServerError("the package 'rabbitmq-server' is installed, but /usr/lib/rabbitmq/bin has no programs")
        return programs

    def _prepare(self) -> None:
        """Write the broker's files; the cookie is made once, so that `rabbitmqctl` works from the start."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        texts = {
            "rabbitmq.conf": CONFIGURATION.format(password=self._home.password(NAME)),
            "environment.conf": "",
            "enabled_plugins": "[].\n",
        }
        if not (self._folder / ".erlang.cookie").exists():
            texts[".erlang.cookie"] = secrets.token_hex(20)
        for name, text in texts.items():
            path = self._folder / name
            path.touch(mode=0o600)
            path.write_text(text, encoding="ascii")
        account = find_account("rabbitmq")
        if account:
            for path in (self._folder, *(self._folder / name for name in texts)):
                os.chown(path, account.uid, account.gid)
        if not is_alive(self._home.state.processes.get(NAME)):
            self._home.refresh_port("rabbitmq-distribution")

    def _start_epmd(self) -> None:
        """Start Erlang's name server on a port of its own: the machine's common one would mix checkouts."""
        if is_alive(self._home.state.processes.get("epmd")):
            return
        port = self._home.refresh_port("epmd")
        mark = spawn(
            ["/usr/bin/epmd", "-port", str(port), "-address", "127.0.0.1"],
            environment={"PATH": "/usr/bin:/bin"},
            account=find_account("rabbitmq"),
            log=self._home.logs / "epmd.log",
            folder=self._folder,
        )
        self._home.remember_process("epmd", mark)
        if not wait_until(
            lambda: is_listening("127.0.0.1", port), while_true=lambda: is_alive(mark), patience_seconds=EPMD_SECONDS
        ):
            raise ServerError(
                f"Erlang's epmd did not start; end of its log:\n{read_tail(self._home.logs / 'epmd.log')}"
            )


def pin(pid: int, *, processors: set[int]) -> None:
    """Let all threads of a process run on these processors only.

    Erlang loads a thousand modules by handing each file to another thread. On a virtual machine, waking a thread
    on another processor costs more than the work: measured on two cores, a start takes 5 s pinned, 5 to 14 s not.
    """
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.sched_setaffinity(int(thread.name), processors)
