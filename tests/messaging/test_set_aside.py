"""Messages that cannot be sent: set aside with their key, while all others flow; retried in their place, or discarded."""

import logging

import pytest
from pytest_django import Settings

from postroad.commands.sender import send
from postroad.messaging.broker import PublishResult
from postroad.messaging.models import OutboxHold, OutboxMessage, OutboxState
from postroad.messaging.outbox import holds, set_aside
from postroad.messaging.outbox.producer import unit_of_work
from postroad.messaging.outbox.relay import Relay
from postroad.messaging.outbox.wakeup import BellWakeup
from tests.support.publishers import ObedientPublisher
from tests.support.relaying import answer, bake, drain, first, later, loaves_sent, publisher, relay, states, too_large
from tests.support.shop import Charge

__all__ = ["publisher", "relay"]

pytestmark = pytest.mark.django_db


def test_an_impossible_message_is_set_aside_and_every_other_key_of_its_shard_flows(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    publisher.judge = too_large(99)
    bake(7, loaves=99)
    bake(*range(1, 60))

    drain(relay)
    bake(*range(1, 60))
    drain(relay)

    assert states() == [("7", "SET_ASIDE"), ("7", "BEHIND")]
    assert first().error == "impossible"
    assert len(publisher.keys) == 1 + 59 + 58


def test_later_messages_of_its_key_wait_behind_it_and_its_retry_brings_all_back_in_order(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    publisher.judge = too_large(2)
    bake(7, loaves=1)
    bake(7, loaves=2)
    drain(relay)
    bake(7, loaves=3)
    drain(relay)
    bake(7, loaves=4)
    drain(relay)
    before = states()
    publisher.judge = lambda _: PublishResult.CONFIRMED
    publisher.batches.clear()

    report = set_aside.retry(first().pk)
    bake(7, loaves=5)
    drain(relay)

    assert before == [("7", "SET_ASIDE"), ("7", "BEHIND"), ("7", "BEHIND")]
    assert (report.is_done, "2 more of its key" in report.text) == (True, True)
    assert loaves_sent(publisher, "7") == [2, 3, 4, 5]
    assert states() == []


def test_a_retry_that_fails_again_sets_the_message_aside_again(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = too_large(2)
    bake(7, loaves=2)
    drain(relay)
    bake(7, loaves=3)
    drain(relay)

    set_aside.retry(first().pk)
    relay.run_once()
    publisher.batches.clear()
    drain(relay)

    assert states()[0] == ("7", "SET_ASIDE")
    assert publisher.keys == []


def test_a_discard_frees_its_key(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = too_large(2)
    bake(7, loaves=2)
    drain(relay)
    bake(7, loaves=3)
    drain(relay)

    report = set_aside.discard(first().pk)
    drain(relay)

    assert "1 behind it go on" in report.text
    assert loaves_sent(publisher, "7")[-1] == 3
    assert states() == []


def test_of_two_set_aside_of_one_key_the_discard_of_the_first_frees_nothing(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    bake(7, loaves=1)
    bake(7, loaves=2)
    bake(7, loaves=3)
    ids = list(OutboxMessage.objects.order_by("id").values_list("pk", flat=True))
    holds.move(ids[:2], OutboxState.SET_ASIDE)
    holds.move(ids[2:], OutboxState.BEHIND)

    set_aside.discard(ids[0])
    drain(relay)

    assert states() == [("7", "SET_ASIDE"), ("7", "BEHIND")]


def test_the_same_key_of_another_channel_does_not_wait(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = too_large(2)
    bake(7, loaves=2)
    drain(relay)
    with unit_of_work():
        send(Charge(order_id=7))
    drain(relay)

    assert states() == [("7", "SET_ASIDE")]


def test_a_message_without_key_is_set_aside_alone(relay: Relay, publisher: ObedientPublisher) -> None:
    answer("client.a", key="")
    publisher.judge = lambda _: PublishResult.IMPOSSIBLE
    drain(relay)
    publisher.judge = lambda _: PublishResult.CONFIRMED
    answer("client.a", key="")
    drain(relay)

    assert states() == [("", "SET_ASIDE")]


def test_keys_of_70_kilobytes_that_differ_at_the_end_do_not_wait_for_each_other(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    key = "k" * 70_000
    answer("client.a", key=f"{key}1")
    publisher.judge = lambda _: PublishResult.IMPOSSIBLE
    drain(relay)
    publisher.judge = lambda _: PublishResult.CONFIRMED
    answer("client.a", key=f"{key}1")
    answer("client.a", key=f"{key}2")
    drain(relay)

    assert [(row[0][-1], row[1]) for row in states()] == [("1", "SET_ASIDE"), ("1", "BEHIND")]
    assert set_aside.retry(first().pk).is_done
    drain(relay)
    assert states() == []


def test_a_broker_that_is_away_sets_nothing_aside(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = lambda _: PublishResult.UNKNOWN
    bake(1, 2, 3)
    answer("client.a")
    for _ in range(100):
        relay.run_once()
        later(60)
    waiting = {state for _, state in states()}
    publisher.judge = lambda _: PublishResult.CONFIRMED
    later(60)
    drain(relay)

    assert waiting <= {"READY", "HELD"}
    assert states() == []


def test_a_full_queue_sets_nothing_aside(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = lambda _: PublishResult.REFUSED
    bake(7, loaves=1)
    answer("client.a")
    for _ in range(50):
        drain(relay)
        later(60)

    assert {state for _, state in states()} == {"HELD"}


def test_commands_to_a_service_that_is_not_there_are_never_set_aside(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    publisher.judge = lambda _: PublishResult.UNROUTABLE
    bake(7, loaves=1)
    for _ in range(50):
        drain(relay)
        later(60)

    assert states() == [("7", "HELD")]


def test_replies_to_a_queue_that_does_not_exist_are_set_aside_after_a_number_of_attempts(
    publisher: ObedientPublisher, settings: Settings
) -> None:
    settings.POSTROAD = {"RELAY_ATTEMPTS": 3}
    relay = Relay(publisher, BellWakeup(), is_durable=True)
    publisher.judge = lambda sent: (
        PublishResult.UNROUTABLE if sent.address.channel == "gone" else PublishResult.CONFIRMED
    )
    for number in range(10):
        answer("gone", key=f"s{number}")
    for _ in range(12):
        drain(relay)
        later(60)
    tried = len([one for one in publisher.keys if one])
    answer("here")
    drain(relay)

    assert {state for _, state in states()} == {"SET_ASIDE"}
    assert len(states()) == 10
    assert tried < 60
    assert OutboxHold.objects.count() == 0


def test_replies_to_many_queues_that_do_not_exist_end_set_aside_and_are_logged_once_a_minute(
    publisher: ObedientPublisher, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.POSTROAD = {"RELAY_ATTEMPTS": 2}
    relay = Relay(publisher, BellWakeup(), is_durable=True)
    publisher.judge = lambda _: PublishResult.UNROUTABLE
    for number in range(120):
        answer(f"amq.gen-{number}", key=f"s{number}")
    with caplog.at_level(logging.WARNING):
        for _ in range(40):
            drain(relay)
            later(60)

    assert {state for _, state in states()} == {"SET_ASIDE"}
    assert len(caplog.records) == 2  # one that the destinations fail, one that messages were set aside


def test_a_held_message_is_tried_at_once_when_a_person_asks(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = lambda _: PublishResult.REFUSED
    bake(7)
    drain(relay)
    publisher.judge = lambda _: PublishResult.CONFIRMED

    report = set_aside.retry(first().pk)
    drain(relay)

    assert report.is_done
    assert states() == []


def test_nothing_is_done_to_a_message_that_only_waits_for_the_relay_or_is_gone(relay: Relay) -> None:
    bake(7)
    pk = first().pk

    reports = [set_aside.retry(pk), set_aside.discard(pk), set_aside.retry(pk + 1), set_aside.discard(pk + 1)]

    assert [report.is_done for report in reports] == [False] * 4
    assert states() == [("7", "READY")]
