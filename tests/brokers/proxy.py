"""A TCP proxy that breaks on demand: cuts, swallows answers, refuses."""

import socket
import threading
from contextlib import suppress


class Proxy:
    """Listens on a free port of 127.0.0.1 and passes everything on to one address.

    Attributes:
        port: Where it listens.
        most_bytes: Cut every connection once so many bytes went to the broker; 0: never.
        is_deaf: Swallow what the broker says.
        connections: Connections made so far.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.most_bytes = 0
        self.is_deaf = False
        self.connections = 0
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def cut(self) -> None:
        """Break every open connection."""
        sockets, self._sockets = self._sockets, []
        for one in sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop for good: who connects now is refused."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                broker = socket.create_connection(self._target)
                self.connections += 1
                self._sockets += [client, broker]
                self._start(self._pump_to_broker, client, broker)
                self._start(self._pump_to_client, broker, client)

    def _pump_to_broker(self, client: socket.socket, broker: socket.socket) -> None:
        passed = 0
        with suppress(OSError):
            while data := client.recv(65536):
                passed += len(data)
                if self.most_bytes and passed > self.most_bytes:
                    break
                broker.sendall(data)
        self._end(client, broker)

    def _pump_to_client(self, broker: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := broker.recv(65536):
                if not self.is_deaf:
                    client.sendall(data)
        self._end(broker, client)

    def _end(self, source: socket.socket, target: socket.socket) -> None:
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        source.close()
