"""What sagas ask of the kitchen, through inbox, dispatcher and outbox."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from pytest_django import DjangoAssertNumQueries, Settings

from apps.kitchen.domain import Portions
from apps.kitchen.messages import CancelCreateTicket, ConfirmCreateTicket, CreateTicket, TicketLine
from apps.kitchen.models import Ticket, TicketLineItem
from apps.kitchen.usecases import accept_ticket, create_ticket
from apps.restaurants.messages import RestaurantCreated
from postroad import Message, clock, unit_of_work

pytestmark = pytest.mark.django_db
Ask = Callable[[Message], tuple[str, dict[str, Any]]]
Announced = Callable[[], list[tuple[str, dict[str, Any]]]]


def lines(*quantities: int) -> tuple[TicketLine, ...]:
    return tuple(TicketLine(menu_item_id="1", name="Chicken Vindaloo", quantity=quantity) for quantity in quantities)


def test_a_ticket_is_reserved_under_the_orders_id(
    ask: Ask, ajanta: RestaurantCreated, create: CreateTicket, announced: Announced
) -> None:
    assert ask(create) == ("kitchen.TicketReserved", {"ticketId": 99})

    ticket = Ticket.objects.get()
    assert (ticket.pk, ticket.restaurant_id, ticket.state, ticket.ready_by) == (99, 7, "CREATE_PENDING", None)
    assert ticket.lines == (
        Portions(menu_item_id="2", name="Naan", quantity=1),
        Portions(menu_item_id="1", name="Chicken Vindaloo", quantity=2),
    )
    assert announced() == []


def test_the_same_command_under_another_message_id_is_answered_the_same(
    ask: Ask, reserved: int, create: CreateTicket, announced: Announced
) -> None:
    assert ask(create) == ("kitchen.TicketReserved", {"ticketId": reserved})

    assert (Ticket.objects.count(), TicketLineItem.objects.count()) == (1, 2)
    assert announced() == []


def test_a_repeated_command_does_not_set_a_confirmed_ticket_back(
    ask: Ask, confirmed: int, create: CreateTicket
) -> None:
    assert ask(create) == ("kitchen.TicketReserved", {"ticketId": confirmed})

    assert Ticket.objects.get().state == "AWAITING_ACCEPTANCE"


def test_an_unknown_restaurant_is_refused(ask: Ask, create: CreateTicket) -> None:
    assert ask(create) == ("kitchen.TicketRefused", {"reason": "unknown_restaurant"})

    assert not Ticket.objects.exists()


def test_an_unknown_menu_item_is_refused(ask: Ask, ajanta: RestaurantCreated, create: CreateTicket) -> None:
    unknown = TicketLine(menu_item_id="9", name="Raita", quantity=1)

    answer = ask(replace(create, line_items=(*create.line_items, unknown)))

    assert answer == ("kitchen.TicketRefused", {"reason": "unknown_menu_item"})
    assert not Ticket.objects.exists()


def test_more_than_a_hundred_portions_are_refused(ask: Ask, ajanta: RestaurantCreated, create: CreateTicket) -> None:
    answer = ask(replace(create, line_items=lines(50, 51)))

    assert answer == ("kitchen.TicketRefused", {"reason": "too_many_portions"})
    assert not Ticket.objects.exists()


def test_a_hundred_portions_are_taken(ask: Ask, ajanta: RestaurantCreated, create: CreateTicket) -> None:
    assert ask(replace(create, line_items=lines(50, 50)))[0] == "kitchen.TicketReserved"


def test_the_largest_ticket_is_a_setting(
    ask: Ask, ajanta: RestaurantCreated, create: CreateTicket, settings: Settings
) -> None:
    settings.KITCHEN_LARGEST_TICKET_PORTIONS = 2

    assert ask(create) == ("kitchen.TicketRefused", {"reason": "too_many_portions"})


def test_reserving_a_ticket_does_not_read_the_menu_item_by_item(
    ajanta: RestaurantCreated, create: CreateTicket, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with unit_of_work(), django_assert_max_num_queries(5):
        create_ticket(replace(create, line_items=lines(*[1] * 100)))


def test_a_confirmed_ticket_awaits_acceptance_and_is_announced(ask: Ask, reserved: int, announced: Announced) -> None:
    assert ask(ConfirmCreateTicket(ticket_id=reserved, restaurant_id=7))[0] == "postroad.Done"

    assert Ticket.objects.get().state == "AWAITING_ACCEPTANCE"
    assert announced() == [("kitchen.TicketCreated", {"ticketId": 99, "orderId": 99, "restaurantId": 7})]


def test_a_ticket_that_is_confirmed_twice_is_announced_once(ask: Ask, confirmed: int, announced: Announced) -> None:
    assert ask(ConfirmCreateTicket(ticket_id=confirmed, restaurant_id=7))[0] == "postroad.Done"

    assert len(announced()) == 1


def test_a_late_confirmation_does_not_set_an_accepted_ticket_back(ask: Ask, confirmed: int) -> None:
    with unit_of_work():
        accept_ticket(confirmed, ready_by=clock.now())

    assert ask(ConfirmCreateTicket(ticket_id=confirmed, restaurant_id=7))[0] == "postroad.Done"
    assert Ticket.objects.get().state == "ACCEPTED"


def test_a_confirmation_without_reservation_is_refused(ask: Ask) -> None:
    answer = ask(ConfirmCreateTicket(ticket_id=99, restaurant_id=7))

    assert answer == ("kitchen.TicketRefused", {"reason": "unknown_ticket"})


def test_a_reservation_that_is_taken_back_is_cancelled_in_silence(
    ask: Ask, reserved: int, announced: Announced
) -> None:
    assert ask(CancelCreateTicket(ticket_id=reserved, restaurant_id=7))[0] == "postroad.Done"

    assert Ticket.objects.get().state == "CANCELLED"
    assert announced() == []


def test_taking_a_reservation_back_twice_changes_nothing(ask: Ask, reserved: int) -> None:
    ask(CancelCreateTicket(ticket_id=reserved, restaurant_id=7))

    assert ask(CancelCreateTicket(ticket_id=reserved, restaurant_id=7))[0] == "postroad.Done"
    assert Ticket.objects.get().state == "CANCELLED"


def test_without_a_ticket_there_is_nothing_to_take_back(ask: Ask) -> None:
    assert ask(CancelCreateTicket(ticket_id=99, restaurant_id=7))[0] == "postroad.Done"

    assert not Ticket.objects.exists()


def test_a_confirmed_ticket_is_no_reservation_to_take_back(ask: Ask, confirmed: int) -> None:
    answer = ask(CancelCreateTicket(ticket_id=confirmed, restaurant_id=7))

    assert answer == ("kitchen.TicketRefused", {"reason": "illegal_transition"})
    assert Ticket.objects.get().state == "AWAITING_ACCEPTANCE"


def test_a_cancelled_ticket_is_not_confirmed(ask: Ask, reserved: int) -> None:
    ask(CancelCreateTicket(ticket_id=reserved, restaurant_id=7))

    answer = ask(ConfirmCreateTicket(ticket_id=reserved, restaurant_id=7))

    assert answer == ("kitchen.TicketRefused", {"reason": "illegal_transition"})
