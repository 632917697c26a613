"""Routes of the kitchen service, relative to where the project mounts it."""

from django.urls import path

from apps.kitchen.api.v2 import RESTAURANT, TICKET
from apps.shared.hypermedia.routes import routes
from apps.shared.hypermedia.version1 import performs, shows

urlpatterns = [
    path("v1/tickets/<id:ticket_id>", shows(TICKET), name="ticket"),
    path("v1/tickets/<id:ticket_id>/accept", performs(TICKET, "accept"), name="ticket-accept"),
    path("v1/tickets/<id:ticket_id>/preparing", performs(TICKET, "preparing"), name="ticket-preparing"),
    path("v1/tickets/<id:ticket_id>/ready", performs(TICKET, "ready"), name="ticket-ready"),
    path("v1/tickets/<id:ticket_id>/picked-up", performs(TICKET, "picked-up"), name="ticket-picked-up"),
    path(
        "v1/restaurants/<id:restaurant_id>",
        shows(RESTAURANT, operation="getRestaurantReplica"),
        name="ticket-restaurant",
    ),
    *routes(RESTAURANT, TICKET),
]
