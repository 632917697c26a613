"""What delivery can do, one function per verb, each inside the transaction that its caller opened.

A choreographed saga: delivery receives no commands and reacts to events of orders and tickets.  The events of one
aggregate arrive in order; those of an order and those of its ticket in any order.  An event that arrives too late changes
nothing.
"""

from collections.abc import Iterable

from django.conf import settings
from msgspec.structs import asdict

from apps.delivery.domain import DeliveryState, DeliveryVerb
from apps.delivery.messages import DeliveryCancelled, DeliveryDelivered, DeliveryPickedUp, DeliveryScheduled
from apps.delivery.models import Courier, Delivery, Restaurant, Schedule
from apps.kitchen.messages import TicketAccepted, TicketCancelled, TicketPickedUp
from apps.orders.messages import OrderCancelled, OrderCreated, OrderRejected
from apps.restaurants.messages import RestaurantCreated
from apps.shared.identity.scope import own
from apps.shared.refusals import BusinessRefusal, not_found
from postroad import Message, Snapshot, publish

DROPOFF_MINUTES = 30  # default of the setting DELIVERY_DROPOFF_MINUTES, after the pick-up: the business's own figure


def keep_order(event: OrderCreated) -> None:
    """Store the delivery of a new order: pending, or scheduled if the ticket was accepted already."""
    delivery = Delivery.objects.lock_or_add(event.order_id)
    delivery.keep_order(
        restaurant_id=event.restaurant_id,
        consumer_id=event.consumer_id,
        dropoff_address=asdict(event.delivery_address),
    )
    _find_courier(delivery)


def keep_acceptance(event: TicketAccepted) -> None:
    """Store when the food is ready, and choose a courier; if none is available, the delivery waits."""
    delivery = Delivery.objects.lock_or_add(event.order_id)
    if delivery.allows(DeliveryVerb.SCHEDULE):
        delivery.keep_ready_by(event.ready_by)
        _find_courier(delivery)


def keep_pickup(event: TicketPickedUp) -> None:
    """Record that the kitchen has handed the food out; published once a courier has the delivery."""
    delivery = Delivery.objects.lock_or_add(event.order_id)
    if delivery.picked_up_at is None and delivery.allows(DeliveryVerb.PICK_UP):
        delivery.pick_up()
        _publish_all(_story(delivery)[1:])


def keep_cancelled_ticket(event: TicketCancelled) -> None:
    """Cancel the delivery of a cancelled ticket."""
    _cancel(event.order_id)


def keep_cancelled_order(event: OrderCancelled) -> None:
    """Cancel the delivery of a cancelled order."""
    _cancel(event.order_id)


def keep_rejected_order(event: OrderRejected) -> None:
    """Cancel the delivery of a rejected order."""
    _cancel(event.order_id)


def keep_restaurant(event: RestaurantCreated) -> None:
    """Keep a replica of a restaurant and its address; safe to repeat."""
    kept = {"name": event.name, "address": asdict(event.address)}
    Restaurant.objects.update_or_create(pk=event.restaurant_id, defaults=kept)


def change_availability(courier_id: int, *, available: bool) -> Courier:
    """Record whether a courier accepts deliveries; an unknown courier is registered.

    An available courier gets all waiting deliveries, the most urgent first, so no delivery waits while a courier is
    available.
    """
    courier = Courier.objects.lock_or_add(courier_id)
    courier.change_availability(available=available)
    if available:
        for delivery in Delivery.objects.waiting():
            _give(delivery, courier)
    return courier


def register_courier(courier_id: int, *, available: bool) -> Courier:
    """Register a new courier.

    Raises:
        BusinessRefusal: `already_registered`.
    """
    Schedule.lock()
    if Courier.objects.filter(pk=courier_id).exists():
        detail = f"Courier {courier_id} is registered; change the courier's availability instead."
        raise BusinessRefusal("already_registered", detail, field="courierId")
    return change_availability(courier_id, available=available)


def deliver(delivery_id: int) -> Delivery:
    """Record a drop-off, which the courier reports.  The kitchen reports the pick-up.

    Raises:
        BusinessRefusal: `not_found`, or `illegal_transition`.
    """
    delivery = lock_delivery(delivery_id)
    delivery.deliver()
    _publish_all(_story(delivery)[2:])
    return delivery


def find_delivery(delivery_id: int) -> Delivery:
    """Return a delivery.

    Raises:
        BusinessRefusal: `not_found`: it does not exist, its events have not arrived yet, or it is another consumer's.
    """
    delivery = own(Delivery.objects.all()).filter(pk=delivery_id).first()
    if delivery is None:
        raise not_found("delivery", delivery_id)
    return delivery


def lock_delivery(delivery_id: int) -> Delivery:
    """Like `find_delivery`, under the schedule's lock, in the caller's transaction."""
    Schedule.lock()
    return find_delivery(delivery_id)


def lock_courier(courier_id: int) -> Courier:
    """Like `find_courier`, under the schedule's lock, in the caller's transaction."""
    Schedule.lock()
    return find_courier(courier_id)


def find_courier(courier_id: int) -> Courier:
    """Return a courier.

    Raises:
        BusinessRefusal: `not_found`.
    """
    courier = Courier.objects.filter(pk=courier_id).first()
    if courier is None:
        raise not_found("courier", courier_id)
    return courier


def snapshots(after: str, maximum: int) -> list[Snapshot]:
    """Return the next deliveries as they are, for a view that is rebuilt; the schedule is locked."""
    Schedule.lock()
    found = Delivery.objects.filter(pk__gt=int(after or 0)).order_by("pk")[:maximum]
    return [Snapshot(key=str(delivery.pk), events=_story(delivery)) for delivery in found]


def _find_courier(delivery: Delivery) -> None:
    """Schedule a delivery that only lacks a courier; it waits until one is available."""
    courier = Courier.objects.least_loaded() if delivery.is_waiting else None
    if courier is not None:
        _give(delivery, courier)


def _give(delivery: Delivery, courier: Courier) -> None:
    minutes: int = getattr(settings, "DELIVERY_DROPOFF_MINUTES", DROPOFF_MINUTES)
    delivery.schedule(courier, dropoff_minutes=minutes)
    _publish_all(_story(delivery))


def _cancel(order_id: int) -> None:
    delivery = Delivery.objects.lock_or_add(order_id)
    if delivery.allows(DeliveryVerb.CANCEL):
        delivery.cancel()
        _publish_all(_story(delivery))


def _publish_all(events: Iterable[Message]) -> None:
    for event in events:
        publish(event)


def _story(delivery: Delivery) -> tuple[Message, ...]:
    """Return the events of a delivery up to its present state, in order; none for a pending delivery."""
    ids, plan = {"delivery_id": delivery.pk, "order_id": delivery.order_id}, delivery.plan
    if delivery.state == DeliveryState.CANCELLED:
        return (DeliveryCancelled(**ids),)
    if plan is None:
        return ()
    events: list[Message] = [
        DeliveryScheduled(
            delivery_id=delivery.pk,
            order_id=delivery.order_id,
            courier_id=plan.courier_id,
            pickup_time=plan.pickup_time,
            dropoff_time=plan.dropoff_time,
        )
    ]
    if delivery.picked_up_at is not None:
        events.append(DeliveryPickedUp(picked_up_at=delivery.picked_up_at, **ids))
    if delivery.delivered_at is not None:
        events.append(DeliveryDelivered(delivered_at=delivery.delivered_at, **ids))
    return tuple(events)
