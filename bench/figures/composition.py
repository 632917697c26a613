"""P5, the contenders: an order of four parts from the gateway, the four parts straight from their services at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from bench import shop
from bench.figures.gateway import SAMPLES, WARM_UP, peers, sample
from bench.rounds import Contender


@contextmanager
def contenders() -> Iterator[list[Contender]]:
    """Start gateway and services, which serve both contenders."""
    with shop.opened(clients=shop.CLIENTS) as ports, ThreadPoolExecutor(len(shop.PARTS)) as threads:
        parts = {service: ports[service] for service in shop.PARTS}
        yield [
            Contender(name="ours", run=lambda: sample(ports[shop.GATEWAY], shop.PARTS["orders"])),
            Contender(name="limit", run=lambda: _sample_slowest(parts, threads)),
            *peers(ports, shop.PARTS["orders"]),
        ]


def _sample_slowest(ports: dict[str, int], threads: ThreadPoolExecutor) -> list[float]:
    """Ask all parts at once, again and again; return the milliseconds of the slowest of each time."""
    callers = {service: shop.Caller(port) for service, port in ports.items()}

    def call(service: str) -> float:
        return callers[service].call(shop.PARTS[service])

    try:
        return [max(threads.map(call, callers)) for _ in range(WARM_UP + SAMPLES)][WARM_UP:]
    finally:
        for caller in callers.values():
            caller.close()
