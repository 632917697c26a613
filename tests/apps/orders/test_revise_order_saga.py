"""The revise-order saga, told as stories."""

from decimal import Decimal

import pytest

from apps.accounting.messages import ACCOUNTING, AuthorizationRevised, ChargeRefused, ReviseAuthorization
from apps.kitchen.messages import (
    KITCHEN,
    BeginReviseTicket,
    ConfirmReviseTicket,
    TicketLine,
    TicketRefused,
    UndoBeginReviseTicket,
)
from apps.orders.messages import LineItem
from apps.orders.participants import ReviseOrderData
from apps.orders.sagas.revise_order import revise_order
from postroad import Done
from postroad.testing import SagaStory, Status, given

FEAST = LineItem(menu_item_id="1", name="Chicken Vindaloo", price=Decimal("12.34"), quantity=10)
DISHES = (TicketLine(menu_item_id="1", name="Chicken Vindaloo", quantity=10),)


@pytest.fixture
def story() -> SagaStory[ReviseOrderData]:
    data = ReviseOrderData(
        order_id=1, consumer_id=5, restaurant_id=7, revised_line_items=(FEAST,), revised_total=Decimal("123.40")
    )
    return given(revise_order, data)


def refusal_reason(story: SagaStory[ReviseOrderData]) -> str:
    return story.data.refusal_reason


def test_a_revision_that_all_agree_to_is_confirmed(story: SagaStory[ReviseOrderData]) -> None:
    story.expects(BeginReviseTicket, to=KITCHEN, ticket_id=1, restaurant_id=7, revised_line_items=DISHES).answers(
        Done()
    )
    story.expects(ReviseAuthorization, to=ACCOUNTING, consumer_id=5, order_id=1, order_total=Decimal("123.40")).answers(
        AuthorizationRevised()
    )
    story.expects(ConfirmReviseTicket, to=KITCHEN, ticket_id=1, revised_line_items=DISHES).answers(Done())
    story.runs_local("confirm")
    story.ends(Status.COMPLETED)


def test_a_kitchen_that_does_not_take_the_dishes_leaves_the_order_as_it_was(story: SagaStory[ReviseOrderData]) -> None:
    story.expects(BeginReviseTicket, to=KITCHEN).answers(TicketRefused(reason="too_many_portions"))
    assert refusal_reason(story) == "too_many_portions"
    story.runs_local("order")
    story.ends(Status.COMPENSATED)


def test_a_refused_charge_lets_the_kitchen_go_on_with_the_old_dishes(story: SagaStory[ReviseOrderData]) -> None:
    story.expects(BeginReviseTicket, to=KITCHEN).answers(Done())
    story.expects(ReviseAuthorization, to=ACCOUNTING).answers(ChargeRefused(reason="limit_exceeded"))
    story.expects(UndoBeginReviseTicket, to=KITCHEN, ticket_id=1, restaurant_id=7).answers(Done())
    assert refusal_reason(story) == "limit_exceeded"
    story.runs_local("order")
    story.ends(Status.COMPENSATED)


def test_behind_the_pivot_the_kitchen_is_asked_until_it_is_done(story: SagaStory[ReviseOrderData]) -> None:
    story.expects(BeginReviseTicket, to=KITCHEN).answers(Done())
    story.expects(ReviseAuthorization, to=ACCOUNTING).answers(AuthorizationRevised())
    story.expects(ConfirmReviseTicket, to=KITCHEN).answers(TicketRefused(reason="illegal_transition"))
    assert story.delay_seconds > 0
    story.expects(ConfirmReviseTicket, to=KITCHEN).answers(Done())
    story.runs_local("confirm")
    story.ends(Status.COMPLETED)
