"""Routes of the orders service, relative to where the project mounts it."""

from django.urls import path

from apps.orders.api import views
from apps.orders.api.v2 import JOURNEY, ORDER, RESTAURANT
from apps.shared.hypermedia.routes import routes

urlpatterns = [
    path("v1/orders", views.OrdersView.as_view(), name="orders"),
    path("v1/orders/<id:order_id>", views.OrderView.as_view(), name="order"),
    path("v1/orders/<id:order_id>/contents", views.ContentsView.as_view(), name="order-contents"),
    path("v1/orders/<id:order_id>/cancel", views.CancelView.as_view(), name="order-cancel"),
    path("v1/orders/<id:order_id>/revise", views.ReviseView.as_view(), name="order-revise"),
    path("v1/orders/<id:order_id>/journey", views.JourneyView.as_view(), name="order-journey"),
    path("v1/restaurants/<id:restaurant_id>", views.RestaurantView.as_view(), name="order-restaurant"),
    *routes(JOURNEY, ORDER, RESTAURANT),
]
