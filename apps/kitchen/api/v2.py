"""The REST API of the kitchen: its resources and their actions."""

from apps.kitchen import usecases
from apps.kitchen.api.serializers import AcceptTicketSerializer, TicketSerializer
from apps.kitchen.domain import TRANSITIONS, TicketVerb
from apps.kitchen.models import Restaurant, Ticket
from apps.shared.hypermedia.expand import Expansion
from apps.shared.hypermedia.resource import Action, Resource
from apps.shared.replicas.api import RestaurantSerializer, restaurant_resource

RESTAURANT = restaurant_resource(
    Restaurant, service="kitchen", summary="Show whether the kitchen knows a restaurant yet."
)

# fmt: off
TICKET: Resource[Ticket] = Resource(
    service="kitchen", name="ticket", path="tickets/<id:ticket_id>",
    summary="Show a ticket, its dishes and its state.", body=TicketSerializer,
    find=usecases.find_ticket, lock=usecases.lock_ticket, transitions=TRANSITIONS,
    actions=[
        Action("accept", usecases.accept_ticket, operation="acceptTicket", verb=TicketVerb.ACCEPT,
               body=AcceptTicketSerializer, summary="Accept a ticket that awaits it, and say when it will be ready."),
        Action("preparing", usecases.start_preparing, operation="startPreparing", verb=TicketVerb.PREPARE,
               summary="Note that the restaurant cooks."),
        Action("ready", usecases.finish_preparing, operation="finishPreparing", verb=TicketVerb.FINISH,
               summary="Note that the food can be picked up."),
        Action("picked-up", usecases.pick_up_ticket, operation="pickUpTicket", verb=TicketVerb.PICK_UP,
               summary="Note that a courier has the food."),
    ],
    related={"restaurant": lambda ticket: RESTAURANT.address(ticket.restaurant_id)},
    parts={
        "restaurant": Expansion(find=lambda ticket: Restaurant.find(ticket.restaurant_id), body=RestaurantSerializer),
    },
)
# fmt: on
