"""An HTTP server that says exactly what a test wants, and a transport that calls it from an event loop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from postroad.calls.transport import Answer, Outgoing
from postroad.calls.transports.rest import Limits, RestTransport
from tests.support.calls import Fixed

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
END = b"<the connection ends>"
ANSWER_BYTES = 1000


class Server:
    """Answers the requests of all connections in turn with what it was given; nothing: closes."""

    def __init__(self, *answers: bytes) -> None:
        self.answers, self.connections, self.ended = list(answers), 0, 0
        self.heard: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._answer(reader, writer)
        finally:
            self.ended += 1

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while self.answers:
            try:
                self.heard.append(await reader.readuntil(b"\r\n\r\n"))
            except asyncio.IncompleteReadError:
                return
            writer.write((answer := self.answers.pop(0)).removesuffix(END))
            if answer.endswith(END):
                return


class Caller:
    """Calls a server on a port, one attempt at a time."""

    def __init__(self, port: int, **limits: Any) -> None:
        self.resolver = Fixed(port)
        self._transport = RestTransport(
            self.resolver, limits=Limits(**{"connect_seconds": 2.0, "answer_bytes": ANSWER_BYTES, **limits})
        )

    async def call(
        self,
        verb: str = "GET",
        target: str = "/",
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        seconds: float = 5.0,
    ) -> Answer:
        outgoing = Outgoing(service="x", call="x.y", verb=verb, target=target, body=body, headers=headers or {})
        return await self._transport.send_async(outgoing, seconds)

    async def aclose(self) -> None:
        await self._transport.aclose()
        self._transport.close()


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


def talk(conversation: Conversation, use: Callable[[Caller], Awaitable[None]], **limits: Any) -> None:
    """Let a server and a client meet."""

    async def run() -> None:
        async with serving(conversation) as server:
            caller = Caller(server.sockets[0].getsockname()[1], **limits)
            try:
                await asyncio.wait_for(use(caller), 10)
            finally:
                await caller.aclose()

    asyncio.run(run())


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.001)
