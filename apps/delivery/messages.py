"""The contract of delivery: the events of deliveries."""

from datetime import datetime

from postroad import EventChannel, Message, Positive, event

DELIVERIES = EventChannel("delivery.Delivery", shards=4)


@event("delivery.DeliveryScheduled", of=DELIVERIES, key="delivery_id")
class DeliveryScheduled(Message):
    """A courier will pick the food up and bring it, at about these times."""

    delivery_id: Positive
    order_id: Positive
    courier_id: Positive
    pickup_time: datetime
    dropoff_time: datetime


@event("delivery.DeliveryPickedUp", of=DELIVERIES, key="delivery_id")
class DeliveryPickedUp(Message):
    """The courier has the food."""

    delivery_id: Positive
    order_id: Positive
    picked_up_at: datetime


@event("delivery.DeliveryDelivered", of=DELIVERIES, key="delivery_id")
class DeliveryDelivered(Message):
    """The consumer has the food."""

    delivery_id: Positive
    order_id: Positive
    delivered_at: datetime


@event("delivery.DeliveryCancelled", of=DELIVERIES, key="delivery_id")
class DeliveryCancelled(Message):
    """Nothing will be brought."""

    delivery_id: Positive
    order_id: Positive
