"""Tickets with their behaviour, and the replica they are checked against.  See also: `domain`, which has the rules."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import models
from typing_extensions import override

from apps.kitchen.domain import CHANGING, Portions, TicketState, TicketVerb, next_state
from apps.shared.replicas.models import MenuItemReplica, RestaurantMenuReplica
from postroad import clock


class Restaurant(RestaurantMenuReplica):
    """Replica of a restaurant; the kitchen keeps no prices."""

    def offered(self, menu_item_ids: Iterable[str]) -> frozenset[str]:
        """Return those of the menu items that are on the menu now; one statement."""
        found = self.menu_items.filter(menu_item_id__in=set(menu_item_ids))
        return frozenset(found.values_list("menu_item_id", flat=True))


class MenuItem(MenuItemReplica):
    """Replica of a dish."""

    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="menu_items")


class TicketQuerySet(models.QuerySet["Ticket"]):
    """Ways to find tickets."""

    def lock(self, ticket_id: int) -> "Ticket | None":
        """Return a ticket under a row lock, in the caller's transaction; None if there is none."""
        return self.select_for_update().filter(pk=ticket_id).first()


class Ticket(models.Model):
    """The work of one order, with the order's id; take it with `Ticket.objects.lock` before you change its state.

    Attributes:
        consumer_id: Whose order it is; empty on tickets from before this column existed.
        previous_state: The previous state, not counting pending changes; empty at first.
    """

    id = models.BigIntegerField(primary_key=True)
    restaurant_id = models.BigIntegerField()
    consumer_id = models.BigIntegerField(null=True, blank=True)
    state = models.TextField(
        choices=[(state.value, state.value) for state in TicketState], default=TicketState.CREATE_PENDING.value
    )
    previous_state = models.TextField(default="", blank=True)
    ready_by = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = TicketQuerySet.as_manager()

    class Meta:
        """Indexes for searches by state, restaurant and age in the admin."""

        indexes = [
            models.Index(fields=["state", "created_at"], name="kitchen_ticket_state"),
            models.Index(fields=["restaurant_id", "created_at"], name="kitchen_ticket_restaurant"),
            models.Index(fields=["created_at"], name="kitchen_ticket_created"),
        ]

    @override
    def __str__(self) -> str:
        return f"ticket {self.pk}"

    @classmethod
    def reserve(
        cls, order_id: int, *, restaurant: Restaurant, lines: Sequence[Portions], consumer_id: int | None = None
    ) -> "Ticket":
        """Store a new ticket, which waits until its order is approved.

        Raises:
            IntegrityError: Another transaction has just stored one for the order.
        """
        ticket = cls.objects.create(
            pk=order_id, restaurant_id=restaurant.pk, consumer_id=consumer_id, created_at=clock.now()
        )
        TicketLineItem.objects.bulk_create(TicketLineItem(ticket=ticket, **asdict(line)) for line in lines)
        return ticket

    @property
    def order_id(self) -> int:
        """The order that is cooked."""
        return self.id

    @property
    def is_confirmed(self) -> bool:
        """Whether it was ever confirmed, even if it was cancelled later."""
        return self.settled_state is not TicketState.CREATE_PENDING

    @property
    def is_cancelled(self) -> bool:
        """Whether it is cancelled."""
        return self.state == TicketState.CANCELLED

    @property
    def settled_state(self) -> TicketState:
        """The state without pending changes; of a cancelled ticket, the state before it was cancelled."""
        state = TicketState(self.state)
        if state in CHANGING or state is TicketState.CANCELLED:
            return TicketState(self.previous_state or TicketState.CREATE_PENDING)
        return state

    @property
    def lines(self) -> tuple[Portions, ...]:
        """The lines in the order they were ordered; one statement."""
        return tuple(item.portions for item in self.line_items.order_by("pk"))

    def confirm_create(self) -> None:
        """The order is approved: the restaurant may accept the ticket.

        Raises:
            BusinessRefusal: It is not a reservation any more. The methods below raise it too if the state forbids them.
        """
        self._move(TicketVerb.CONFIRM_CREATE)

    def cancel_create(self) -> None:
        """Cancel the reservation."""
        self._move(TicketVerb.CANCEL_CREATE)

    def accept(self, ready_by: datetime) -> None:
        """The restaurant accepts, and says when the food will be ready."""
        self.ready_by = ready_by
        self._move(TicketVerb.ACCEPT)

    def prepare(self) -> None:
        """The restaurant starts to cook."""
        self._move(TicketVerb.PREPARE)

    def finish(self) -> None:
        """The food is ready for pickup."""
        self._move(TicketVerb.FINISH)

    def pick_up(self) -> None:
        """A courier takes the food."""
        self._move(TicketVerb.PICK_UP)

    def begin_cancel(self) -> None:
        """The order is being cancelled: cooking does not start until that is decided."""
        self._move(TicketVerb.BEGIN_CANCEL)

    def undo_begin_cancel(self) -> None:
        """The cancellation was refused: return to the previous state."""
        self._move(TicketVerb.UNDO_BEGIN_CANCEL)

    def confirm_cancel(self) -> None:
        """The order was cancelled, and so is the ticket."""
        self._move(TicketVerb.CONFIRM_CANCEL)

    def begin_revise(self) -> None:
        """Other dishes are requested: cooking does not start until that is decided."""
        self._move(TicketVerb.BEGIN_REVISE)

    def undo_begin_revise(self) -> None:
        """The revision was refused: return to the previous state."""
        self._move(TicketVerb.UNDO_BEGIN_REVISE)

    def confirm_revise(self, lines: Sequence[Portions]) -> None:
        """The revision was accepted: replace the dishes."""
        self._move(TicketVerb.CONFIRM_REVISE)
        self.line_items.all().delete()
        TicketLineItem.objects.bulk_create(TicketLineItem(ticket=self, **asdict(line)) for line in lines)

    def _move(self, verb: TicketVerb) -> None:
        state = TicketState(self.state)
        self.state = next_state(state, verb, before=self.settled_state).value
        if state not in CHANGING:
            self.previous_state = state.value
        self.save(update_fields=["state", "previous_state", "ready_by"])


class TicketLineItem(models.Model):
    """One line of a ticket, with the dish's name as it was ordered."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="line_items")
    menu_item_id = models.TextField()
    name = models.TextField()
    quantity = models.PositiveIntegerField()

    @override
    def __str__(self) -> str:
        return f"{self.quantity} x {self.name}"

    @property
    def portions(self) -> Portions:
        """The line as a value."""
        return Portions(menu_item_id=self.menu_item_id, name=self.name, quantity=self.quantity)
