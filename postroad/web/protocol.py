"""A client's connection with limits: how long a request may take to arrive, how large it may be, and its syntax.

A request is passed to the application when its head is complete; a client that sends half of one occupies a socket and
some kB for a limited time, but no thread.  A refused request is answered 400, 408, 414 or 431, and the connection is closed.
Source: RFC 9112, 3.2 (one Host), RFC 6585, 5 (431); the bounds of size are those of Apache, 8190 bytes a field.
"""

from asyncio import Transport
from asyncio.events import TimerHandle
from enum import Enum
from http import HTTPStatus
from typing import Any

from typing_extensions import override

from postroad.extras import needs_extra

with needs_extra("web"):
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
"""Limit from the connection, or from a request's first byte, to the end of its headers."""

BODY_SECONDS = 30.0
"""Limit from the end of the headers to the end of the body: 1 MB at 0.3 Mbit/s."""

SEND_SECONDS = 30.0
"""How long a client may read nothing while an answer waits to be sent."""

LINE_BYTES = 8190
FIELD_BYTES = 8190
HEAD_BYTES = 32_768
MAX_FIELDS = 100


class _Awaited(Enum):
    """The part of a request that a connection waits for, within a time limit."""

    NOTHING = 0.0
    HEAD = HEAD_SECONDS
    BODY = BODY_SECONDS


class _Doubtful(Exception):
    """A request is refused; the parser reports this as its own error."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection that is closed if a request does not arrive in time, or is ambiguous."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._awaited = _Awaited.NOTHING
        self._timer: TimerHandle | None = None
        self._sending: TimerHandle | None = None
        self._refusal = HTTPStatus.BAD_REQUEST
        self._head_bytes = 0

    @override
    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's own does
        super().connection_made(transport)
        self._await(_Awaited.HEAD)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._await(_Awaited.NOTHING)
        self._unset_sending()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        before = self._awaited
        super().data_received(data)
        if self._awaited is _Awaited.HEAD and not self.transport.is_closing():
            self._head_bytes += len(data)
            if (
                self._head_bytes > HEAD_BYTES
            ):  # also while one long field arrives, of which the parser reports nothing yet
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if self._awaited is not before or self._timer is None:
            self._await(self._awaited)

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._awaited, self._head_bytes = _Awaited.HEAD, 0

    @override
    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > LINE_BYTES:
            self._doubt(HTTPStatus.REQUEST_URI_TOO_LONG)

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        if self._awaited is not _Awaited.HEAD or b"_" in name:
            return  # a trailer is ignored: the application has its headers already; WSGI confuses underscore and hyphen
        super().on_header(name, value)
        length = len(name) + len(value)
        self._head_bytes += length
        if length > FIELD_BYTES or self._head_bytes > HEAD_BYTES or len(self.headers) > MAX_FIELDS:
            self._doubt(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    @override
    def on_headers_complete(self) -> None:
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1 or (not hosts and self.parser.get_http_version() != "1.0"):
            self._doubt(HTTPStatus.BAD_REQUEST)
        self._awaited = _Awaited.BODY
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        self._awaited = _Awaited.NOTHING
        super().on_message_complete()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._sending = self.loop.call_later(SEND_SECONDS, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._unset_sending()

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(self._refusal)

    def _await(self, awaited: _Awaited) -> None:
        """Start to wait for the next part of a request, in place of the previous one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._awaited = awaited
        if awaited is not _Awaited.NOTHING:
            self._timer = self.loop.call_later(awaited.value, self._give_up)

    def _give_up(self) -> None:
        self._timer = None
        if self.flow.read_paused:  # the application has not read the received data yet, so the client is not late
            self._await(self._awaited)
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _doubt(self, refusal: HTTPStatus) -> None:
        self._refusal = refusal
        raise _Doubtful(refusal.phrase)

    def _refuse(self, refusal: HTTPStatus) -> None:
        """Close the connection, with an error answer unless an earlier answer is pending."""
        self._await(_Awaited.NOTHING)
        if self.transport.is_closing():
            return
        cycle: Any = self.cycle  # None before the first request, although uvicorn's annotation does not say so
        is_due = cycle is not None and not cycle.response_complete
        if not is_due or (not cycle.response_started and not self.pipeline and cycle.more_body):
            text = refusal.phrase.encode()
            self.transport.write(
                b"HTTP/1.1 %d %b\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
                b"connection: close\r\n\r\n%b" % (refusal, text, len(text), text)
            )
        self.transport.close()

    def _unset_sending(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
