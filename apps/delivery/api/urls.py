"""Routes of the delivery service, relative to where the project mounts it.

No route reports a pick-up: the restaurant reports it to the kitchen, whose event reaches delivery.
"""

from django.urls import path

from apps.delivery.api.v2 import COURIER, DELIVERY, RESTAURANT
from apps.shared.hypermedia.routes import routes
from apps.shared.hypermedia.version1 import performs, shows

courier = shows(COURIER, summary="Show a courier and their next actions.")
availability = performs(
    COURIER,
    "availability",
    method="POST",
    summary="Note that a courier is available, or not; an unknown courier is taken in.",
)
delivery = shows(DELIVERY, summary="Show a delivery, its courier, and the times of pick-up and drop-off.")

urlpatterns = [
    path("v1/couriers/<id:courier_id>", courier, name="courier"),
    path("v1/couriers/<id:courier_id>/availability", availability, name="courier-availability"),
    path("v1/deliveries/<id:delivery_id>", delivery, name="delivery"),
    path("v1/deliveries/<id:delivery_id>/delivered", performs(DELIVERY, "delivered"), name="delivery-delivered"),
    path(
        "v1/restaurants/<id:restaurant_id>",
        shows(RESTAURANT, operation="getRestaurantReplica"),
        name="delivery-restaurant",
    ),
    *routes(COURIER, DELIVERY, RESTAURANT),
]
