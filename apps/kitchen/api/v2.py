"""The REST API of the kitchen, version 2: resources and actions."""

from apps.kitchen import usecases
from apps.kitchen.api.serializers import AcceptTicketSerializer, RestaurantSerializer, TicketSerializer
from apps.kitchen.domain import TRANSITIONS, TicketVerb
from apps.kitchen.models import Restaurant, Ticket
from apps.shared.hypermedia.expand import Expansion
from apps.shared.hypermedia.resource import Action, Resource

RESTAURANT: Resource[Restaurant] = Resource(
    service="kitchen",
    name="restaurant",
    path="restaurants/<id:restaurant_id>",
    summary="Show whether the kitchen knows a restaurant yet.",
    body=RestaurantSerializer,
    find=Restaurant.find,
)
TICKET: Resource[Ticket] = Resource(
    service="kitchen",
    name="ticket",
    path="tickets/<id:ticket_id>",
    summary="Show a ticket, its dishes and its state.",
    body=TicketSerializer,
    find=usecases.find_ticket,
    lock=usecases.lock_ticket,
    transitions=TRANSITIONS,
    actions=(
        Action(
            name="accept",
            operation="acceptTicket",
            verb=TicketVerb.ACCEPT,
            summary="Accept a ticket that awaits it, and say when it will be ready.",
            body=AcceptTicketSerializer,
            run=lambda ticket, values: usecases.accept_ticket(ticket.pk, ready_by=values["ready_by"]),
        ),
        Action(
            name="preparing",
            operation="startPreparing",
            verb=TicketVerb.PREPARE,
            summary="Note that the restaurant cooks.",
            run=lambda ticket, _: usecases.start_preparing(ticket.pk),
        ),
        Action(
            name="ready",
            operation="finishPreparing",
            verb=TicketVerb.FINISH,
            summary="Note that the food can be picked up.",
            run=lambda ticket, _: usecases.finish_preparing(ticket.pk),
        ),
        Action(
            name="picked-up",
            operation="pickUpTicket",
            verb=TicketVerb.PICK_UP,
            summary="Note that a courier has the food.",
            run=lambda ticket, _: usecases.pick_up_ticket(ticket.pk),
        ),
    ),
    related={"restaurant": lambda ticket: RESTAURANT.address(ticket.restaurant_id)},
    parts={
        "restaurant": Expansion(find=lambda ticket: Restaurant.find(ticket.restaurant_id), body=RestaurantSerializer)
    },
)
