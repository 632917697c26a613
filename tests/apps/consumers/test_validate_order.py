"""What consumers answers to an order."""

from decimal import Decimal

import pytest

from apps.consumers.handlers import COMMANDS
from apps.consumers.messages import CONSUMERS, OrderRefused, OrderValidated, ValidateOrderByConsumer
from apps.consumers.models import Consumer
from apps.consumers.usecases import validate_order
from postroad.commands.refusals import Refusal

pytestmark = pytest.mark.django_db


def question(consumer_id: int) -> ValidateOrderByConsumer:
    return ValidateOrderByConsumer(consumer_id=consumer_id, order_id=99, order_total=Decimal("25.18"))


def test_an_order_of_a_known_consumer_is_validated() -> None:
    ada = Consumer.register(first_name="Ada", last_name="Lovelace")

    assert validate_order(question(ada.pk)) == OrderValidated()


def test_an_order_of_an_unknown_consumer_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        validate_order(question(404))

    assert refused.value.reply == OrderRefused(reason="unknown_consumer")


def test_the_command_is_handled_on_the_channel_of_consumers() -> None:
    assert COMMANDS.channel is CONSUMERS
    assert COMMANDS.handlers == {ValidateOrderByConsumer: validate_order}
