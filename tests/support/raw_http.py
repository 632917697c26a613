"""HTTP by hand over one socket, for what no client library would send."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, with whatever came behind its head."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """One connection.  An answer is read to its end by the rules of RFC 9112, 6.3, for the method that asked."""

    def __init__(self, port: int, *, seconds: float = 10.0) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self._stream = self._socket.makefile("rb")

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def ask(self, method: str, path: str, *headers: str, host: str = "localhost") -> Reply:
        self.send("\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *headers, "", ""]).encode("latin-1"))
        return self.read(method)

    def read(self, method: str = "GET") -> Reply:
        status = self._stream.readline()
        assert status.startswith(b"HTTP/1."), status
        headers = dict(self._fields())
        code = int(status.split(b" ")[1])
        return Reply(code, headers, b"" if method == "HEAD" or code in (204, 304) else self._body(headers))

    def rest(self) -> bytes:
        """Everything until the other side closes the connection."""
        return self._stream.read()

    def _fields(self) -> Iterable[tuple[str, str]]:
        while (line := self._stream.readline().rstrip(b"\r\n")) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            yield name.lower(), value.strip()

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            return b"".join(iter(self._chunk, b""))
        if "content-length" in headers:
            return self._stream.read(int(headers["content-length"]))
        return self.rest()

    def _chunk(self) -> bytes:
        data = self._stream.read(int(self._stream.readline(), 16))
        self._stream.readline()
        return data
