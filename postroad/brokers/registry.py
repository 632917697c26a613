"""BROKER_URL → adapter."""

import difflib
from collections.abc import Callable

from postroad.brokers.memory import MemoryBroker
from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.errors import UnknownBroker
from postroad.messaging.broker import Broker

ADAPTERS: dict[str, Callable[[str], Broker]] = {
    "memory": lambda _: MemoryBroker(),
    "amqp": RabbitMQ,
    "amqps": RabbitMQ,
}


def broker_for(url: str) -> Broker:
    """Return a new broker object for a URL; it connects at first use.

    Raises:
        UnknownBroker: No adapter has its scheme; the text names the most similar one.
    """
    scheme = url.partition(":")[0].lower()
    if scheme in ADAPTERS:
        return ADAPTERS[scheme](url)
    near = difflib.get_close_matches(scheme, ADAPTERS, n=1)
    hint = f"did you mean {near[0]}://?" if near else f"known: {', '.join(f'{name}://' for name in ADAPTERS)}."
    raise UnknownBroker(f"BROKER_URL has the scheme {scheme!r}, for which there is no adapter; {hint}")
