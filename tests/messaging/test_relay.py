from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from postroad.commands.sender import send
from postroad.events.publisher import publish
from postroad.messaging.broker import PublishResult
from postroad.messaging.message import Outgoing
from postroad.messaging.models import OutboxHold, OutboxMessage
from postroad.messaging.outbox.producer import unit_of_work
from postroad.messaging.outbox.relay import Relay
from postroad.messaging.outbox.wakeup import BellWakeup
from tests.support.publishers import ObedientPublisher
from tests.support.shop import Bake, Charge, LoafBaked

pytestmark = pytest.mark.django_db


@pytest.fixture
def publisher() -> ObedientPublisher:
    return ObedientPublisher()


@pytest.fixture
def relay(publisher: ObedientPublisher) -> Relay:
    return Relay(publisher, BellWakeup(), is_durable=True)


def later(seconds: float) -> None:
    """Let time pass for the destinations that wait."""
    OutboxHold.objects.update(retry_at=F("retry_at") - timedelta(seconds=seconds))


def bake(*orders: int) -> None:
    with unit_of_work():
        for order in orders:
            send(Bake(order_id=order))


def drain(relay: Relay) -> None:
    while relay.run_once():
        pass


def waiting() -> list[tuple[str, int, str]]:
    return list(OutboxMessage.objects.order_by("id").values_list("partition_key", "attempts", "error"))


def test_confirmed_rows_are_gone(relay: Relay, publisher: ObedientPublisher) -> None:
    bake(1, 2, 3)

    drain(relay)

    assert sorted(publisher.keys) == ["1", "2", "3"]
    assert waiting() == []


def test_a_message_leaves_as_it_was_sent(relay: Relay, publisher: ObedientPublisher) -> None:
    with unit_of_work():
        message_id = send(Bake(order_id=5), reply_to="counter.replies.1", headers={"saga-id": "é"})

    drain(relay)

    ((sent,),) = publisher.batches
    envelope = sent.envelope
    assert (sent.address.channel, sent.address.route) == ("bakery", "2")
    assert (envelope.id, envelope.type, envelope.reply_to) == (message_id, "bakery.Bake", "counter.replies.1")
    assert envelope.headers["saga-id"] == "é"
    assert envelope.body == b'{"orderId":5,"loaves":1}'
    assert envelope.sent_at > 1_700_000_000


def test_messages_of_one_key_leave_in_the_order_they_were_sent(relay: Relay, publisher: ObedientPublisher) -> None:
    for loaves in range(1, 40):
        with unit_of_work():
            send(Bake(order_id=7, loaves=loaves))

    drain(relay)

    bodies = [sent.envelope.body for batch in publisher.batches for sent in batch]
    assert bodies == [b'{"orderId":7,"loaves":%d}' % loaves for loaves in range(1, 40)]


def test_a_batch_is_never_larger_than_the_setting(publisher: ObedientPublisher, settings: Any) -> None:
    settings.POSTROAD = {"RELAY_BATCH_ROWS": 3}
    bake(*[7] * 10)

    drain(Relay(publisher, BellWakeup(), is_durable=True))

    assert [len(batch) for batch in publisher.batches] == [3, 3, 3, 1]


@pytest.mark.parametrize("result", [PublishResult.UNROUTABLE, PublishResult.REFUSED])
def test_a_message_that_is_not_taken_stays_with_the_reason_and_the_others_flow(
    relay: Relay, publisher: ObedientPublisher, result: PublishResult
) -> None:
    publisher.judge = lambda sent: result if sent.address.channel == "till" else PublishResult.CONFIRMED
    with unit_of_work():
        send(Charge(order_id=1))
        send(Bake(order_id=1))
        publish(LoafBaked(order_id=1, loaves=1))

    drain(relay)

    assert waiting() == [("1", 1, result.value)]


