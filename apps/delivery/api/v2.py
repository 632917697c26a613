"""The REST API of delivery, version 2: resources and actions."""

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


class RegisterCourierSerializer(AvailabilitySerializer):
    """A new courier, under the number that the courier has elsewhere."""

    courier_id = IdField()


RESTAURANT: Resource[Restaurant] = Resource(
    service="delivery",
    name="restaurant",
    path="restaurants/<id:restaurant_id>",
    summary="Show whether delivery knows a restaurant yet.",
    body=RestaurantSerializer,
    find=Restaurant.find,
)
COURIER: Resource[Courier] = Resource(
    service="delivery",
    name="courier",
    path="couriers/<id:courier_id>",
    summary="Show a courier, and what is still to be done.",
    body=CourierSerializer,
    find=usecases.find_courier,
    lock=usecases.lock_courier,
    actions=(
        Action(
            name="availability",
            operation="changeAvailability",
            method="PUT",
            summary="Note that a courier is available, or not.",
            body=AvailabilitySerializer,
            run=lambda courier, values: usecases.change_availability(courier.pk, available=values["available"]),
        ),
    ),
    creation=Creation(
        summary="Take a courier in.",
        body=RegisterCourierSerializer,
        run=lambda values: usecases.register_courier(values["courier_id"], available=values["available"]),
    ),
)
DELIVERY: Resource[Delivery] = Resource(
    service="delivery",
    name="delivery",
    path="deliveries/<id:delivery_id>",
    summary="Show a delivery, its courier and when it is picked up and brought.",
    body=DeliverySerializer,
    find=usecases.find_delivery,
    lock=usecases.lock_delivery,
    allows=Delivery.allows,
    actions=(
        Action(
            name="delivered",
            operation="deliver",
            verb=DeliveryVerb.DELIVER,
            summary="Note that the consumer has the food.",
            run=lambda delivery, _: usecases.deliver(delivery.pk),
        ),
    ),
    parts={
        "courier": Expansion(
            find=lambda delivery: usecases.find_courier(delivery.courier_id or 0), body=CourierSerializer
        )
    },
)
