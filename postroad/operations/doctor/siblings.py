"""Checks of the other services: discovery, `/livez`, clock."""

import http.client
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from postroad.calls.discovery.resolver import Endpoint, Resolver
from postroad.errors import PostroadError
from postroad.operations.doctor import clocks
from postroad.operations.doctor.findings import Finding, Level, failure, ok

TIMEOUT_SECONDS = 3.0
_HALF = 0.5  # seconds: `Date` is cut to whole seconds, so the real time is half a second later on average


def look_at_sibling(service: str, resolver: Resolver) -> Iterator[Finding]:
    """Ask every instance of a service that discovery knows."""
    about = f"sibling {service}"
    try:
        endpoints = resolver.resolve(service)
    except (PostroadError, OSError) as error:
        yield failure(about, "discovery does not find it", remedy=str(error))
        return
    for endpoint in endpoints:
        yield from _ask(about, endpoint)


def _ask(about: str, endpoint: Endpoint) -> Iterator[Finding]:
    kind = http.client.HTTPSConnection if endpoint.is_secure else http.client.HTTPConnection
    connection = kind(endpoint.host, endpoint.port, timeout=TIMEOUT_SECONDS)
    before = time.time()
    try:
        connection.request("GET", "/livez")
        answer = connection.getresponse()
        answer.read()
    except (OSError, UnicodeError, http.client.HTTPException) as error:
        yield failure(
            about,
            f"{endpoint.url} does not answer: {str(error) or type(error).__name__}",
            remedy="is its web process up, and is this its address (POSTROAD_DISCOVERY and what belongs to it)?",
        )
        return
    finally:
        connection.close()
    after = time.time()
    if answer.status != http.client.OK:
        yield failure(
            about,
            f"{endpoint.url}/livez answers {answer.status} {answer.reason}",
            remedy="is it this service that answers there? look at its log",
        )
        return
    yield ok(about, f"{endpoint.url} answers in {(after - before) * 1000:.0f} ms")
    yield from _skew(about, answer.getheader("Date", ""), (before + after) / 2)


def _skew(about: str, date: str, now: float) -> Iterator[Finding]:
    """Yield a finding on its clock only if the clock is wrong; a line for each correct clock would hide the others."""
    try:
        theirs = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return
    found = clocks.judge(f"{about} clock", theirs + _HALF - now)
    if found.level is not Level.OK:
        yield found
