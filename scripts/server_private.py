"""The base of servers that run from Debian's packages: start one process, wait until it answers, end it."""

import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from server_home import Home
from server_probe import wait_until
from server_process import Mark, ServerError, end, find_account, is_alive, read_tail, spawn


class PrivateServer:
    """Runs as the package's system user, or as oneself when not root; listens on 127.0.0.1 only.

    Attributes:
        name: Under which its home keeps port, password, process, data and log.
        account: The system user that the package makes.
        start_seconds: How long it may take until it answers.
        stop_seconds: How long it may take to shut down before it is killed.
        is_ready: Port → whether the server answers there.
    """

    name: str
    role: str
    title: str
    account: str
    start_seconds: float
    stop_seconds: float
    is_ready: Callable[[int], bool]
    source = "private"

    def __init__(self, home: Home) -> None:
        self._home = home
        self._log = home.logs / f"{self.name}.log"

    def is_running(self) -> bool:
        """Tell whether the process that was started here runs and answers."""
        return is_alive(self._home.state.processes.get(self.name)) and self.is_ready(self._home.port(self.name))

    def _spawn(self, command: Sequence[str | Path], *, environment: Mapping[str, str], folder: Path) -> Mark:
        account = find_account(self.account)
        mark = spawn(command, environment=environment, account=account, log=self._log, folder=folder)
        self._home.remember_process(self.name, mark)
        return mark

    def _wait_until_ready(self, mark: Mark) -> None:
        """Return once it answers.

        Raises: ServerError with the end of the log.
        """
        port = self._home.port(self.name)
        if not wait_until(
            lambda: self.is_ready(port), while_true=lambda: is_alive(mark), patience_seconds=self.start_seconds
        ):
            raise ServerError(f"{self.title} did not start; end of {self._log}:\n{read_tail(self._log)}")

    def _end(self, chosen: signal.Signals) -> None:
        end(self._home.state.processes.get(self.name), with_signal=chosen, patience_seconds=self.stop_seconds)
        self._home.remember_process(self.name, None)
