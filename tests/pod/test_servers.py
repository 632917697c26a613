"""The web process: of a service, and of the gateway."""

import signal
import socket
import time
from pathlib import Path

import pytest

from tests.faults.deployment import free_port, until
from tests.pod.program import run, running, status
from tests.support.raw_http import Wire

pytestmark = pytest.mark.slow
WEB = ("python", "-m", "config.web")
REGISTRATION = (
    b'{"instance": {"instanceId": "a", "app": "ORDERS", "hostName": "a", "ipAddr": "10.0.0.1", "status": "UP",'
    b' "port": {"$": 8000, "@enabled": "true"}, "dataCenterInfo": {"@class": "x", "name": "MyOwn"}}}'
)
HEAD = (
    b"POST /eureka/apps/ORDERS HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n"
) % len(REGISTRATION)


def test_a_running_request_is_finished_when_the_process_is_told_to_stop(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, WEB, service="registry", PORT=str(port), LOG_FORMAT="json") as web:
        until(lambda: status(port, "/livez") == 200, seconds=60, what="it serves")
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
            client.sendall(HEAD)
            assert client.recv(100).startswith(b"HTTP/1.1 100 Continue")  # its body is awaited now

            web.process.send_signal(signal.SIGTERM)
            until(lambda: status(port, "/livez", seconds=1) == 0, seconds=20, what="it takes no new request")
            client.sendall(REGISTRATION)

            assert client.recv(1000).startswith(b"HTTP/1.1 204 ")
        assert web.process.wait(20) == 0
        records = web.records()

    assert {record["logger"] for record in records} == {"postroad.web", "uvicorn.error"}
    assert f"Listening at: http://0.0.0.0:{port}" in [record["message"] for record in records]
    assert web.err.read_text() == ""


def test_a_request_that_goes_on_for_ever_does_not_keep_the_process(tmp_path: Path) -> None:
    port = free_port()
    hangs = (
        "import config.wsgi, config.web as web, time, atexit; atexit.register(print, 'left the registry', flush=True);"
        "web._application = lambda threads: web.InThreads(lambda *_: (print('asked', flush=True), time.sleep(600)), threads=1, body_bytes=1);"
        "web.main()"
    )
    with running(tmp_path, ("python", "-c", hangs), service="registry", PORT=str(port), WEB_GRACE_SECONDS="1") as web:
        until(lambda: _is_open(port), seconds=60, what="it serves")
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            until(lambda: "asked" in web.out.read_text(), seconds=20, what="the request is in a thread")
            began = time.monotonic()
            web.process.send_signal(signal.SIGTERM)

            assert web.process.wait(20) == 0
            assert time.monotonic() - began < 10
        assert "left the registry" in web.out.read_text()


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_nothing_is_written_below_home(tmp_path: Path) -> None:
    port, home = free_port(), tmp_path / "home"
    home.mkdir()
    with running(tmp_path, WEB, service="registry", PORT=str(port), HOME=str(home), XDG_RUNTIME_DIR="") as web:
        until(lambda: status(port, "/readyz") == 200, seconds=60, what="it serves")

        assert web.end(signal.SIGTERM) == 0
    assert list(home.iterdir()) == []


def test_a_variable_that_is_wrong_is_named(tmp_path: Path) -> None:
    done = run("-m", "config.web", service="registry", WEB_THREADS="none")

    assert done.returncode != 0
    assert "postroad: WEB_THREADS 'none' cannot be used; it must be a whole number, for example 4." in done.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("-m", "config.web", service="registry", WEB_HOST="127.0.0.1", PORT=str(port))

    assert done.returncode != 0
    assert f"postroad: 127.0.0.1:{port} cannot be listened on" in done.stderr


def test_the_gateway_answers_probes_by_its_ip_and_logs_json(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, WEB, service="gateway", PORT=str(port), LOG_FORMAT="json") as web:
        until(lambda: status(port, "/livez") == 200, seconds=60, what="it serves")
        answers = [status(port, path) for path in ("/readyz", "/metrics")]
        ended = web.end(signal.SIGTERM)
        loggers = {record["logger"] for record in web.records()}

    assert (answers, ended) == ([200, 200], 0)
    assert loggers == {"postroad.web", "uvicorn.error"}
    assert web.err.read_text() == ""


def test_figures_are_on_their_own_port_alone_once_it_is_set(tmp_path: Path) -> None:
    port, figures = free_port(), free_port()
    variables = {"PORT": str(port), "POSTROAD_METRICS_PORT": str(figures)}
    with running(tmp_path, WEB, service="gateway", **variables):
        until(lambda: status(port, "/livez") == 200, seconds=60, what="it serves")

        assert (status(port, "/metrics"), status(figures, "/metrics")) == (404, 200)


@pytest.mark.parametrize(("proxies", "statuses"), [("0", [404, 404, 429]), ("1", [404, 404, 404])])
def test_a_forwarded_address_counts_only_behind_a_proxy_that_is_configured(
    tmp_path: Path, proxies: str, statuses: list[int]
) -> None:
    port = free_port()
    limits = {"GATEWAY_RATE_PER_SECOND": "0.001", "GATEWAY_RATE_BURST": "2", "GATEWAY_TRUSTED_PROXIES": proxies}
    with running(tmp_path, WEB, service="gateway", PORT=str(port), **limits):
        until(lambda: status(port, "/livez") == 200, seconds=60, what="it serves")
        with Wire(port) as wire:
            answers = [wire.ask("GET", "/v1/nothing", f"X-Forwarded-For: 203.0.113.{number}") for number in range(3)]

    assert [answer.status for answer in answers] == statuses
