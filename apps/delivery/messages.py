"""The contract of delivery: the events of deliveries."""

from datetime import datetime

from postroad import EventChannel, Message, Positive, event

DELIVERIES = EventChannel("delivery.Delivery", shards=4)


class DeliveryEvent(Message):
    """The fields of every event of a delivery."""

    delivery_id: Positive
    order_id: Positive


@event("delivery.DeliveryScheduled", of=DELIVERIES, key="delivery_id")
class DeliveryScheduled(DeliveryEvent):
    """A courier will pick up and deliver the food, at about these times."""

    courier_id: Positive
    pickup_time: datetime
    dropoff_time: datetime


@event("delivery.DeliveryPickedUp", of=DELIVERIES, key="delivery_id")
class DeliveryPickedUp(DeliveryEvent):
    """The courier has the food."""

    picked_up_at: datetime


@event("delivery.DeliveryDelivered", of=DELIVERIES, key="delivery_id")
class DeliveryDelivered(DeliveryEvent):
    """The consumer has the food."""

    delivered_at: datetime


@event("delivery.DeliveryCancelled", of=DELIVERIES, key="delivery_id")
class DeliveryCancelled(DeliveryEvent):
    """The delivery was cancelled."""
