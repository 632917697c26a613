"""Routes of the kitchen service, relative to where the project mounts it."""

from django.urls import path

from apps.kitchen.api import views
from apps.kitchen.api.v2 import RESTAURANT, TICKET
from apps.shared.hypermedia.routes import routes

urlpatterns = [
    path("v1/tickets/<id:ticket_id>", views.TicketView.as_view(), name="ticket"),
    path("v1/tickets/<id:ticket_id>/accept", views.AcceptView.as_view(), name="ticket-accept"),
    path("v1/tickets/<id:ticket_id>/preparing", views.PreparingView.as_view(), name="ticket-preparing"),
    path("v1/tickets/<id:ticket_id>/ready", views.ReadyView.as_view(), name="ticket-ready"),
    path("v1/tickets/<id:ticket_id>/picked-up", views.PickedUpView.as_view(), name="ticket-picked-up"),
    path("v1/restaurants/<id:restaurant_id>", views.RestaurantView.as_view(), name="ticket-restaurant"),
    *routes(RESTAURANT, TICKET),
]
