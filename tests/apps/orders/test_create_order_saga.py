"""The create-order saga, told as stories."""

from decimal import Decimal

import pytest

from apps.accounting.messages import ACCOUNTING, AuthorizeCharge, ChargeAuthorized, ChargeRefused
from apps.consumers.messages import CONSUMERS, OrderRefused, OrderValidated, ValidateOrderByConsumer
from apps.kitchen.messages import (
    KITCHEN,
    CancelCreateTicket,
    ConfirmCreateTicket,
    CreateTicket,
    TicketLine,
    TicketRefused,
    TicketReserved,
)
from apps.orders.messages import LineItem
from apps.orders.participants import CreateOrderData
from apps.orders.sagas.create_order import create_order
from postroad import Done
from postroad.testing import SagaStory, Status, given

VINDALOO = LineItem(menu_item_id="1", name="Chicken Vindaloo", price=Decimal("12.34"), quantity=2)


@pytest.fixture
def story() -> SagaStory[CreateOrderData]:
    data = CreateOrderData(
        order_id=1, consumer_id=5, restaurant_id=7, line_items=(VINDALOO,), order_total=Decimal("24.68")
    )
    return given(create_order, data)


def rejection_reason(story: SagaStory[CreateOrderData]) -> str:
    assert isinstance(story.data, CreateOrderData)
    return story.data.rejection_reason


def test_an_order_that_all_agree_to_is_approved(story: SagaStory[CreateOrderData]) -> None:
    story.expects(
        ValidateOrderByConsumer, to=CONSUMERS, consumer_id=5, order_id=1, order_total=Decimal("24.68")
    ).answers(OrderValidated())
    lines = (TicketLine(menu_item_id="1", name="Chicken Vindaloo", quantity=2),)
    story.expects(CreateTicket, to=KITCHEN, restaurant_id=7, order_id=1, line_items=lines).answers(
        TicketReserved(ticket_id=99)
    )
    story.expects(AuthorizeCharge, to=ACCOUNTING, consumer_id=5, order_id=1, order_total=Decimal("24.68")).answers(
        ChargeAuthorized()
    )
    story.expects(ConfirmCreateTicket, to=KITCHEN, ticket_id=99, restaurant_id=7).answers(Done())
    story.runs_local("approve")
    story.ends(Status.COMPLETED)


def test_a_refused_consumer_rejects_the_order_with_the_reason(story: SagaStory[CreateOrderData]) -> None:
    story.expects(ValidateOrderByConsumer, to=CONSUMERS).answers(OrderRefused(reason="unknown_consumer"))
    assert rejection_reason(story) == "unknown_consumer"
    story.runs_local("order")
    story.ends(Status.COMPENSATED)


def test_a_refused_ticket_rejects_the_order_with_the_reason(story: SagaStory[CreateOrderData]) -> None:
    story.expects(ValidateOrderByConsumer, to=CONSUMERS).answers(OrderValidated())
    story.expects(CreateTicket, to=KITCHEN).answers(TicketRefused(reason="unknown_restaurant"))
    assert rejection_reason(story) == "unknown_restaurant"
    story.runs_local("order")
    story.ends(Status.COMPENSATED)


def test_a_refused_card_cancels_the_ticket_and_rejects_the_order(story: SagaStory[CreateOrderData]) -> None:
    story.expects(ValidateOrderByConsumer, to=CONSUMERS).answers(OrderValidated())
    story.expects(CreateTicket, to=KITCHEN).answers(TicketReserved(ticket_id=99))
    story.expects(AuthorizeCharge, to=ACCOUNTING).answers(ChargeRefused(reason="account_disabled"))
    assert rejection_reason(story) == "account_disabled"
    story.expects(CancelCreateTicket, to=KITCHEN, ticket_id=99, restaurant_id=7).answers(Done())
    story.runs_local("order")
    story.ends(Status.COMPENSATED)
