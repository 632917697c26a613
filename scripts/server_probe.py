"""Asking an address whether the right kind of server answers there.

Not a client: nothing is logged in to and no password is sent.
"""

import socket
import struct
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from server_process import POLL_SECONDS

DEFAULT_PORTS = {"postgres": 5432, "postgresql": 5432, "amqp": 5672, "amqps": 5671}
ANSWER_SECONDS = 2.0  # a server on the same machine answers within milliseconds, also when it is busy


def is_listening(host: str, port: int) -> bool:
    """Tell whether a server accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=ANSWER_SECONDS):
            return True
    except OSError:
        return False


def is_url_listening(url: str) -> bool:
    """Tell whether a server accepts connections at a URL's host and port (the scheme's own port if none is given)."""
    parts = urlsplit(url)
    return is_listening(parts.hostname or "localhost", parts.port or DEFAULT_PORTS[parts.scheme])


def is_postgresql_ready(port: int) -> bool:
    """Tell whether a PostgreSQL on this machine is past its start-up and asks for a password.

    Source: PostgreSQL manual, "Message Formats", StartupMessage; `R` asks for authentication, `E` refuses.
    """
    body = struct.pack("!I", 196_608) + b"user\0postroad\0database\0postgres\0\0"  # 196 608 = protocol 3.0
    return _ask(port, struct.pack("!I", len(body) + 4) + body) == b"R"


def is_rabbitmq_ready(port: int) -> bool:
    """Tell whether an AMQP broker on this machine opens a conversation.

    Source: AMQP 0-9-1, 4.2.2: the broker answers the protocol header with a method frame, type 1.
    """
    return _ask(port, b"AMQP\x00\x00\x09\x01") == b"\x01"


def _ask(port: int, question: bytes) -> bytes:
    """Send `question` and return the first byte of the answer; nothing if there is none."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS) as connection:
            connection.sendall(question)
            return connection.recv(1)
    except OSError:
        return b""


def wait_until(condition: Callable[[], bool], *, while_true: Callable[[], bool], patience_seconds: float) -> bool:
    """Wait for `condition`; give up when `while_true` no longer holds (a process died) or patience is over."""
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        if not while_true():
            return False
        time.sleep(POLL_SECONDS)
    return False
