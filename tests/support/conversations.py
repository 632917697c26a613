"""An HTTP server that says exactly what a test wants, and a pool of connections to it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from postroad.calls.discovery.resolver import Endpoint
from postroad.calls.transports.http11 import Bounds, Pool, Response

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
END = b"<the connection ends>"


class Server:
    """Answers the requests of all connections in turn with what it was given; nothing: closes."""

    def __init__(self, *answers: bytes) -> None:
        self.answers, self.connections = list(answers), 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while self.answers:
            try:
                await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            writer.write(answer := self.answers.pop(0))
            if answer.endswith(END):
                return


@asynccontextmanager
async def serving(conversation: Conversation, **options: Any) -> AsyncIterator[asyncio.Server]:
    """Serve during a block, and see every conversation to its end."""
    under_way: list[asyncio.Future[None]] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        under_way.append(ended := asyncio.get_running_loop().create_future())
        try:
            await conversation(reader, writer)
            writer.close()
        except ConnectionError:
            writer.transport.abort()
        finally:
            ended.set_result(None)

    async with await asyncio.start_server(converse, "127.0.0.1", 0, **options) as server:
        yield server
        await asyncio.wait_for(asyncio.gather(*under_way), 5)


def _pool(server: asyncio.Server, **bounds: Any) -> Pool:
    host, port = server.sockets[0].getsockname()
    given = {"age_seconds": 60, "idle_seconds": 60, "most_idle": 8, "most_bytes": 1000, **bounds}
    return Pool(Endpoint(host=host, port=port), bounds=Bounds(**given), tls=ssl.create_default_context())


async def send(pool: Pool, request: bytes = REQUEST, *, is_head: bool = False) -> Response:
    return await asyncio.wait_for(pool.send(request, is_head=is_head, connect_seconds=2), 5)


def talk(conversation: Conversation, use: Callable[[Pool], Awaitable[None]], **bounds: Any) -> None:
    """Let a server and a client's pool of connections meet."""

    async def run() -> None:
        async with serving(conversation) as server:
            pool = _pool(server, **bounds)
            try:
                await asyncio.wait_for(use(pool), 10)
            finally:
                pool.close()

    asyncio.run(run())


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.001)
