"""Orders with their behaviour, and the replicas they are checked against.  See also: `domain`, which has the rules."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from decimal import Decimal

import msgspec
from django.db import models
from typing_extensions import override

from apps.orders.domain import (
    REVISED_ITEMS,
    DeliveryAddress,
    Dish,
    OrderChange,
    OrderLine,
    OrderRequest,
    OrderState,
    OrderVerb,
    RequestedItem,
    Revision,
    next_state,
    price_items,
    revise_lines,
    total_of,
)
from apps.shared.replicas.models import MenuItemReplica, RestaurantMenuReplica
from apps.shared.values import MONEY_DIGITS
from postroad import clock


class Restaurant(RestaurantMenuReplica):
    """Replica of a restaurant with the prices of its dishes."""

    dish_columns = ("name", "price")

    def dishes(self, menu_item_ids: Iterable[str]) -> dict[str, Dish]:
        """Return those of the menu items that are on the menu now; one statement."""
        found = self.menu_items.filter(menu_item_id__in=set(menu_item_ids))
        return {item.menu_item_id: Dish(name=item.name, price=item.price) for item in found}


class MenuItem(MenuItemReplica):
    """Replica of a dish."""

    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="menu_items")
    price = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=2)


class Consumer(models.Model):
    """Replica of a consumer, under the id that they have in the consumers service."""

    id = models.BigIntegerField(primary_key=True)
    first_name = models.TextField()
    last_name = models.TextField()

    class Meta:
        """The admin searches by name."""

        indexes = [models.Index(fields=["last_name", "first_name"], name="orders_consumer_name")]

    @override
    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"


class OrderQuerySet(models.QuerySet["Order"]):
    """Ways to find orders."""

    def lock(self, order_id: int) -> "Order":
        """Return an order under a row lock, in the caller's transaction.

        Raises:
            Order.DoesNotExist: No order has the id.
        """
        return self.select_for_update().get(pk=order_id)


class Order(models.Model):
    """An order; take it with `Order.objects.lock` before you change its state.

    Attributes:
        proposed_revision: While a revision is pending, what the order would be: `Revision` as JSON.
        refused_change: The change that was asked for last, if it was refused; empty otherwise.
        refusal_reason: Why.
    """

    consumer_id = models.BigIntegerField()
    restaurant_id = models.BigIntegerField()
    restaurant_name = models.TextField()
    state = models.TextField(
        choices=[(state.value, state.value) for state in OrderState], default=OrderState.APPROVAL_PENDING.value
    )
    rejection_reason = models.TextField(default="", blank=True)
    refused_change = models.TextField(
        choices=[(change.value, change.value) for change in OrderChange], default="", blank=True
    )
    refusal_reason = models.TextField(default="", blank=True)
    order_total = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=2)
    proposed_revision = models.JSONField(null=True, blank=True)
    delivery_address = models.JSONField()
    delivery_time = models.DateTimeField()
    created_at = models.DateTimeField()

    objects = OrderQuerySet.as_manager()

    class Meta:
        """Indexes for searches by state, consumer, restaurant and age in the admin."""

        indexes = [
            models.Index(fields=["state", "created_at"], name="orders_order_state"),
            models.Index(fields=["consumer_id", "created_at"], name="orders_order_consumer"),
            models.Index(fields=["restaurant_id", "created_at"], name="orders_order_restaurant"),
            models.Index(fields=["created_at"], name="orders_order_created"),
        ]

    @override
    def __str__(self) -> str:
        return f"order {self.pk}"

    @classmethod
    def place(cls, request: OrderRequest, *, restaurant: Restaurant, minimum: Decimal) -> "Order":
        """Store a new order at the restaurant's present prices, waiting for approval.

        Raises:
            BusinessRefusal: An item is not on the menu, or the total is too small or too large.
        """
        menu = restaurant.dishes(item.menu_item_id for item in request.line_items)
        lines = price_items(request.line_items, menu=menu)
        order = cls.objects.create(
            consumer_id=request.consumer_id,
            restaurant_id=restaurant.pk,
            restaurant_name=restaurant.name,
            order_total=total_of(lines, minimum=minimum),
            delivery_address=asdict(request.delivery_address),
            delivery_time=request.delivery_time,
            created_at=clock.now(),
        )
        order.add_lines(lines)
        return order

    @property
    def lines(self) -> tuple[OrderLine, ...]:
        """The lines, in the order in which they were ordered; one statement."""
        return tuple(item.line for item in self.line_items.order_by("pk"))

    @property
    def address(self) -> DeliveryAddress:
        """The delivery address."""
        return DeliveryAddress(**self.delivery_address)

    def approve(self) -> None:
        """Approve it: all participants have agreed.

        Raises:
            BusinessRefusal: It does not wait for approval.
        """
        self._move(OrderVerb.APPROVE)

    def reject(self, reason: str) -> None:
        """Reject it: a participant has refused.  The order keeps the reason.

        Raises:
            BusinessRefusal: It does not wait for approval.
        """
        self.rejection_reason = reason
        self._move(OrderVerb.REJECT)

    def begin_cancel(self) -> None:
        """Mark it as being cancelled, as the consumer requests.

        Raises:
            BusinessRefusal: It is not approved, or another change is pending.  The methods below raise it too.
        """
        self.refused_change = self.refusal_reason = ""
        self._move(OrderVerb.BEGIN_CANCEL)

    def undo_begin_cancel(self, reason: str) -> None:
        """A participant has refused the cancellation: it is approved again."""
        self.refused_change, self.refusal_reason = OrderChange.CANCEL.value, reason
        self._move(OrderVerb.UNDO_BEGIN_CANCEL)

    def confirm_cancel(self) -> None:
        """Cancel it: all participants have agreed."""
        self._move(OrderVerb.CONFIRM_CANCEL)

    def revised(self, items: Sequence[RequestedItem], *, restaurant: Restaurant, minimum: Decimal) -> Revision:
        """Return the lines and the total that it would have with these quantities.

        Raises:
            BusinessRefusal: An added item is not on the menu, or the total is too small or too large.
        """
        menu = restaurant.dishes(item.menu_item_id for item in items)
        lines = revise_lines(self.lines, items, menu=menu)
        return Revision(lines=lines, total=total_of(lines, minimum=minimum, field=REVISED_ITEMS))

    @property
    def revision(self) -> Revision | None:
        """The pending revision."""
        return None if self.proposed_revision is None else msgspec.convert(self.proposed_revision, Revision)

    def begin_revise(self, revision: Revision) -> None:
        """Mark it as being revised, and store the revision."""
        self.refused_change = self.refusal_reason = ""
        self.proposed_revision = msgspec.to_builtins(revision)
        self._move(OrderVerb.BEGIN_REVISE)

    def undo_begin_revise(self, reason: str) -> None:
        """A participant has refused the revision: it is approved again, with its old lines."""
        self.refused_change, self.refusal_reason = OrderChange.REVISE.value, reason
        self.proposed_revision = None
        self._move(OrderVerb.UNDO_BEGIN_REVISE)

    def confirm_revise(self) -> None:
        """All participants have agreed: replace lines and total by the proposed ones."""
        revision = self.revision
        self.proposed_revision = None
        self._move(OrderVerb.CONFIRM_REVISE)
        if revision is not None:
            self.line_items.all().delete()
            self.add_lines(revision.lines)
            self.order_total = revision.total
            self.save(update_fields=["order_total"])

    def add_lines(self, lines: Iterable[OrderLine]) -> None:
        """Store lines; one statement."""
        OrderLineItem.objects.bulk_create(OrderLineItem(order=self, **asdict(line)) for line in lines)

    def _move(self, verb: OrderVerb) -> None:
        self.state = next_state(OrderState(self.state), verb).value
        self.save(update_fields=["state", "rejection_reason", "proposed_revision", "refused_change", "refusal_reason"])


class OrderLineItem(models.Model):
    """One line of an order, with name and price as they were when it was placed."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="line_items")
    menu_item_id = models.TextField()
    name = models.TextField()
    price = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=2)
    quantity = models.PositiveIntegerField()

    @override
    def __str__(self) -> str:
        return f"{self.quantity} x {self.name}"

    @property
    def line(self) -> OrderLine:
        """The line as a value."""
        return OrderLine(menu_item_id=self.menu_item_id, name=self.name, price=self.price, quantity=self.quantity)
