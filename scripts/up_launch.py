"""Watching one process from the moment it is told to start until it is started, and as long as others start.

Not a supervisor: it only looks, and says what is wrong.
"""

import time
import urllib.error
import urllib.request

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from server_process import ServerError, read_tail
from up_supervisor import Status, Supervisor
from up_table import GRPC_PORTS, PORTS, Process

READY_SECONDS = 60.0  # from the moment a process is told to start, on two cores that all share
FAILED_STATES = {"BACKOFF", "EXITED", "FATAL", "UNKNOWN"}


class Launch:
    """The start of one process."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.is_started = False
        self._pid = 0
        self._began = 0.0
        self._log_start_bytes = 0

    def begin(self, supervisor: Supervisor) -> None:
        """Tell the supervisor to start it, unless it already runs."""
        self._began = time.monotonic()
        status = supervisor.read_statuses()[self.process.name]
        if status.state not in {"RUNNING", "STARTING"}:
            self._log_start_bytes = self.process.log.stat().st_size if self.process.log.exists() else 0
            supervisor.start_process(self.process)

    def check(self, status: Status) -> None:
        """Look whether it is started.

        Raises: ServerError if it has failed, has died and been started again, or is not ready in time.
        """
        name = self.process.name
        if status.state in FAILED_STATES or (self._pid and status.pid not in {0, self._pid}):
            self._fail(f"{name} ended soon after its start")
        self._pid = self._pid or status.pid
        if not self.is_started:
            self.is_started = status.state == "RUNNING" and self._is_ready()
        if not self.is_started and time.monotonic() - self._began > READY_SECONDS:
            self._fail(f"{name} is not ready after {READY_SECONDS:.0f} s ({status.state})")

    def _is_ready(self) -> bool:
        match self.process.role:
            case "web":
                return is_web_ready(PORTS[self.process.service])
            case "grpc":
                return is_grpc_ready(GRPC_PORTS[self.process.service])
            case _:
                with self.process.log.open("rb") as log:
                    log.seek(self._log_start_bytes)
                    return self.process.ready_words.encode() in log.read()

    def _fail(self, what: str) -> None:
        raise ServerError(f"{what}; end of {self.process.log}:\n{read_tail(self.process.log)}")


def is_web_ready(port: int) -> bool:
    """Tell whether GET /readyz answers 200."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def is_grpc_ready(port: int) -> bool:
    """Tell whether the gRPC server says SERVING."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            answer = HealthStub(channel).Check(HealthCheckRequest(), timeout=5)
        except grpc.RpcError:
            return False
    return bool(answer.status == HealthCheckResponse.SERVING)
