"""The check of the other services."""

import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typing_extensions import override

from postroad.calls.discovery.static import StaticResolver
from postroad.operations.doctor.findings import Finding, Level
from postroad.operations.doctor.siblings import look_at_sibling


class Sibling(ThreadingHTTPServer):
    """Answers everything alike.

    Attributes:
        status: Of each answer.
        ahead_seconds: How wrong its clock is.
        date: In place of its clock's time.
    """

    status, ahead_seconds, date = 200, 0.0, ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answer(BaseHTTPRequestHandler):
    server: Sibling

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        self.end_headers()

    @override
    def date_time_string(self, timestamp: float | None = None) -> str:
        return self.server.date or formatdate(time.time() + self.server.ahead_seconds, usegmt=True)

    @override
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def sibling() -> Iterator[Sibling]:
    server = Sibling(("127.0.0.1", 0), _Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def look(*urls: str, service: str = "kitchen") -> list[Finding]:
    return list(look_at_sibling(service, StaticResolver({"kitchen": urls})))


def test_a_sibling_that_answers_is_well(sibling: Sibling) -> None:
    [found] = look(sibling.url)

    assert (found.about, found.level) == ("sibling kitchen", Level.OK)
    assert sibling.url in found.text


def test_a_sibling_that_is_away_is_a_failure(sibling: Sibling) -> None:
    well, away = sorted(look(sibling.url, "http://127.0.0.1:1"), key=lambda finding: finding.level.value, reverse=True)

    assert (well.level, away.level) == (Level.OK, Level.FAILURE)
    assert "http://127.0.0.1:1 does not answer" in away.text


def test_a_sibling_that_answers_otherwise_is_a_failure(sibling: Sibling) -> None:
    sibling.status = 400

    [found] = look(sibling.url)

    assert found.level is Level.FAILURE
    assert "answers 400 Bad Request" in found.text


def test_a_sibling_that_discovery_does_not_know_is_a_failure() -> None:
    [found] = look("http://127.0.0.1:1", service="bakery")

    assert (found.level, found.text) == (Level.FAILURE, "discovery does not find it")
    assert "has no address of 'bakery'" in found.remedy


@pytest.mark.parametrize(("ahead", "level"), [(10.0, Level.WARNING), (-3600.0, Level.FAILURE)])
def test_a_siblings_clock_that_is_wrong_has_a_line_of_its_own(sibling: Sibling, ahead: float, level: Level) -> None:
    sibling.ahead_seconds = ahead

    _, found = look(sibling.url)

    assert (found.about, found.level) == ("sibling kitchen clock", level)


def test_a_sibling_that_tells_no_time_is_well(sibling: Sibling) -> None:
    sibling.date = "noon"

    [found] = look(sibling.url)

    assert found.level is Level.OK
