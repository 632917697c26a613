"""The rules of a delivery: which state follows which, and what a courier has to do.  Pure.

A pick-up is a time, not a state: the kitchen may report it before a courier is chosen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from apps.shared.refusals import BusinessRefusal


class DeliveryState(StrEnum):
    """The state of a delivery."""

    PENDING = "PENDING"
    SCHEDULED = "SCHEDULED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"


class DeliveryVerb(StrEnum):
    """What may happen to a delivery, as it ends the sentence "A delivery in state … cannot …"."""

    SCHEDULE = "be scheduled"
    PICK_UP = "be picked up"
    DELIVER = "be delivered"
    CANCEL = "be cancelled"


TRANSITIONS: Mapping[tuple[DeliveryState, DeliveryVerb], DeliveryState] = {
    (DeliveryState.PENDING, DeliveryVerb.SCHEDULE): DeliveryState.SCHEDULED,
    (DeliveryState.PENDING, DeliveryVerb.PICK_UP): DeliveryState.PENDING,
    (DeliveryState.PENDING, DeliveryVerb.CANCEL): DeliveryState.CANCELLED,
    (DeliveryState.SCHEDULED, DeliveryVerb.PICK_UP): DeliveryState.SCHEDULED,
    (DeliveryState.SCHEDULED, DeliveryVerb.DELIVER): DeliveryState.DELIVERED,
    (DeliveryState.SCHEDULED, DeliveryVerb.CANCEL): DeliveryState.CANCELLED,
}
"""All transitions; any other is refused."""


def next_state(state: DeliveryState, verb: DeliveryVerb, *, is_picked_up: bool) -> DeliveryState:
    """Return the state that follows.

    Raises:
        BusinessRefusal: `illegal_transition`: the state does not allow the verb, or it was not picked up yet.
    """
    if is_allowed(state, verb, is_picked_up=is_picked_up):
        return TRANSITIONS[state, verb]
    kind = f"in state {state}" if (state, verb) not in TRANSITIONS else "that was not picked up"
    raise BusinessRefusal("illegal_transition", f"A delivery {kind} cannot {verb}.")


def is_allowed(state: DeliveryState, verb: str, *, is_picked_up: bool) -> bool:
    """Whether the verb is allowed: whether an event changes something, and whether a client is offered the action."""
    return (state, verb) in TRANSITIONS and (is_picked_up or verb != DeliveryVerb.DELIVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The courier of a delivery, and the planned times of pick-up and drop-off."""

    courier_id: int
    pickup_time: datetime
    dropoff_time: datetime


def plan_delivery(courier_id: int, *, ready_by: datetime | None, dropoff_minutes: int) -> Plan:
    """Return the plan: pick-up when the food is ready, drop-off after it, or at the same time if no later date exists.

    Raises:
        BusinessRefusal: `illegal_transition`: no restaurant has said when the food is ready.
    """
    if ready_by is None:
        raise BusinessRefusal("illegal_transition", "A delivery that no restaurant has accepted cannot be scheduled.")
    try:
        dropoff_time = ready_by + timedelta(minutes=dropoff_minutes)
    except OverflowError:
        dropoff_time = ready_by
    return Plan(courier_id=courier_id, pickup_time=ready_by, dropoff_time=dropoff_time)


class ActionType(StrEnum):
    """What a courier does for a delivery."""

    PICKUP = "PICKUP"
    DROPOFF = "DROPOFF"


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierAction:
    """One thing that a courier does.

    Attributes:
        time: When it was done; until then, when it is planned.
        address: Where; None if it is not known yet.
        is_done: Whether it has happened.
    """

    delivery_id: int
    type: ActionType
    time: datetime
    address: Mapping[str, str] | None
    is_done: bool
