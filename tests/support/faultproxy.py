"""A TCP proxy in front of a service, whose fault is switched at run time.

Linux: it asks the kernel which connections the caller still holds.
"""

import socket
import struct
import threading
from contextlib import suppress
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """What the proxy does with connections, new ones and open ones."""

    PASS = "pass"  # noqa: S105 - no password
    HANG = "hang"
    RESET = "reset"
    REFUSE = "refuse"


_RST_ON_CLOSE = struct.pack("ii", 1, 0)
_ESTABLISHED = b"\x01"  # first byte of the kernel's tcp_info


def _is_held(client: socket.socket) -> bool:
    """Tell whether neither side has closed a connection, at this very moment."""
    with suppress(OSError):
        return client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == _ESTABLISHED
    return False


class FaultProxy:
    """Listens on a port, any free one by default, and passes everything on to one port of 127.0.0.1.

    Attributes:
        port: Where it listens, the same before and after a refusal.
        latency_seconds: Each answer waits so long.
        connections: Connections accepted so far.
        most_held: Most connections that the caller held at once.
        answer_bytes: Passed back so far.
    """

    def __init__(self, target_port: int, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._host, self._target = host, ("127.0.0.1", target_port)
        self._fault = Fault.PASS
        self._is_over = threading.Event()
        self._open: list[socket.socket] = []
        self._clients: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.latency_seconds = 0.0
        self.connections = self.most_held = self.answer_bytes = 0
        self.port = port
        self._listen()

    def switch(self, fault: Fault) -> None:
        """Behave otherwise from now on; what is open is broken, except to hang."""
        was_refusing, self._fault = self._fault is Fault.REFUSE, fault
        if fault is Fault.REFUSE:
            self._stop_listening()
        elif was_refusing:
            self._listen()
        if fault is not Fault.HANG:
            self._break_open()

    def close(self) -> None:
        """Stop for good."""
        self._is_over.set()
        self._stop_listening()
        self._break_open()
        for thread in self._threads:
            thread.join()

    def _listen(self) -> None:
        self._listener = socket.create_server((self._host, self.port))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def _stop_listening(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _break_open(self) -> None:
        sockets, self._open = self._open, []
        for one in sockets:
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
                one.shutdown(socket.SHUT_RDWR)

    def _start(self, target: Any, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client = listener.accept()[0]
                self.connections += 1
                self._open.append(client)
                self._clients = [*filter(_is_held, self._clients), client]
                self.most_held = max(self.most_held, len(self._clients))
                if self._fault is Fault.RESET:
                    self._reset(client)
                else:
                    self._start(self._serve, client)

    def _reset(self, client: socket.socket) -> None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
        client.close()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._target) as service:
            self._open.append(service)
            for one in (client, service):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a body waits 40 ms behind its headers
            self._start(self._pump, client, service)
            self._pump(service, client, latency=True)

    def _pump(self, source: socket.socket, target: socket.socket, *, latency: bool = False) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if latency:
                    self._is_over.wait(self.latency_seconds)
                    self.answer_bytes += len(data)
                if self._fault is not Fault.HANG:
                    target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
