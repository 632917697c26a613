import pytest
from django.db import transaction

from postroad.commands.sender import send
from postroad.errors import OutsideTransaction
from postroad.events.publisher import publish
from postroad.messaging.models import OutboxMessage
from postroad.messaging.outbox.producer import unit_of_work
from tests.support.shop import Bake, LoafBaked


def send_and_fail(order: int) -> None:
    send(Bake(order_id=order))
    raise ZeroDivisionError


@pytest.mark.django_db(transaction=True)
def test_a_send_outside_a_transaction_is_refused_with_the_way_out() -> None:
    with pytest.raises(OutsideTransaction, match=r"bakery.Bake was sent outside.*unit_of_work"):
        send(Bake(order_id=1))

    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db
def test_a_rolled_back_unit_of_work_sends_nothing() -> None:
    with pytest.raises(ZeroDivisionError), unit_of_work():
        send_and_fail(1)

    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db
def test_a_rolled_back_savepoint_takes_its_messages_with_it() -> None:
    with unit_of_work():
        send(Bake(order_id=1))
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            send_and_fail(2)
        with unit_of_work():
            send(Bake(order_id=3))

    assert list(OutboxMessage.objects.order_by("id").values_list("partition_key", flat=True)) == ["1", "3"]


@pytest.mark.django_db
def test_in_a_plain_transaction_a_message_is_stored_at_once() -> None:
    with transaction.atomic():
        send(Bake(order_id=1))
        assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db
def test_messages_are_stored_in_the_order_they_were_sent_with_all_they_carry() -> None:
    with unit_of_work():
        first = send(Bake(order_id=1, loaves=2), reply_to="counter.replies.0", headers={"saga-id": "s"})
        second = publish(LoafBaked(order_id=1, loaves=2))

    rows = list(OutboxMessage.objects.order_by("id"))
    assert [str(row.message_id) for row in rows] == [first, second]
    assert [row.type for row in rows] == ["bakery.Bake", "bakery.LoafBaked"]
    assert [(row.channel, row.route) for row in rows] == [("bakery", "3"), ("bakery.Loaf", "3.bakery.LoafBaked")]
    assert rows[0].headers == {"kind": "command", "version": "1.0", "partition-key": "1", "saga-id": "s"}
    assert rows[1].headers == {
        "kind": "event",
        "version": "1.0",
        "partition-key": "1",
        "aggregate-type": "bakery.Loaf",
        "aggregate-id": "1",
    }
    assert (bytes(rows[0].body), rows[0].reply_to) == (b'{"orderId":1,"loaves":2}', "counter.replies.0")
    assert rows[0].lane == rows[1].lane


@pytest.mark.django_db
def test_more_messages_than_one_statement_of_sqlite_takes_are_all_stored() -> None:
    with unit_of_work():
        for number in range(1, 1202):
            send(Bake(order_id=number))

    keys = OutboxMessage.objects.order_by("id").values_list("partition_key", flat=True)
    assert list(keys) == [str(number) for number in range(1, 1202)]
