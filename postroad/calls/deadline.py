"""How much time the work in progress still has: from the caller's header, on to the calls it makes.

The header holds what
remains, not a moment, because two machines' clocks differ; every hop so shortens it.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from postroad.logs import logger

log = logger(__name__)

HEADER = "x-postroad-deadline-ms"
"""Remaining milliseconds, a whole number; the name is lower case, as HTTP/2 and gRPC want it."""

_WHOLE = re.compile(r"-?[0-9]{1,10}")  # ten digits are 115 days: longer is no deadline
_expires_at: ContextVar[float | None] = ContextVar("postroad_deadline", default=None)


def expires_at() -> float | None:
    """Return when the work in progress must be done, by `time.monotonic`; None: whenever."""
    return _expires_at.get()


def remaining() -> float | None:
    """Return the seconds that are left, negative when they are over; None without a deadline."""
    moment = _expires_at.get()
    return None if moment is None else moment - time.monotonic()


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Give a block at most so much time; a shorter deadline around it stays in force, None changes nothing."""
    if seconds is None:
        yield
        return
    moment, around = time.monotonic() + seconds, _expires_at.get()
    token = _expires_at.set(moment if around is None else min(moment, around))
    try:
        yield
    finally:
        _expires_at.reset(token)


def header_value(seconds: float) -> str:
    """Return the header for a call that may take so long."""
    return str(max(0, int(seconds * 1000)))


def parse(text: str) -> float | None:
    """Return the seconds that a header says, zero or less when they are over.

    A value that is no whole number is a defect of the caller, not of the request: it is logged and there is no deadline.
    """
    if not _WHOLE.fullmatch(text):
        log.warning("deadline header ignored: not a whole number of milliseconds", extra={"value": text[:40]})
        return None
    return int(text) / 1000
