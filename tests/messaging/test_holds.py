"""Destinations that do not take messages: held, tried again, and let go in order; delayed messages; any answers of the broker."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from postroad.commands.sender import send
from postroad.ids import new_id
from postroad.messaging.broker import PublishResult
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.models import OutboxHold, OutboxMessage, OutboxState
from postroad.messaging.outbox import holds, set_aside
from postroad.messaging.outbox.producer import put, unit_of_work
from postroad.messaging.outbox.relay import Relay
from postroad.messaging.outbox.wakeup import BellWakeup
from tests.support.publishers import ObedientPublisher
from tests.support.relaying import answer, bake, drain, first, later, loaves_sent, publisher, relay, states
from tests.support.shop import Bake, Charge

__all__ = ["publisher", "relay"]

pytestmark = pytest.mark.django_db


def test_what_was_held_flows_in_order_and_new_messages_follow_it(
    relay: Relay, publisher: ObedientPublisher, settings: Settings
) -> None:
    settings.POSTROAD = {"RELAY_BATCH_ROWS": 4}
    publisher.judge = lambda _: PublishResult.REFUSED
    bake(7, loaves=1)
    drain(relay)
    for loaves in range(2, 30):
        bake(7, loaves=loaves)
        relay.run_once()
    held = {state for _, state in states()}
    publisher.judge = lambda _: PublishResult.CONFIRMED
    publisher.batches.clear()
    later(60)
    for loaves in range(30, 40):
        relay.run_once()
        bake(7, loaves=loaves)
    drain(relay)

    assert held == {"HELD"}
    assert loaves_sent(publisher, "7") == list(range(1, 40))
    assert (states(), OutboxHold.objects.count()) == ([], 0)


def test_a_held_message_does_not_overtake_one_of_its_key_that_is_set_aside(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    publisher.judge = lambda _: PublishResult.REFUSED
    bake(7, 7, 7)
    drain(relay)
    publisher.judge = lambda _: PublishResult.IMPOSSIBLE
    later(60)
    relay.run_once()
    publisher.judge = lambda _: PublishResult.CONFIRMED
    publisher.batches.clear()
    for _ in range(5):
        later(60)
        drain(relay)

    assert publisher.keys == []
    assert states() == [("7", "SET_ASIDE"), ("7", "BEHIND"), ("7", "BEHIND")]


def test_a_message_that_breaks_the_connection_holds_up_only_its_own_destination(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    def judge_batch(batch: list[Outgoing]) -> list[PublishResult]:
        """Lose the connection at the culprit: what comes before it is confirmed."""
        results, is_lost = [], False
        for sent in batch:
            is_lost = is_lost or sent.address.channel == "till"
            results.append(PublishResult.UNKNOWN if is_lost else PublishResult.CONFIRMED)
        return results

    publisher.publish = lambda batch: judge_batch(list(batch))  # type: ignore[method-assign]
    with unit_of_work():
        send(Charge(order_id=1))
    bake(*range(1, 30))
    for _ in range(60):
        relay.run_once()

    assert states() == [("1", "HELD")]
    assert first().error == "unknown"


def test_a_relay_that_starts_tries_again_what_is_held_even_without_its_hold(publisher: ObedientPublisher) -> None:
    bake(7, 7)
    holds.move(list(OutboxMessage.objects.values_list("pk", flat=True)), OutboxState.HELD)

    drain(Relay(publisher, BellWakeup(), is_durable=True))

    assert publisher.keys == ["7", "7"]


@pytest.mark.parametrize("is_durable", [True, False])
def test_a_broker_that_forgets_sets_aside_and_holds_as_well(publisher: ObedientPublisher, *, is_durable: bool) -> None:
    relay = Relay(publisher, BellWakeup(), is_durable=is_durable)
    publisher.judge = lambda sent: (
        PublishResult.UNROUTABLE if sent.address.channel == "gone" else PublishResult.CONFIRMED
    )
    answer("gone", key="a")
    bake(1, 2, 3)
    for _ in range(12):
        drain(relay)
        later(60)

    assert states() == [("a", "SET_ASIDE")]


def test_delayed_messages_leave_when_their_delay_is_over_those_due_first(
    relay: Relay, publisher: ObedientPublisher, settings: Settings
) -> None:
    settings.POSTROAD = {"RELAY_BATCH_ROWS": 2}
    with unit_of_work():
        for loaves, delay in ((3, 300), (1, 100), (2, 200), (4, 86_400)):
            send(Bake(order_id=7, loaves=loaves), delay_seconds=delay)
    drain(relay)
    before = publisher.keys
    for _ in range(3):
        OutboxMessage.objects.update(available_at=F("available_at") - timedelta(seconds=100.5))
        drain(relay)

    assert before == []
    assert loaves_sent(publisher, "7") == [1, 2, 3]
    assert states() == [("7", "DELAYED")]


def test_a_delayed_message_of_the_release_before_waits_for_its_time(relay: Relay, publisher: ObedientPublisher) -> None:
    with unit_of_work():
        send(Bake(order_id=7), delay_seconds=3600)
    OutboxMessage.objects.update(state=OutboxState.READY)

    drain(relay)

    assert (publisher.keys, states()) == ([], [("7", "READY")])


FATES = [
    *[PublishResult.CONFIRMED] * 4,
    PublishResult.REFUSED,
    PublishResult.UNROUTABLE,
    PublishResult.UNKNOWN,
    PublishResult.IMPOSSIBLE,
]


@settings(max_examples=60, deadline=None, database=None)
@given(st.integers(0, 2**32))
def test_whatever_the_broker_answers_nothing_is_lost_and_every_key_keeps_its_order(seed: int) -> None:
    chance = random.Random(seed)
    OutboxMessage.objects.all().delete()
    OutboxHold.objects.all().delete()
    confirmed: dict[str, list[int]] = {}

    class Moody(ObedientPublisher):
        def publish(self, batch: Any) -> list[PublishResult]:
            """Answer as a broker does: at one moment one result for a channel; after an impossible one its key is behind."""
            moods = {channel: chance.choice(FATES) for channel in ("bakery", "gone")}
            results, stuck = [], set()
            for sent in batch:
                mood, place = moods[sent.address.channel], (sent.address.channel, sent.envelope.key)
                if mood is PublishResult.IMPOSSIBLE and place in stuck:
                    mood = PublishResult.BEHIND
                stuck.add(place)
                if mood is PublishResult.CONFIRMED:
                    confirmed.setdefault(str(place), []).append(int(sent.envelope.headers["number"]))
                results.append(mood)
            return results

    relay = Relay(Moody(), BellWakeup(), is_durable=True)
    for number in range(chance.randint(5, 25)):
        with unit_of_work():
            key, channel = chance.choice("ab"), chance.choice(["bakery", "gone"])
            headers = {"kind": "command", "partition-key": key, "number": str(number)}
            envelope = Envelope(id=new_id(), type="x.Y", body=b"{}", headers=headers)
            route = "0" if channel == "bakery" else ""
            put(Outgoing(address=Address(channel=channel, route=route), envelope=envelope))
        relay.run_once()
        later(chance.choice([0, 1, 60]))
        if chance.randint(0, 4) == 0 and (
            waiting := OutboxMessage.objects.filter(state=OutboxState.SET_ASIDE).order_by("id").first()
        ):
            set_aside.retry(waiting.pk)
    left = OutboxMessage.objects.order_by("id")

    sent = sorted(number for numbers in confirmed.values() for number in set(numbers))
    assert sorted([*sent, *(int(row.headers["number"]) for row in left)]) == list(range(number + 1))
    assert all(numbers == sorted(numbers) for numbers in confirmed.values())
