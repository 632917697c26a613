"""`deliver` and `sent`: what users' tests ask about one message."""

import pytest

from postroad import Done, Rejected, unit_of_work
from postroad.codecs.types import Message
from postroad.commands.messages import command
from postroad.errors import MisconfiguredError
from postroad.messaging.models import OutboxMessage
from postroad.sagas.orchestrator import start_saga
from postroad.testing import deliver, sent
from tests.support.shop import BAKERY, Bake, Baked, Charge, Declined, LoafBaked, Refused, Sale, Shop, Sweep, sell

pytestmark = pytest.mark.django_db


@command("bakery.Paint", on=BAKERY, key="order_id", replies=(Done,))
class Paint(Message):
    order_id: int


def test_a_command_is_handled_and_its_reply_returned(shop: Shop) -> None:
    assert deliver(Bake(order_id=7, loaves=2)) == Baked(loaves=2)
    assert shop.done == [("bake", 7)]
    assert sent(LoafBaked) == [LoafBaked(order_id=7, loaves=2)]


def test_a_refusal_is_returned_and_what_the_handler_did_is_undone(shop: Shop) -> None:
    shop.refusals["bake"] = {7}

    assert deliver(Bake(order_id=7)) == Refused(reason="no bake")
    assert sent(LoafBaked) == []


def test_a_notification_has_no_reply(shop: Shop) -> None:
    assert deliver(Sweep(order_id=7)) is None
    assert shop.done == [("sweep", 7)]


def test_an_event_goes_to_every_subscriber(shop: Shop) -> None:
    assert deliver(LoafBaked(order_id=7, loaves=1)) is None
    assert shop.done == [("loaf_baked", 7)]


def test_a_duplicate_changes_nothing(shop: Shop) -> None:
    first, second = (deliver(Charge(order_id=7), message_id="m1") for _ in range(2))

    assert (first, second) == (Done(), None)
    assert shop.done == [("charge", 7)]


def test_a_handler_that_fails_raises_and_leaves_nothing(shop: Shop) -> None:
    shop.failures = {7}

    with pytest.raises(ValueError, match="cannot bake for 7"):
        deliver(Bake(order_id=7))
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(("message", "service"), [(Paint(order_id=7), ""), (Bake(order_id=7), "till")])
def test_a_message_that_no_handler_takes_is_named(shop: Shop, message: Message, service: str) -> None:
    with pytest.raises(MisconfiguredError, match=r"no handler takes bakery\.\w+ here \(services: .*till.*\); list it"):
        deliver(message, service=service)


def test_the_reply_is_not_left_in_the_outbox(shop: Shop) -> None:
    deliver(Charge(order_id=7))

    assert not OutboxMessage.objects.exists()


def test_what_was_sent_is_returned_by_type_and_channel_in_order(shop: Shop) -> None:
    with unit_of_work():
        start_saga(sell, Sale(order_id=1))
        start_saga(sell, Sale(order_id=2, loaves=3))

    assert sent(Bake) == [Bake(order_id=1, loaves=1), Bake(order_id=2, loaves=3)]
    assert sent(Bake, channel="till") == []
    assert sent(Declined) == sent(Rejected) == []
