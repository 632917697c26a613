"""The history of orders: one row per order, built from events.  See also: `usecases`, which applies the events."""

from django.db import models
from django.db.models import Q
from typing_extensions import override

from apps.order_history.domain import DeliveryState, OrderFilter, OrderStatus, Position, TicketState, is_news
from apps.shared.values import MONEY_DIGITS


class OrderViewQuerySet(models.QuerySet["OrderView"]):
    """Ways to find the rows."""

    def lock_or_add(self, order_id: int) -> "OrderView":
        """Return the row of an order under a lock, in the caller's transaction; a new stub if there is none.

        Concurrency: if two subscribers see a new order at once, one adds the stub and the other waits for it.
        """
        return self.select_for_update().get_or_create(pk=order_id)[0]

    def known(self) -> "OrderViewQuerySet":
        """Return the orders without stubs."""
        return self.filter(creation_time__isnull=False)

    def listed(self, wanted: OrderFilter) -> "OrderViewQuerySet":
        """Return the orders that match a filter, newest first."""
        found = self.known()
        if wanted.consumer_id is not None:
            found = found.filter(consumer_id=wanted.consumer_id)
        if wanted.status is not None:
            found = found.filter(status=wanted.status.value)
        if wanted.since is not None:
            found = found.filter(creation_time__gte=wanted.since)
        for word in wanted.words:
            found = found.filter(keywords__contains=word)
        if wanted.after is not None:
            moment, order_id = wanted.after
            older = Q(creation_time__lt=moment) | Q(order_id__lt=order_id)
            found = found.filter(older, creation_time__lte=moment)
        return found.order_by("-creation_time", "-order_id")


class OrderView(models.Model):
    """What the history shows of an order; take it with `lock_or_add` before you change it.

    A stub is a row whose `creation_time` is empty: an event of ticket or delivery arrived before that of the order.

    Attributes:
        keywords: Names of the restaurant and the dishes in lower case, one per line.
        last_order_event: Id of the newest event seen of the order; empty: none.
        last_ticket_event: The same of its ticket.
        last_delivery_event: The same of its delivery.
    """

    order_id = models.BigIntegerField(primary_key=True)
    consumer_id = models.BigIntegerField(null=True, blank=True)
    status = models.TextField(choices=[(each.value, each.value) for each in OrderStatus], default="", blank=True)
    rejection_reason = models.TextField(default="", blank=True)
    restaurant_id = models.BigIntegerField(null=True, blank=True)
    restaurant_name = models.TextField(default="", blank=True)
    order_total = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=2, null=True, blank=True)
    creation_time = models.DateTimeField(null=True, blank=True)
    keywords = models.TextField(default="", blank=True)
    ticket_state = models.TextField(choices=[(each.value, each.value) for each in TicketState], default="", blank=True)
    delivery_state = models.TextField(
        choices=[(each.value, each.value) for each in DeliveryState], default="", blank=True
    )
    last_order_event = models.TextField(default="", blank=True)
    last_ticket_event = models.TextField(default="", blank=True)
    last_delivery_event = models.TextField(default="", blank=True)

    objects = OrderViewQuerySet.as_manager()

    class Meta:
        """Read by consumer, by status, or without a filter; always newest first."""

        verbose_name = "order"
        indexes = [
            models.Index(fields=["consumer_id", "creation_time"], name="order_history_consumer"),
            models.Index(fields=["status", "creation_time"], name="order_history_status"),
            models.Index(fields=["creation_time"], name="order_history_created"),
        ]

    @override
    def __str__(self) -> str:
        return f"order {self.pk}"

    @property
    def position(self) -> Position | None:
        """Its place in the history; a stub has none."""
        return None if self.creation_time is None else Position(self.creation_time, self.order_id)

    def notes_order_event(self, event_id: str) -> bool:
        """Remember an event of the order; return False, and remember nothing, if it or a newer one was seen before."""
        return self._notes("last_order_event", event_id)

    def notes_ticket_event(self, event_id: str) -> bool:
        """As `notes_order_event`, of the order's ticket."""
        return self._notes("last_ticket_event", event_id)

    def notes_delivery_event(self, event_id: str) -> bool:
        """As `notes_order_event`, of the order's delivery."""
        return self._notes("last_delivery_event", event_id)

    def _notes(self, column: str, event_id: str) -> bool:
        if not is_news(event_id, last=getattr(self, column)):
            return False
        setattr(self, column, event_id)
        return True
