"""P4, the contenders: a call that the gateway forwards, the same call straight to the service."""

from collections.abc import Iterator
from contextlib import contextmanager

from bench import shop
from bench.rounds import Contender

SAMPLES = 300  # a round
WARM_UP = 30  # calls before the first that counts

_SERVICE = "kitchen"


@contextmanager
def contenders() -> Iterator[list[Contender]]:
    """Start gateway and services, which serve both contenders."""
    with shop.opened() as ports:
        yield [
            Contender(name="ours", run=lambda: _sample(ports[shop.GATEWAY])),
            Contender(name="limit", run=lambda: _sample(ports[_SERVICE])),
        ]


def _sample(port: int) -> list[float]:
    caller, path = shop.Caller(port), shop.PARTS[_SERVICE]
    try:
        return [caller.call(path) for _ in range(WARM_UP + SAMPLES)][WARM_UP:]
    finally:
        caller.close()
