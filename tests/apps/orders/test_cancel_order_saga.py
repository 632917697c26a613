"""The cancel-order saga, told as stories."""

from decimal import Decimal

import pytest

from apps.accounting.messages import ACCOUNTING, AuthorizationReversed, ChargeRefused, ReverseAuthorization
from apps.kitchen.messages import (
    KITCHEN,
    BeginCancelTicket,
    ConfirmCancelTicket,
    TicketRefused,
    UndoBeginCancelTicket,
)
from apps.orders.participants import CancelOrderData
from apps.orders.sagas.cancel_order import cancel_order
from postroad import Done, Rejected
from postroad.testing import SagaStory, Status, given


@pytest.fixture
def story() -> SagaStory[CancelOrderData]:
    data = CancelOrderData(order_id=1, consumer_id=5, restaurant_id=7, order_total=Decimal("24.68"))
    return given(cancel_order, data)


def refusal_reason(story: SagaStory[CancelOrderData]) -> str:
    return story.data.refusal_reason


def test_a_cancellation_that_all_agree_to_is_confirmed(story: SagaStory[CancelOrderData]) -> None:
    story.expects(BeginCancelTicket, to=KITCHEN, ticket_id=1, restaurant_id=7).answers(Done())
    story.expects(ReverseAuthorization, to=ACCOUNTING, consumer_id=5, order_id=1, order_total=Decimal("24.68")).answers(
        AuthorizationReversed()
    )
    story.expects(ConfirmCancelTicket, to=KITCHEN, ticket_id=1, restaurant_id=7).answers(Done())
    story.runs_local("confirm")
    story.ends(Status.COMPLETED)


def test_a_kitchen_that_cooks_leaves_the_order_standing(story: SagaStory[CancelOrderData]) -> None:
    story.expects(BeginCancelTicket, to=KITCHEN).answers(TicketRefused(reason="illegal_transition"))
    assert refusal_reason(story) == "illegal_transition"
    story.runs_local("order")
    story.ends(Status.COMPENSATED)


def test_a_refused_reversal_lets_the_kitchen_go_on_and_the_order_stand(story: SagaStory[CancelOrderData]) -> None:
    story.expects(BeginCancelTicket, to=KITCHEN).answers(Done())
    story.expects(ReverseAuthorization, to=ACCOUNTING).answers(ChargeRefused(reason="not_authorized"))
    story.expects(UndoBeginCancelTicket, to=KITCHEN, ticket_id=1, restaurant_id=7).answers(Done())
    assert refusal_reason(story) == "not_authorized"
    story.runs_local("order")
    story.ends(Status.COMPENSATED)


def test_a_participant_that_cannot_read_its_command_leaves_the_order_standing(
    story: SagaStory[CancelOrderData],
) -> None:
    story.expects(BeginCancelTicket, to=KITCHEN).answers(Rejected(reason="unknown_type"))
    assert refusal_reason(story) == "unknown_type"
    story.runs_local("order")
    story.ends(Status.COMPENSATED)


def test_behind_the_pivot_the_kitchen_is_asked_until_it_is_done(story: SagaStory[CancelOrderData]) -> None:
    story.expects(BeginCancelTicket, to=KITCHEN).answers(Done())
    story.expects(ReverseAuthorization, to=ACCOUNTING).answers(AuthorizationReversed())
    story.expects(ConfirmCancelTicket, to=KITCHEN).answers(TicketRefused(reason="unknown_ticket"))
    assert story.delay_seconds > 0
    story.expects(ConfirmCancelTicket, to=KITCHEN).answers(Done())
    story.runs_local("confirm")
    story.ends(Status.COMPLETED)


def test_a_refused_undo_waits_for_an_operator(story: SagaStory[CancelOrderData]) -> None:
    story.expects(BeginCancelTicket, to=KITCHEN).answers(Done())
    story.expects(ReverseAuthorization, to=ACCOUNTING).answers(ChargeRefused(reason="not_authorized"))
    story.expects(UndoBeginCancelTicket, to=KITCHEN).answers(TicketRefused(reason="unknown_ticket"))
    story.ends(Status.STUCK)
