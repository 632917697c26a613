"""P6, the contenders: an order from the gateway while the kitchen hangs, the order alone straight from its service."""

from collections.abc import Iterator
from contextlib import contextmanager

from bench import shop
from bench.figures.gateway import sample
from bench.rounds import Contender

_SLOWEST_CALLS = 40  # more than it takes the breaker to open, one call's deadline each


@contextmanager
def contenders() -> Iterator[list[Contender]]:
    """Start gateway and services but the kitchen, and call until the breaker is open."""
    with shop.opened(hanging="kitchen") as ports:
        _open_breaker(ports[shop.GATEWAY])
        yield [
            Contender(name="ours", run=lambda: sample(ports[shop.GATEWAY], shop.PARTS["orders"])),
            Contender(name="limit", run=lambda: sample(ports["orders"], shop.PARTS["orders"])),
        ]


def _open_breaker(port: int) -> None:
    """Call one after the other until an order comes at once.

    Raises:
        TimeoutError: None ever did.
    """
    caller, path = shop.Caller(port), shop.PARTS["orders"]
    try:
        if all(caller.call(path) > 500 for _ in range(_SLOWEST_CALLS)):
            raise TimeoutError(f"after {_SLOWEST_CALLS} calls the gateway still waits for the kitchen")
    finally:
        caller.close()
