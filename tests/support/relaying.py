"""A relay in a test's own hands: what is sent, held and set aside, step by step."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from postroad import send, unit_of_work
from postroad.ids import new_id
from postroad.messaging.broker import PublishResult
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.models import OutboxHold, OutboxMessage, OutboxState
from postroad.messaging.outbox.producer import put
from postroad.messaging.outbox.relay import Relay
from postroad.messaging.outbox.wakeup import BellWakeup
from tests.support.publishers import ObedientPublisher
from tests.support.shop import Bake


@pytest.fixture
def publisher() -> ObedientPublisher:
    return ObedientPublisher()


@pytest.fixture
def relay(publisher: ObedientPublisher) -> Relay:
    return Relay(publisher, BellWakeup(), is_durable=True)


def bake(*orders: int, loaves: int = 1) -> None:
    with unit_of_work():
        for order in orders:
            send(Bake(order_id=order, loaves=loaves))


def answer(queue: str, *, key: str = "s") -> None:
    envelope = Envelope(id=new_id(), type="x.Y", body=b"{}", headers={"kind": "reply", "partition-key": key})
    with unit_of_work():
        put(Outgoing(address=Address(channel=queue), envelope=envelope))


def drain(relay: Relay) -> None:
    while relay.run_once():
        pass


def later(seconds: float) -> None:
    OutboxHold.objects.update(retry_at=F("retry_at") - timedelta(seconds=seconds))


def states() -> list[tuple[str, str]]:
    rows = OutboxMessage.objects.order_by("id")
    return [(row.partition_key, OutboxState(row.state).name) for row in rows]


def first(**wanted: Any) -> OutboxMessage:
    return OutboxMessage.objects.filter(**wanted).order_by("id")[0]


def loaves_sent(publisher: ObedientPublisher, key: str) -> list[int]:
    sent = itertools.chain.from_iterable(publisher.batches)
    return [int(one.envelope.body.split(b'"loaves":')[1][:-1]) for one in sent if one.envelope.key == key]


def too_large(loaves: int) -> Callable[[Outgoing], PublishResult]:
    """Return a judge to whom commands for so many loaves are impossible."""
    return lambda sent: (
        PublishResult.IMPOSSIBLE if b'"loaves":%d}' % loaves in sent.envelope.body else PublishResult.CONFIRMED
    )
