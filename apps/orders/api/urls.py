"""Routes of the orders service, relative to where the project mounts it."""

from django.urls import path

from apps.orders.api import views
from apps.orders.api.serializers import ContentsSerializer, OrderSerializer
from apps.orders.api.v2 import JOURNEY, ORDER, RESTAURANT
from apps.shared.hypermedia.routes import routes
from apps.shared.hypermedia.version1 import performs, shows

order = shows(ORDER, body=OrderSerializer, summary="Show an order's state and total.")
contents = shows(
    ORDER,
    operation="getOrderContents",
    body=ContentsSerializer,
    summary="Show what was ordered, by whom, where, for when and to which address.",
)
revise = performs(
    ORDER,
    "revise",
    shown=OrderSerializer,
    summary="Begin to revise an order; it is REVISION_PENDING until kitchen and accounting have answered.\n\n"
    "An item that is not named stays as it is; quantity 0 takes it out.",
)

urlpatterns = [
    path("v1/orders", views.OrdersView.as_view(), name="orders"),
    path("v1/orders/<id:order_id>", order, name="order"),
    path("v1/orders/<id:order_id>/contents", contents, name="order-contents"),
    path("v1/orders/<id:order_id>/cancel", performs(ORDER, "cancel", shown=OrderSerializer), name="order-cancel"),
    path("v1/orders/<id:order_id>/revise", revise, name="order-revise"),
    path("v1/orders/<id:order_id>/journey", views.JourneyView.as_view(), name="order-journey"),
    path(
        "v1/restaurants/<id:restaurant_id>",
        shows(RESTAURANT, operation="getRestaurantReplica"),
        name="order-restaurant",
    ),
    *routes(JOURNEY, ORDER, RESTAURANT),
]
