"""Deliveries, couriers and the replica of restaurants.  See also: `domain`, which has the rules."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from typing_extensions import override

from apps.delivery.domain import (
    ActionType,
    CourierAction,
    DeliveryState,
    DeliveryVerb,
    Plan,
    is_allowed,
    next_state,
    plan_delivery,
)
from apps.shared.replicas.models import RestaurantReplica
from postroad import clock

MAX_SHOWN = 50  # open deliveries of a courier whose actions are shown: more than a day's work

_WAITING = Q(state=DeliveryState.PENDING.value, ready_by__isnull=False, restaurant_id__isnull=False)
_OPEN = Q(state=DeliveryState.SCHEDULED.value)


class Schedule(models.Model):
    """The schedule of all couriers: one row, which is locked before any delivery or courier is changed.

    With one lock, a ticket that is accepted finds a courier who becomes available at the same moment, the load of a
    courier is correct, and there are no deadlocks.
    """

    id = models.PositiveSmallIntegerField(primary_key=True)

    @override
    def __str__(self) -> str:
        return "schedule"

    @classmethod
    def lock(cls) -> None:
        """Hold the schedule until the caller's transaction ends."""
        cls.objects.select_for_update().get_or_create(pk=1)


class Restaurant(RestaurantReplica):
    """Replica of a restaurant: its address is where food is picked up."""

    address = models.JSONField()


class CourierQuerySet(models.QuerySet["Courier"]):
    """Ways to find couriers."""

    def lock_or_add(self, courier_id: int) -> "Courier":
        """Return a courier under the schedule's lock, in the caller's transaction; a new one if there was none."""
        Schedule.lock()
        return self.filter(pk=courier_id).first() or self.create(pk=courier_id)

    def least_loaded(self) -> "Courier | None":
        """Return the available courier with the fewest deliveries; of several, the one with the lowest id."""
        return self.filter(available=True).order_by("load", "pk").first()


