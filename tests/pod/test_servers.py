"""The web servers as processes: gunicorn for a service, uvicorn for the gateway."""

import signal
import socket
from pathlib import Path

import pytest

from tests.faults.deployment import free_port, until
from tests.pod.program import run, running, status

pytestmark = pytest.mark.slow
GUNICORN = ("gunicorn", "config.wsgi", "-c", "python:config.gunicorn")
UVICORN = ("uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--no-access-log")
REGISTRATION = (
    b'{"instance": {"instanceId": "a", "app": "ORDERS", "hostName": "a", "ipAddr": "10.0.0.1", "status": "UP",'
    b' "port": {"$": 8000, "@enabled": "true"}, "dataCenterInfo": {"@class": "x", "name": "MyOwn"}}}'
)
HEAD = (
    b"POST /eureka/apps/ORDERS HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n"
) % len(REGISTRATION)


def test_gunicorn_finishes_a_running_request_when_it_is_told_to_stop(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, GUNICORN, service="registry", PORT=str(port), LOG_FORMAT="json") as web:
        until(lambda: status(port, "/livez") == 200, seconds=60, what="gunicorn serves")
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
            client.sendall(HEAD)
            assert client.recv(100).startswith(b"HTTP/1.1 100 Continue")  # it is in a thread now

            web.process.send_signal(signal.SIGTERM)
            until(lambda: status(port, "/livez", seconds=1) == 0, seconds=20, what="gunicorn takes no new request")
            client.sendall(REGISTRATION)

            assert client.recv(1000).startswith(b"HTTP/1.1 204 ")
        assert web.process.wait(20) == 0
        records = web.records()

    assert {record["logger"] for record in records} == {"gunicorn.error"}
    assert f"Listening at: http://0.0.0.0:{port} " in records[1]["message"]
    assert web.err.read_text() == ""


def test_gunicorn_writes_nothing_below_home(tmp_path: Path) -> None:
    port, home = free_port(), tmp_path / "home"
    home.mkdir()
    with running(tmp_path, GUNICORN, service="registry", PORT=str(port), HOME=str(home), XDG_RUNTIME_DIR="") as web:
        until(lambda: status(port, "/readyz") == 200, seconds=60, what="gunicorn serves")

        assert web.end(signal.SIGTERM) == 0
    assert list(home.iterdir()) == []


def test_gunicorn_says_which_variable_is_wrong(tmp_path: Path) -> None:
    done = run("-m", "gunicorn", *GUNICORN[1:], service="registry", WEB_THREADS="none")

    assert done.returncode != 0
    assert "postroad: WEB_THREADS 'none' cannot be used; write a whole number, for example 4." in done.stderr


def test_the_gateway_answers_probes_by_its_ip_and_logs_json(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, (*UVICORN, "--port", str(port)), service="gateway", LOG_FORMAT="json") as web:
        until(lambda: status(port, "/livez") == 200, seconds=60, what="uvicorn serves")
        answers = [status(port, path) for path in ("/readyz", "/metrics")]
        web.end(signal.SIGTERM)
        loggers = {record["logger"] for record in web.records()}

    assert answers == [200, 200]
    assert loggers == {"uvicorn.error"}
    assert web.err.read_text() == ""
