"""Routes of the delivery service, relative to where the project mounts it."""

from django.urls import path

from apps.delivery.api import views
from apps.delivery.api.v2 import COURIER, DELIVERY, RESTAURANT
from apps.shared.hypermedia.routes import routes

urlpatterns = [
    path("v1/couriers/<id:courier_id>", views.CourierView.as_view(), name="courier"),
    path("v1/couriers/<id:courier_id>/availability", views.AvailabilityView.as_view(), name="courier-availability"),
    path("v1/deliveries/<id:delivery_id>", views.DeliveryView.as_view(), name="delivery"),
    path("v1/deliveries/<id:delivery_id>/delivered", views.DeliveredView.as_view(), name="delivery-delivered"),
    path("v1/restaurants/<id:restaurant_id>", views.RestaurantView.as_view(), name="delivery-restaurant"),
    *routes(COURIER, DELIVERY, RESTAURANT),
]
