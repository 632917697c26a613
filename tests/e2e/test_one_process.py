"""The one-process mode as a newcomer meets it: a real process, real HTTP, SQLite in a directory of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.tour.client import DemoFailed
from apps.tour.demo import place, prepare
from tests.faults.deployment import ROOT, until
from tests.support.one_process import OneProcess

pytestmark = pytest.mark.slow


@pytest.fixture
def one(tmp_path: Path) -> Iterator[OneProcess]:
    one = OneProcess(tmp_path)
    yield one
    if one.process is not None and one.process.poll() is None:
        one.process.kill()
        one.process.wait(10)


def manage(command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    mine = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.embedded", **environment}
    given = [sys.executable, "manage.py", command]
    return subprocess.run(given, cwd=ROOT, env=mine, capture_output=True, text=True, timeout=60, check=False)


def test_a_newcomer_sees_an_order_travel_and_ctrl_c_stops_cleanly(one: OneProcess) -> None:
    one.start(demo=True)
    until(lambda: "Ctrl-C stops" in one.output, seconds=20, what="the demo order has ended")
    hint = re.search(r"make demo (REFUSE=card) (PORT=\d+) ", one.output)
    assert hint
    given = dict(each.split("=") for each in hint.groups())
    demo = manage("demo", VAR_DIR=str(one.home), NO_COLOR="1", **given)
    code = one.end(signal.SIGINT)

    lines = one.output
    assert (demo.returncode, demo.stderr) == (0, "")
    assert "REJECTED" in demo.stdout
    assert f"Postroad is ready: http://localhost:{one.port}" in lines
    assert "order 1 is APPROVAL_PENDING, answer sent" in lines
    assert "kitchen.CreateTicket" in lines
    assert "✓ TicketReserved" in lines
    assert "order 1 is APPROVED" in lines
    assert "Postroad has stopped" in lines
    assert "\x1b" not in lines
    assert code == 0


DATABASE = ("postroad.sqlite3", "postroad.sqlite3-wal", "postroad.sqlite3-shm")


def modes(home: Path) -> dict[str, str]:
    return {path.name: oct(path.stat().st_mode & 0o777) for path in home.iterdir() if path.name != "run.log"}


def test_secrets_and_data_are_made_once_for_their_owner_only(one: OneProcess) -> None:
    one.start()
    made = {path.name: path.read_text() for path in one.home.glob("*") if path.name in ("secret-key", "admin-password")}
    one.end(signal.SIGTERM)
    one.start()

    again = {name: (one.home / name).read_text() for name in made}
    assert made == again
    assert set(made) == {"secret-key", "admin-password"}
    assert modes(one.home) == dict.fromkeys((*made, *DATABASE), "0o600")
    assert one.output.count(f"made for this first start: {made['admin-password']}") == 1


def test_it_listens_on_this_machine_only_and_fits_in_200_megabytes(one: OneProcess) -> None:
    one.start(demo=True)
    until(lambda: "Ctrl-C stops" in one.output, seconds=20, what="the demo order has ended")
    assert one.process is not None
    status = Path(f"/proc/{one.process.pid}/status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    hexadecimal_port = f":{one.port:04X}"
    listening = [
        line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"
    ]

    assert [address for address in listening if address.endswith(hexadecimal_port)] == [f"0100007F{hexadecimal_port}"]
    assert resident <= 200 * 1024


def test_a_port_that_is_taken_is_named_with_the_way_out(one: OneProcess) -> None:
    one.start()
    second = manage("run", VAR_DIR=str(one.home), PORT=str(one.port))

    assert second.returncode == 1
    assert f"port {one.port} cannot be used" in second.stderr
    assert "make run PORT=8080" in second.stderr


@pytest.mark.parametrize("port", ["", "http", "0", "-1", "70000"])
def test_what_is_no_port_is_named_with_the_way_out(one: OneProcess, port: str) -> None:
    refused = manage("run", VAR_DIR=str(one.home), PORT=port)

    assert refused.returncode == 2
    assert f"{port!r} is no port; give a number from 1 to 65535" in refused.stderr


@pytest.mark.parametrize("given", [{"GATEWAY_URL": "nowhere"}, {"PORT": "http"}, {"PORT": "70000"}], ids=str)
def test_a_demo_says_what_is_wrong_with_its_address(given: dict[str, str]) -> None:
    refused = manage("demo", **given)

    assert refused.returncode == 1
    assert "is no address; set GATEWAY_URL to one like http://localhost:8000" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_kill_nine_at_any_moment_loses_nothing_and_doubles_nothing(one: OneProcess) -> None:
    one.start()
    scene = prepare(one.api)
    accepted: list[int] = []

    def order(count: int) -> None:
        for _ in range(count):
            try:
                accepted.append(place(one.api, scene))
            except (DemoFailed, OSError, urllib.error.URLError, ValueError):
                return  # it was killed under us: this order was not accepted

    for _ in range(4):
        client = threading.Thread(target=order, args=(30,))
        client.start()
        target = len(accepted) + 8
        until(lambda target=target: len(accepted) >= target, seconds=30, what="some orders are placed")
        one.end(signal.SIGKILL)
        client.join(30)
        one.start()
    until(
        lambda: not one.rows("SELECT 1 FROM orders_order WHERE state = 'APPROVAL_PENDING'"),
        seconds=60,
        what="every order has ended",
    )
    until(lambda: not one.rows("SELECT 1 FROM postroad_outbox"), seconds=30, what="the outbox is empty")

    states = dict(one.rows("SELECT id, state FROM orders_order"))
    tickets = Counter(ticket for (ticket,) in one.rows("SELECT id FROM kitchen_ticket"))
    charges = Counter(
        charged for (charged,) in one.rows("SELECT order_id FROM accounting_accountentry WHERE type = 'AUTHORIZED'")
    )
    assert set(accepted) <= set(states)
    assert set(states.values()) == {"APPROVED"}
    assert tickets == Counter(states.keys())
    assert charges == Counter(states.keys())
    assert one.rows("SELECT count(*) FROM postroad_dead_letter") == [(0,)]


def test_thirty_two_clients_at_once_see_no_locked_database(one: OneProcess) -> None:
    one.start()
    scene = prepare(one.api)
    problems: list[str] = []

    def order() -> None:
        for _ in range(3):
            try:
                place(one.api, scene)
            except Exception as error:
                problems.append(repr(error))

    clients = [threading.Thread(target=order) for _ in range(32)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(120)
    until(
        lambda: one.rows("SELECT count(*) FROM orders_order WHERE state = 'APPROVED'") == [(96,)],
        seconds=60,
        what="every order is approved",
    )

    assert problems == []
    assert "locked" not in one.output
