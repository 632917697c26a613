"""RabbitMQ, outbox and relay together: a message that the broker never takes, in each of the ways it says so."""

import uuid
from collections.abc import Iterator

import pytest

from postroad.ids import new_id
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.models import OutboxMessage, OutboxState
from postroad.messaging.outbox import set_aside
from postroad.messaging.outbox import table as outbox
from postroad.messaging.outbox.relay import Relay
from postroad.messaging.outbox.table import Pending
from postroad.messaging.outbox.wakeup import BellWakeup
from postroad.testing.broker_stage import Stage

pytestmark = [pytest.mark.broker, pytest.mark.django_db]


@pytest.fixture
def relay(stage: Stage) -> Iterator[Relay]:
    relay = Relay(stage.broker.publisher(), BellWakeup(), is_durable=True)
    yield relay
    relay.close()


def store(stage: Stage, key: str, *, headers: dict[str, str] | None = None, queue: str = "") -> None:
    """Put a message into the outbox past the sender's limits, as a release without them did."""
    own = {"kind": "command", "partition-key": key, **(headers or {})}
    envelope = Envelope(id=new_id(), type="stage.Letter", body=key.encode()[:9], headers=own)
    outbox.store([Pending(Outgoing(address=Address(channel=queue or stage.queue), envelope=envelope))])


def drain(relay: Relay) -> None:
    while relay.run_once():
        pass


def states() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, state in OutboxMessage.objects.order_by("id").values_list("partition_key", "state"):
        found.setdefault(key[:9], []).append(OutboxState(state).name)
    return found


ODD = [{"a": "x" * 200_000}, {"CC": "text where the broker wants a list"}, {"n" * 300: ""}]


@pytest.mark.parametrize("headers", ODD, ids=["no frame holds it", "the broker ends the channel", "no short string"])
def test_an_impossible_message_waits_alone_with_its_key(stage: Stage, relay: Relay, headers: dict[str, str]) -> None:
    others = [f"key-{number}" for number in range(20)]
    store(stage, "odd", headers=headers)
    for key in [*others, "odd"]:
        store(stage, key)
    drain(relay)
    first = OutboxMessage.objects.order_by("id")[0]
    before = states()
    set_aside.discard(first.pk)
    drain(relay)

    arrived = [delivery.envelope.key for delivery in stage.rest(stage.receiver())]
    assert before == {"odd": ["SET_ASIDE", "BEHIND"]}
    assert set(arrived) == {*others, "odd"}
    assert states() == {}


def test_a_key_that_no_frame_holds_is_set_aside_and_others_flow(stage: Stage, relay: Relay) -> None:
    store(stage, "k" * 140_000)
    store(stage, "a")
    drain(relay)

    assert states() == {"k" * 9: ["SET_ASIDE"]}


def test_replies_to_a_queue_that_is_not_there_wait_and_others_flow(stage: Stage, relay: Relay) -> None:
    store(stage, "a", queue=f"amq.gen-{uuid.uuid4().hex}")
    store(stage, "a")
    drain(relay)

    assert states() == {"a": ["HELD"]}
    assert [delivery.envelope.key for delivery in stage.rest(stage.receiver())] == ["a"]
