"""The REST API of delivery: its resources and their actions."""

from apps.delivery import usecases
from apps.delivery.api.serializers import (
    AvailabilitySerializer,
    CourierSerializer,
    DeliverySerializer,
    RestaurantSerializer,
)
from apps.delivery.domain import DeliveryVerb
from apps.delivery.models import Courier, Delivery, Restaurant
from apps.shared.fields import IdField
from apps.shared.hypermedia.expand import Expansion
from apps.shared.hypermedia.resource import Action, Creation, Resource
from apps.shared.replicas.api import restaurant_resource


class RegisterCourierSerializer(AvailabilitySerializer):
    """A new courier, under the number that the courier has elsewhere."""

    courier_id = IdField()


RESTAURANT = restaurant_resource(
    Restaurant,
    service="delivery",
    summary="Show whether delivery knows a restaurant yet.",
    body=RestaurantSerializer,
)

# fmt: off
COURIER: Resource[Courier] = Resource(
    service="delivery", name="courier", path="couriers/<id:courier_id>",
    summary="Show a courier, and what is still to be done.", body=CourierSerializer,
    find=usecases.find_courier, lock=usecases.lock_courier,
    actions=[
        Action("availability", usecases.change_availability, operation="changeAvailability", method="PUT",
               body=AvailabilitySerializer, summary="Note that a courier is available, or not."),
    ],
    creation=Creation(
        summary="Take a courier in.", body=RegisterCourierSerializer, run=usecases.register_courier,
    ),
)
DELIVERY: Resource[Delivery] = Resource(
    service="delivery", name="delivery", path="deliveries/<id:delivery_id>",
    summary="Show a delivery, its courier and when it is picked up and brought.", body=DeliverySerializer,
    find=usecases.find_delivery, lock=usecases.lock_delivery, allows=Delivery.allows,
    actions=[
        Action("delivered", usecases.deliver, operation="deliver", verb=DeliveryVerb.DELIVER,
               summary="Note that the consumer has the food."),
    ],
    parts={
        "courier": Expansion(
            find=lambda delivery: usecases.find_courier(delivery.courier_id or 0), body=CourierSerializer,
        ),
    },
)
# fmt: on
