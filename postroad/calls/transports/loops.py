"""Keeps one object per event loop, since asyncio's connections belong to the loop that created them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Creates an object at its first use in each event loop, and closes it when the loop ends.

    Under WSGI, Django runs asynchronous code in a new loop each time; an object that outlives its loop would not work, and
    would keep the loop and its sockets.  A loop ends with `shutdown_asyncgens`, which `asyncio.run` calls.
    """

    def __init__(self, make: Callable[[], T], close: Callable[[T], Awaitable[None]]) -> None:
        self._make, self._close = make, close
        self._made: dict[asyncio.AbstractEventLoop, tuple[T, AsyncGenerator[None]]] = {}

    def get(self) -> T:
        """Return the running loop's object."""
        loop = asyncio.get_running_loop()
        if loop not in self._made:
            made = self._make()
            self._made[loop] = made, _begun(self._lifetime(loop, made))
        return self._made[loop][0]

    async def aclose(self) -> None:
        """Close the running loop's object; the next use creates another."""
        kept = self._made.get(asyncio.get_running_loop())
        if kept is not None:
            await kept[1].aclose()

    async def _lifetime(self, loop: asyncio.AbstractEventLoop, made: T) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            del self._made[loop]
            await self._close(made)


def _begun(lifetime: AsyncGenerator[None]) -> AsyncGenerator[None]:
    """Run a generator up to its `yield`, which it reaches without waiting; from then on the loop ends it."""
    with suppress(StopIteration):
        lifetime.__anext__().send(None)
    return lifetime
