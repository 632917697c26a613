"""P4, the contenders: a call that the gateway forwards, the same call straight to the service."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version

from bench import shop
from bench.rounds import Contender

SAMPLES = 300  # a round
WARM_UP = 30  # calls before the first that counts

_SERVICE = "kitchen"


@contextmanager
def contenders() -> Iterator[list[Contender]]:
    """Start gateway and services, which serve both contenders."""
    path = shop.PARTS[_SERVICE]
    with shop.opened(clients=shop.CLIENTS) as ports:
        yield [
            Contender(name="ours", run=lambda: sample(ports[shop.GATEWAY], path)),
            Contender(name="limit", run=lambda: sample(ports[_SERVICE], path)),
            *peers(ports, path),
        ]


def peers(ports: Mapping[str, int], path: str) -> list[Contender]:
    """Return the gateways that call by another HTTP client than ours."""
    return [
        Contender(name=f"the same gateway with {name} {version(name)}", run=partial(sample, ports[name], path))
        for name in shop.CLIENTS
    ]


def sample(port: int, path: str) -> list[float]:
    """Call one address again and again; return the milliseconds of each call after the warm-up."""
    caller = shop.Caller(port)
    try:
        return [caller.call(path) for _ in range(WARM_UP + SAMPLES)][WARM_UP:]
    finally:
        caller.close()