def test_a_failing_destination_is_left_alone_until_its_delay_is_over(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    publisher.judge = lambda _: PublishResult.UNROUTABLE
    bake(1)
    drain(relay)
    tried_at_once = len(publisher.batches)
    drain(relay)
    tried_again = len(publisher.batches)
    later(0.6)
    publisher.judge = lambda _: PublishResult.CONFIRMED

    drain(relay)

    assert (tried_at_once, tried_again) == (1, 1)
    assert waiting() == []


def test_the_first_message_after_a_delay_goes_alone_so_that_none_overtakes_it(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    publisher.judge = lambda _: PublishResult.UNROUTABLE
    bake(7, 7, 7)
    drain(relay)
    publisher.batches.clear()
    later(0.6)
    publisher.judge = lambda _: PublishResult.CONFIRMED

    drain(relay)

    assert [len(batch) for batch in publisher.batches] == [1, 2]


def test_delays_of_a_failing_destination_grow(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = lambda _: PublishResult.UNROUTABLE
    bake(1)
    for _ in range(400):
        relay.run_once()
        later(0.1)

    assert 6 <= len(publisher.batches) <= 8


def test_when_the_broker_is_away_nothing_is_lost_or_blamed(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = lambda _: PublishResult.UNKNOWN
    bake(1, 2, 3, 4)
    drain(relay)
    publisher.judge = lambda _: PublishResult.CONFIRMED
    blamed = [row for row in waiting() if row[1]]

    drain(relay)

    assert blamed == []
    assert waiting() == []


def test_a_destination_that_never_confirms_does_not_hold_the_others(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = lambda sent: PublishResult.UNKNOWN if sent.address.channel == "till" else PublishResult.CONFIRMED
    with unit_of_work():
        send(Charge(order_id=1))
        send(Bake(order_id=1))
    drain(relay)
    bake(1)
    drain(relay)

    assert [row[0] for row in waiting()] == ["1"]
    assert waiting()[0][2] == "unknown"


def test_a_crash_between_confirm_and_commit_sends_the_batch_again(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.crash = RuntimeError("killed")
    bake(1, 2)
    with pytest.raises(RuntimeError):
        drain(relay)
    publisher.crash = None

    drain(relay)

    assert sorted(publisher.keys[-2:]) == ["1", "2"]
    assert waiting() == []


def test_a_delayed_message_waits_for_its_time(relay: Relay, publisher: ObedientPublisher) -> None:
    with unit_of_work():
        send(Bake(order_id=1), delay_seconds=3600)
        send(Bake(order_id=2))

    drain(relay)

    assert publisher.keys == ["2"]
    assert [row[0] for row in waiting()] == ["1"]


def test_a_delayed_message_was_sent_when_its_delay_was_over(relay: Relay, publisher: ObedientPublisher) -> None:
    bake(1)
    OutboxMessage.objects.update(
        available_at=datetime(2026, 1, 1, tzinfo=UTC), created_at=datetime(2025, 1, 1, tzinfo=UTC)
    )

    drain(relay)

    ((sent,),) = publisher.batches
    assert sent.envelope.sent_at == datetime(2026, 1, 1, tzinfo=UTC).timestamp()


def test_a_destination_that_failed_only_for_one_relay_is_tried_by_the_next(publisher: ObedientPublisher) -> None:
    publisher.judge = lambda _: PublishResult.UNROUTABLE
    bake(1)
    drain(Relay(publisher, BellWakeup(), is_durable=True))
    publisher.judge = lambda _: PublishResult.CONFIRMED

    drain(Relay(publisher, BellWakeup(), is_durable=True))

    assert waiting() == []


def test_statements_of_a_batch_are_counted(
    relay: Relay, publisher: ObedientPublisher, django_assert_num_queries: Any
) -> None:
    drain(relay)  # the first look makes the lanes
    bake(*[1] * 200)

    with django_assert_num_queries(2 + 1 + 2):  # lanes and rows, one delete, and the test's savepoint around them
        relay.run_once()

    assert len(publisher.keys) == 200


def test_an_idle_look_is_one_statement(relay: Relay, django_assert_num_queries: Any) -> None:
    drain(relay)

    with django_assert_num_queries(1 + 2):
        relay.run_once()


def judge_once(result: PublishResult) -> Any:
    """Return a judge that gives the first message `result` and confirms the rest."""
    given: list[Outgoing] = []

    def judge(sent: Outgoing) -> PublishResult:
        given.append(sent)
        return result if len(given) == 1 else PublishResult.CONFIRMED

    return judge


def test_of_one_batch_exactly_the_confirmed_rows_are_deleted(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = judge_once(PublishResult.REFUSED)
    bake(7, 7, 7)

    relay.run_once()

    assert waiting() == [("7", 1, "refused")]


def test_headers_written_by_hand_do_not_end_the_relay(relay: Relay, publisher: ObedientPublisher) -> None:
    bake(1)
    OutboxMessage.objects.update(headers={"kind": "command", "number": 5, "partition-key": "1"})

    drain(relay)

    ((sent,),) = publisher.batches
    assert sent.envelope.headers == {"kind": "command", "number": "5", "partition-key": "1"}
