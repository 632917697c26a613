"""A length for a body that came in chunks: Django's WSGI reads none without one.  Not: ASGI, which needs no length."""

import io
from collections.abc import Iterable
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings
from typing_extensions import override


class ChunksRead:
    """A WSGI application whose requests all have a length.

    A client that writes a body while it makes it announces none (RFC 9112, 7.1); Netflix's Eureka client is one.  A
    server that says `wsgi.input_terminated`, as gunicorn does, ends the input where the last chunk does; waitress
    gives the length itself.  At most one byte more than Django's DATA_UPLOAD_MAX_MEMORY_SIZE is read, into memory:
    enough to be refused as too large.  A body that breaks off raises OSError where it is read.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, its body read if it came in chunks."""
        is_chunked = environ.get("HTTP_TRANSFER_ENCODING") and not environ.get("CONTENT_LENGTH")
        if is_chunked and environ.get("wsgi.input_terminated"):
            environ |= _whole(environ["wsgi.input"])
        return self._application(environ, start_response)


def _whole(stream: Any) -> dict[str, Any]:
    most = cast("int | None", settings.DATA_UPLOAD_MAX_MEMORY_SIZE)  # None: no limit
    try:
        body = stream.read() if most is None else stream.read(most + 1)
    except Exception as error:  # noqa: BLE001 - a server has errors of its own; who reads the body answers it
        return {"CONTENT_LENGTH": "1", "wsgi.input": _Broken(error)}
    return {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}


class _Broken(io.RawIOBase):
    def __init__(self, error: Exception) -> None:
        self._error = error

    @override
    def read(self, size: int = -1, /) -> bytes:
        raise OSError(f"the chunks of the body cannot be read: {self._error}") from self._error
