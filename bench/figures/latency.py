"""P3, the contenders: our relay and worker when idle, a relay that polls, the broker alone."""

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from bench import processes, stage
from bench.bank.messages import Note
from bench.bank.models import Arrival
from bench.rivals.polling_relay import POLL_SECONDS
from bench.rounds import Contender
from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.codecs.names import key_of
from postroad.codecs.registry import JSON
from postroad.commands.messages import command_description
from postroad.commands.sender import send
from postroad.ids import new_id
from postroad.messaging.broker import PublishResult
from postroad.messaging.message import Envelope, Outgoing
from postroad.messaging.outbox.producer import unit_of_work

_SAMPLES = 40  # a round
_SAMPLES_OF_POLLING = 10
_WARM_UP = 5  # messages before the first that counts
_PAUSE_SECONDS = (0.05, 0.2)
_PAUSE_SECONDS_OF_POLLING = (0.3, 1.3)  # around its period, so that every phase of it is met
_PATIENCE_SECONDS = 30.0

_numbers = count(1)
_pauses = random.Random(1)  # noqa: S311 - no secret: the same pauses every time


@contextmanager
def contenders() -> Iterator[list[Contender]]:
    """Start the worker, which serves all of them; relays run during their own turns."""
    stage.purge_channels()
    stage.execute("TRUNCATE postroad_outbox, postroad_processed_message")
    stage.settle()
    with processes.running(*processes.our_worker()) as worker, _straight() as publish:
        worker.wait_until(lambda: _sees(publish), seconds=_PATIENCE_SECONDS)
        peer = f"The same relay, polling each {POLL_SECONDS:g} s"
        yield [
            Contender(name="ours", run=lambda: _with_relay("-m", "django", "relay")),
            Contender(name="limit", run=lambda: _sample(publish, _SAMPLES, _PAUSE_SECONDS)),
            Contender(name=peer, run=lambda: _with_relay("-m", "bench.rivals.polling_relay", is_polling=True)),
        ]


def _with_relay(*command: str, is_polling: bool = False) -> list[float]:
    with processes.running(*command) as relay:
        relay.wait_until(lambda: _sees(_commit), seconds=_PATIENCE_SECONDS)
        if is_polling:
            return _sample(_commit, _SAMPLES_OF_POLLING, _PAUSE_SECONDS_OF_POLLING)
        return _sample(_commit, _SAMPLES, _PAUSE_SECONDS)


def _sees(begin: Callable[[int], float]) -> bool:
    """Send one message; return whether it was handled within a moment."""
    number = next(_numbers)
    begin(number)
    deadline = time.monotonic() + 2 * POLL_SECONDS
    while time.monotonic() < deadline:
        if Arrival.objects.filter(number=number).exists():
            return True
        time.sleep(0.02)
    return False


def _sample(begin: Callable[[int], float], samples: int, pauses: tuple[float, float]) -> list[float]:
    """Send messages one by one; return the milliseconds from each one's beginning to its handler."""
    for _ in range(_WARM_UP if samples == _SAMPLES else 1):
        begin(next(_numbers))
        time.sleep(_pauses.uniform(*pauses))
    began: dict[int, float] = {}
    for _ in range(samples):
        number = next(_numbers)
        began[number] = begin(number)
        time.sleep(_pauses.uniform(*pauses))
    seen = _arrivals(began)
    return [(seen[number] - moment) * 1000 for number, moment in began.items()]


def _arrivals(began: dict[int, float]) -> dict[int, float]:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = dict(Arrival.objects.filter(number__in=began).values_list("number", "monotonic_seconds"))
        if len(found) == len(began):
            return found
        time.sleep(0.1)
    raise processes.Failed(f"messages were not handled within {_PATIENCE_SECONDS:g} s")


def _commit(number: int) -> float:
    """Send with a transaction; return the moment after its commit."""
    with unit_of_work():
        send(Note(number=number))
    return time.monotonic()


@contextmanager
def _straight() -> Iterator[Callable[[int], float]]:
    """Open a publisher that uses no outbox; what it gives returns the moment before each publish."""
    publisher = RabbitMQ(os.environ["BROKER_URL"]).publisher()

    def publish(number: int) -> float:
        outgoing = _outgoing(number)
        began = time.monotonic()
        (result,) = publisher.publish([outgoing])
        if result is not PublishResult.CONFIRMED:
            raise processes.Failed(f"the broker did not take a message: {result}")
        return began

    try:
        yield publish
    finally:
        publisher.close()


def _outgoing(number: int) -> Outgoing:
    note = Note(number=number)
    description, key = command_description(Note), key_of(note)
    envelope = Envelope(
        id=new_id(),
        type=description.name,
        body=JSON.encode(note),
        app_id="bench_client",
        sent_at=int(time.time()),
        headers={"kind": "command", "version": "1.0", "partition-key": key},
    )
    return Outgoing(address=description.channel.address(key), envelope=envelope)
