"""Observers of what happens in the library, for metrics, a console or a test; each kind of fact has its own list."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

F = TypeVar("F")


class Observers(Generic[F]):
    """Functions that are called with every fact of one kind.

    Concurrency: may be changed during a call; observers are called in the thread in which the fact happens.
    """

    def __init__(self) -> None:
        self._observers: list[Callable[[F], None]] = []

    def add(self, observer: Callable[[F], None]) -> None:
        """Call an observer with every fact from now on: it must be quick and raise nothing."""
        if observer not in self._observers:  # applications may be made ready twice in one process, as in tests
            self._observers.append(observer)

    def remove(self, observer: Callable[[F], None]) -> None:
        """Remove an observer."""
        self._observers.remove(observer)

    @contextmanager
    def watching(self, observer: Callable[[F], None]) -> Iterator[None]:
        """Call an observer during a block."""
        is_there = observer in self._observers
        self.add(observer)
        try:
            yield
        finally:
            if not is_there:
                self.remove(observer)

    def tell(self, fact: F) -> None:
        """Call every observer."""
        for observer in tuple(self._observers):
            observer(fact)
