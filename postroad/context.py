"""The context of the running code: its service, and the message or request that it handles.

It is kept in context variables: each thread and each asynchronous task has its own values.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from typing_extensions import override

_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context, level 1
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """The work in progress.

    Attributes:
        service: Name of the service whose code runs; empty in a process without one.
        message_id: Id of the message being handled; empty outside a handler.
        trace_parent: W3C `traceparent` of the chain; empty if there is none.
        request_id: Id of the request being answered, which calls pass on; empty if there is none.
    """

    service: str = ""
    message_id: str = ""
    trace_parent: str = ""
    request_id: str = ""

    @property
    def trace_id(self) -> str:
        """The id of the whole chain, which is one part of `trace_parent`."""
        return self.trace_parent[3:35]

    @override
    def __str__(self) -> str:
        return f"{self.service or '-'} handling {self.message_id or 'nothing'}"


_NOTHING = Current()
_current: ContextVar[Current] = ContextVar("postroad_current", default=_NOTHING)


def current() -> Current:
    """Return the context of the running code."""
    return _current.get()


@contextmanager
def working(work: Current) -> Iterator[None]:
    """Run a block as `work`; the previous value is restored afterwards, also after an exception."""
    token = _current.set(work)
    try:
        yield
    finally:
        _current.reset(token)


def read_trace_parent(header: str) -> str:
    """Return a request's `traceparent` if it is valid, otherwise an empty text."""
    return header if _TRACE_PARENT.fullmatch(header) else ""


def read_request_id(header: str) -> str:
    """Return a request's `X-Request-Id` if it is suitable for logs and headers, otherwise an empty text."""
    return header if _REQUEST_ID.fullmatch(header) else ""
