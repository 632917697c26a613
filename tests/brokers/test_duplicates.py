"""A duplicate of any message, published twice by hand, changes nothing: on every broker, with database and handlers."""

import time
from collections.abc import Callable, Iterator

import pytest

from postroad.brokers.memory import MemoryBroker
from postroad.composition import installed
from postroad.messaging.broker import Broker
from postroad.messaging.message import Outgoing
from postroad.messaging.models import DeadLetter, OutboxMessage, ProcessedMessage
from postroad.messaging.outbox.producer import unit_of_work
from postroad.messaging.outbox.table import PARTITIONS, take
from postroad.processes.consumers import QueueRunner
from postroad.sagas.models import SagaInstance, SagaStep
from postroad.sagas.orchestrator import start_saga
from tests.support.shop import Sale, Shop, sell

pytestmark = pytest.mark.django_db

PATIENCE_SECONDS = 20.0


@pytest.fixture(params=[pytest.param("memory"), pytest.param("rabbitmq", marks=pytest.mark.broker)])
def broker(request: pytest.FixtureRequest) -> Broker:
    if request.param == "memory":
        return MemoryBroker()
    return request.getfixturevalue("rabbitmq")


@pytest.fixture
def deliver(broker: Broker, shop: Shop) -> Iterator[Callable[[list[Outgoing], int], None]]:
    """Publish messages by hand, then handle until as many as expected have been marked as processed and it is quiet."""
    parts = installed()
    broker.declare(parts.topology)
    publisher, runner = broker.publisher(), QueueRunner(parts, broker, parts.queues)

    def deliver(messages: list[Outgoing], processed: int) -> None:
        publisher.publish(messages)
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            is_moving = runner.step(timeout_seconds=0.2, is_patient=False)
            if ProcessedMessage.objects.count() >= processed and not is_moving:
                return
        raise AssertionError(f"only {ProcessedMessage.objects.count()} of {processed} messages were processed")

    yield deliver
    runner.close()
    publisher.close()
    broker.close()


def sent() -> list[Outgoing]:
    """Take what waits in the outbox, as a relay does."""
    rows = take(range(PARTITIONS), maximum=100)
    OutboxMessage.objects.all().delete()
    return [row.outgoing() for row in rows]


def effects(shop: Shop) -> tuple[object, ...]:
    sagas = list(SagaInstance.objects.values_list("status", "step", "request_id"))
    return sorted(shop.done), sagas, SagaStep.objects.count(), DeadLetter.objects.count()


def test_every_message_of_a_saga_may_come_three_times(
    shop: Shop, deliver: Callable[[list[Outgoing], int], None], broker: Broker
) -> None:
    with unit_of_work():
        start_saga(sell, Sale(order_id=1))
    kinds: set[str] = set()
    processed = 0
    messages = sent()
    while messages:
        kinds |= {message.envelope.headers["kind"] for message in messages}
        processed += len(messages)
        deliver(messages, processed)
        first, following = effects(shop), sent()
        deliver([*messages, *messages], processed)

        assert effects(shop) == first
        assert sent() == []
        messages = following

    assert kinds == {"command", "event", "reply"}
    assert SagaInstance.objects.get().status == "COMPLETED"
    assert sorted(shop.done) == sorted(
        [("bake", 1), ("loaf_baked", 1), ("charge", 1), ("sweep", 1), ("receipt", 1), ("close_sale", 1)]
    )
