"""The states and queries of the order history, and the rule that tells which events are new.  Pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class OrderStatus(StrEnum):
    """The state of an order, with the names that the orders service uses."""

    APPROVAL_PENDING = "APPROVAL_PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CANCEL_PENDING = "CANCEL_PENDING"
    CANCELLED = "CANCELLED"
    REVISION_PENDING = "REVISION_PENDING"


class TicketState(StrEnum):
    """The state of a ticket, as far as its events tell."""

    AWAITING_ACCEPTANCE = "AWAITING_ACCEPTANCE"
    ACCEPTED = "ACCEPTED"
    PREPARING = "PREPARING"
    READY_FOR_PICKUP = "READY_FOR_PICKUP"
    PICKED_UP = "PICKED_UP"
    CANCELLED = "CANCELLED"


class DeliveryState(StrEnum):
    """The state of a delivery, as far as its events tell; no event tells of a pending one."""

    SCHEDULED = "SCHEDULED"
    PICKED_UP = "PICKED_UP"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"


def is_news(event_id: str, *, last: str) -> bool:
    """Whether an event is newer than the last one of its aggregate; ids are UUIDv7 text, which sorts by age."""
    return not last or event_id > last


def keywords_of(restaurant_name: str, *, dishes: Iterable[str]) -> str:
    """Return the text that a search reads: one name per line, each name once."""
    names = dict.fromkeys(name.lower() for name in (restaurant_name, *dishes))
    return "\n".join(names)


class Position(NamedTuple):
    """A position in the history, newest first: just after the order with these values."""

    creation_time: datetime
    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders are requested; a field that is None or empty does not restrict.

    Attributes:
        since: The oldest creation time, inclusive.
        keywords: Words that must all occur in the names of restaurant and dishes, whatever their case.
        after: Where the previous page ended.
    """

    consumer_id: int | None = None
    status: OrderStatus | None = None
    since: datetime | None = None
    keywords: str = ""
    after: Position | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The keywords one by one, in lower case."""
        return tuple(dict.fromkeys(self.keywords.lower().split()))