class Courier(models.Model):
    """A courier; lock the row with `Courier.objects.lock_or_add` before you change it.

    Attributes:
        available: Whether they accept further deliveries; they keep those they have.
        load: How many of their deliveries are not delivered yet.
    """

    id = models.BigIntegerField(primary_key=True)
    available = models.BooleanField(default=False)
    load = models.PositiveIntegerField(default=0)

    objects = CourierQuerySet.as_manager()

    class Meta:
        """The next courier is chosen among the available ones, by load."""

        indexes = [models.Index(fields=["available", "load", "id"], name="delivery_courier_choice")]

    @override
    def __str__(self) -> str:
        return f"courier {self.pk}"

    @property
    def actions(self) -> tuple[CourierAction, ...]:
        """Their actions for the next `MAX_SHOWN` deliveries, in order of time; two queries."""
        deliveries = list(self.deliveries.filter(_OPEN).order_by("ready_by", "pk")[:MAX_SHOWN])
        restaurants = Restaurant.objects.in_bulk([each.restaurant_id for each in deliveries])
        actions = [action for each in deliveries for action in each.actions_at(restaurants.get(each.restaurant_id))]
        return tuple(sorted((each for each in actions if not each.is_done), key=lambda action: action.time))

    def change_availability(self, *, available: bool) -> None:
        """Accept further deliveries from now on, or stop accepting them."""
        self.available = available
        self.save(update_fields=["available"])

    def carry(self, deliveries: int) -> None:
        """Add this number of deliveries to the load; a negative number reduces it."""
        self.load += deliveries
        self.save(update_fields=["load"])


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Ways to find deliveries."""

    def lock(self, delivery_id: int) -> "Delivery | None":
        """Return a delivery under the schedule's lock, in the caller's transaction; None if there is none."""
        Schedule.lock()
        return self.filter(pk=delivery_id).first()

    def lock_or_add(self, order_id: int) -> "Delivery":
        """As `lock`, but create a stub if there is no delivery."""
        return self.lock(order_id) or self.create(pk=order_id, created_at=clock.now())

    def waiting(self) -> "DeliveryQuerySet":
        """Return the deliveries that wait for a courier, the most urgent first."""
        return self.filter(_WAITING).order_by("ready_by", "pk")


class Delivery(models.Model):
    """The delivery of one order, with the order's id; take it with `lock` or `lock_or_add` before you change it.

    A stub is a row whose `restaurant_id` is empty: an event of the ticket arrived before that of the new order.

    Attributes:
        consumer_id: Whose order it is; empty on a stub, and on deliveries from before this column existed.
        dropoff_address: Where it is delivered; empty on a stub.
        ready_by: When it can be picked up; empty until the restaurant has accepted.
        dropoff_time: When the consumer should have it; empty until a courier is found, like `courier`.
        picked_up_at: When the kitchen's event of the pick-up arrived.
    """

    id = models.BigIntegerField(primary_key=True)
    state = models.TextField(
        choices=[(state.value, state.value) for state in DeliveryState], default=DeliveryState.PENDING.value
    )
    restaurant_id = models.BigIntegerField(null=True, blank=True)
    consumer_id = models.BigIntegerField(null=True, blank=True)
    dropoff_address = models.JSONField(null=True, blank=True)
    ready_by = models.DateTimeField(null=True, blank=True)
    courier = models.ForeignKey(
        Courier, on_delete=models.PROTECT, related_name="deliveries", null=True, blank=True, db_index=False
    )
    dropoff_time = models.DateTimeField(null=True, blank=True)
    picked_up_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        """Indexes for searches in the admin, and for waiting and planned deliveries by urgency."""

        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["state", "created_at"], name="delivery_delivery_state"),
            models.Index(fields=["courier", "created_at"], name="delivery_delivery_courier"),
            models.Index(fields=["created_at"], name="delivery_delivery_created"),
            models.Index(fields=["ready_by", "id"], condition=_WAITING, name="delivery_delivery_waiting"),
            models.Index(fields=["courier", "ready_by", "id"], condition=_OPEN, name="delivery_delivery_open"),
        ]

    @override
    def __str__(self) -> str:
        return f"delivery {self.pk}"

    @property
    def order_id(self) -> int:
        """The order that is delivered."""
        return self.id

    @property
    def is_waiting(self) -> bool:
        """Whether only a courier is missing."""
        return self.allows(DeliveryVerb.SCHEDULE) and self.ready_by is not None and self.restaurant_id is not None

    def allows(self, verb: str) -> bool:
        """Whether the verb is allowed now."""
        return is_allowed(DeliveryState(self.state), verb, is_picked_up=self.picked_up_at is not None)

    @property
    def plan(self) -> Plan | None:
        """The courier and the planned times; None if no courier has it."""
        if self.courier_id is None or self.ready_by is None or self.dropoff_time is None:
            return None
        return Plan(courier_id=self.courier_id, pickup_time=self.ready_by, dropoff_time=self.dropoff_time)

    @property
    def actions(self) -> tuple[CourierAction, ...]:
        """What the courier does for it, in order, without the pick-up address; empty if no courier has it."""
        return self.actions_at(None)

    def actions_at(self, restaurant: Restaurant | None) -> tuple[CourierAction, ...]:
        """As `actions`, with the address of the restaurant."""
        if self.plan is None:
            return ()
        pickup = CourierAction(
            delivery_id=self.pk,
            type=ActionType.PICKUP,
            time=self.picked_up_at or self.plan.pickup_time,
            address=restaurant.address if restaurant else None,
            is_done=self.picked_up_at is not None,
        )
        dropoff = CourierAction(
            delivery_id=self.pk,
            type=ActionType.DROPOFF,
            time=self.delivered_at or self.plan.dropoff_time,
            address=self.dropoff_address,
            is_done=self.delivered_at is not None,
        )
        return (pickup, dropoff)

    def keep_order(self, *, restaurant_id: int, consumer_id: int, dropoff_address: dict[str, str]) -> None:
        """Store the restaurant, the consumer and the delivery address."""
        self.restaurant_id, self.consumer_id, self.dropoff_address = restaurant_id, consumer_id, dropoff_address
        self.save(update_fields=["restaurant_id", "consumer_id", "dropoff_address"])

    def keep_ready_by(self, moment: datetime) -> None:
        """Store when it can be picked up."""
        self.ready_by = moment
        self.save(update_fields=["ready_by"])

    def schedule(self, courier: Courier, *, dropoff_minutes: int) -> None:
        """Assign it to a courier.

        Raises:
            BusinessRefusal: It does not wait for a courier. The methods below raise it too if the state forbids them.
        """
        self._move(DeliveryVerb.SCHEDULE)
        plan = plan_delivery(courier.pk, ready_by=self.ready_by, dropoff_minutes=dropoff_minutes)
        self.courier, self.dropoff_time = courier, plan.dropoff_time
        self.save(update_fields=["state", "courier", "dropoff_time"])
        courier.carry(1)

    def pick_up(self) -> None:
        """Record that the courier has the food."""
        self._move(DeliveryVerb.PICK_UP)
        self.picked_up_at = clock.now()
        self.save(update_fields=["picked_up_at"])

    def deliver(self) -> None:
        """Record that the consumer has the food."""
        self._move(DeliveryVerb.DELIVER)
        self.delivered_at = clock.now()
        self.save(update_fields=["state", "delivered_at"])
        self._unload()

    def cancel(self) -> None:
        """Cancel it, and take it from its courier."""
        self._move(DeliveryVerb.CANCEL)
        self._unload()
        self.courier = None
        self.save(update_fields=["state", "courier"])

    def _move(self, verb: DeliveryVerb) -> None:
        is_picked_up = self.picked_up_at is not None
        self.state = next_state(DeliveryState(self.state), verb, is_picked_up=is_picked_up).value

    def _unload(self) -> None:
        if self.courier is not None:
            self.courier.carry(-1)
