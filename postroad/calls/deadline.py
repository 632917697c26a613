"""The deadline of the work in progress: it is read from the caller's header, and passed on to the calls that the work makes.

The header holds the remaining time, not a point in time, because the clocks of two machines differ; each hop shortens it.
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

_WHOLE = re.compile(r"-?[0-9]{1,10}")  # ten digits are 115 days: longer is not a deadline
_expires_at: ContextVar[float | None] = ContextVar("postroad_deadline", default=None)


def expires_at() -> float | None:
    """Return when the work in progress must be done, by `time.monotonic`; None without a deadline."""
    return _expires_at.get()


def remaining() -> float | None:
    """Return the remaining seconds, negative if the deadline has passed; None without a deadline."""
    moment = _expires_at.get()
    return None if moment is None else moment - time.monotonic()


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Limit the time of a block; an earlier deadline around it stays in force, None changes nothing."""
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
    """Return the header for a call that may take this many seconds."""
    return str(max(0, int(seconds * 1000)))


def parse(text: str) -> float | None:
    """Return the seconds in a header; zero or less if the deadline has passed.

    A value that is not a whole number is a defect of the caller, not of the request: it is logged, and there is no deadline.
    """
    if not _WHOLE.fullmatch(text):
        log.warning("deadline header ignored: not a whole number of milliseconds", extra={"value": text[:40]})
        return None
    return int(text) / 1000
