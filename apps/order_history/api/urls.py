"""Routes of the order_history service, relative to where the project mounts it."""

from django.urls import path

from apps.order_history.api import views
from apps.order_history.api.v2 import ORDER
from apps.shared.hypermedia.routes import routes

urlpatterns = [
    path("v1/orders", views.OrdersView.as_view(), name="order-history"),
    *routes(ORDER),
]
