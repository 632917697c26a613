"""One thing per event loop: asyncio's connections belong to the loop that made them.  Not: threads, which share."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Makes a thing at its first use in each event loop, and drops it with the loop.

    Django runs asynchronous code under WSGI in a loop of its own each time; a thing kept beyond it would not work.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    def get(self) -> T:
        """Return the running loop's thing."""
        loop = asyncio.get_running_loop()
        made = self._made.get(loop)
        if made is None:
            made = self._made[loop] = self._make()
        return made

    def pop(self) -> T | None:
        """Forget the running loop's thing and return it, for closing."""
        return self._made.pop(asyncio.get_running_loop(), None)
