"""What orders can do, one function per verb, each inside the transaction that its caller opened."""

from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings

from apps.consumers.messages import ConsumerCreated
from apps.orders import event_factories
from apps.orders.domain import OrderRequest, OrderState, OrderVerb, RequestedItem, next_state
from apps.orders.messages import (
    OrderCancellationProposed,
)
from apps.orders.models import Consumer, Order, Restaurant
from apps.orders.participants import CancelOrderData, CreateOrderData, ReviseOrderData
from apps.orders.sagas.cancel_order import cancel_order as cancel_order_saga
from apps.orders.sagas.create_order import create_order as create_order_saga
from apps.orders.sagas.revise_order import revise_order as revise_order_saga
from apps.restaurants.messages import MenuRevised, RestaurantCreated
from apps.shared.identity.scope import check_owner, own
from apps.shared.refusals import BusinessRefusal, not_found
from postroad import SagaHistory, Snapshot, find_saga_history, publish, start_saga

MINIMUM_ORDER_VALUE = Decimal("10.00")  # default of the setting ORDERS_MINIMUM_ORDER_VALUE: the business's own figure


def create_order(request: OrderRequest) -> Order:
    """Place an order and start its saga; no command has been sent yet when this returns.

    Only local data are checked.  An unknown consumer is refused later, by consumers, because the replica may be outdated.

    Raises:
        BusinessRefusal: The restaurant or a menu item is unknown, the total is too small or too large, or `not_yours`.
    """
    check_owner(request.consumer_id, field="consumerId")
    restaurant = Restaurant.objects.filter(pk=request.restaurant_id).first()
    if restaurant is None:
        detail = f"There is no restaurant {request.restaurant_id}."
        raise BusinessRefusal("unknown_restaurant", detail, field="restaurantId", status=400)
    order = Order.place(request, restaurant=restaurant, minimum=_minimum_order_value())
    event = event_factories.created(order)
    publish(event)
    start_saga(
        create_order_saga,
        CreateOrderData(
            order_id=order.pk,
            consumer_id=order.consumer_id,
            restaurant_id=order.restaurant_id,
            line_items=event.line_items,
            order_total=order.order_total,
        ),
    )
    return order


def cancel_order(order_id: int) -> Order:
    """Begin to cancel an order; it is CANCEL_PENDING until kitchen and accounting have answered.

    Raises:
        BusinessRefusal: `not_found`, or `illegal_transition`: it is not approved, or another change is pending.
    """
    order = lock_order(order_id)
    order.begin_cancel()
    publish(OrderCancellationProposed(order_id=order.pk))
    start_saga(
        cancel_order_saga,
        CancelOrderData(
            order_id=order.pk,
            consumer_id=order.consumer_id,
            restaurant_id=order.restaurant_id,
            order_total=order.order_total,
        ),
    )
    return order


def revise_order(order_id: int, items: Sequence[RequestedItem]) -> Order:
    """Begin to give an order other quantities; it is REVISION_PENDING until kitchen and accounting have answered.

    Raises:
        BusinessRefusal: As `cancel_order`, or the items cannot be ordered (see `Order.revised`).
    """
    order = lock_order(order_id)
    next_state(
        OrderState(order.state), OrderVerb.BEGIN_REVISE
    )  # a pending order is refused before its items are looked at
    restaurant = Restaurant.find(order.restaurant_id)
    revision = order.revised(items, restaurant=restaurant, minimum=_minimum_order_value())
    order.begin_revise(revision)
    publish(event_factories.proposed(order))
    start_saga(
        revise_order_saga,
        ReviseOrderData(
            order_id=order.pk,
            consumer_id=order.consumer_id,
            restaurant_id=order.restaurant_id,
            revised_line_items=event_factories.line_items(revision.lines),
            revised_total=revision.total,
        ),
    )
    return order


def find_order(order_id: int) -> Order:
    """Return an order.

    Raises:
        BusinessRefusal: `not_found`, also if it belongs to another consumer.
    """
    order = own(Order.objects.all()).filter(pk=order_id).first()
    if order is None:
        raise not_found("order", order_id)
    return order


def orders_after(*, after: int, maximum: int) -> list[Order]:
    """Return the caller's next orders by ascending id: those above `after`."""
    return list(own(Order.objects.all()).filter(pk__gt=after).order_by("pk")[:maximum])


def lock_order(order_id: int) -> Order:
    """Like `find_order`, under a row lock, in the caller's transaction."""
    order = own(Order.objects.select_for_update()).filter(pk=order_id).first()
    if order is None:
        raise not_found("order", order_id)
    return order


def newest_orders(*, before: int | None, maximum: int) -> tuple[Order, ...]:
    """Return the caller's newest orders, or the newest of those that are older than order `before`; one statement."""
    orders = own(Order.objects.all()).order_by("-pk")
    return tuple((orders if before is None else orders.filter(pk__lt=before))[:maximum])


def find_history(order: Order) -> SagaHistory | None:
    """Return the history of the saga that worked on an order last; None when it is forgotten."""
    sagas = (create_order_saga, cancel_order_saga, revise_order_saga)
    return find_saga_history([saga.name for saga in sagas], str(order.pk))


def find_consumer(consumer_id: int) -> Consumer:
    """Return the replica of a consumer.

    Raises:
        BusinessRefusal: `not_found`: it does not exist, or its event has not arrived yet.
    """
    consumer = Consumer.objects.filter(pk=consumer_id).first()
    if consumer is None:
        raise not_found("consumer", consumer_id)
    return consumer


def keep_restaurant(event: RestaurantCreated) -> None:
    """Keep a replica of a restaurant and its menu; safe to repeat."""
    Restaurant.keep(event.restaurant_id, name=event.name, menu=event.menu.menu_items)


def keep_menu(event: MenuRevised) -> None:
    """Keep a restaurant's new menu; safe to repeat."""
    Restaurant.keep_menu(event.restaurant_id, menu=event.menu.menu_items)


def keep_consumer(event: ConsumerCreated) -> None:
    """Keep a replica of a consumer; safe to repeat."""
    names = {"first_name": event.first_name, "last_name": event.last_name}
    Consumer.objects.update_or_create(pk=event.consumer_id, defaults=names)


def snapshots(after: str, maximum: int) -> list[Snapshot]:
    """Return snapshots of the next orders, for rebuilding a view; their rows are locked."""
    found = Order.objects.filter(pk__gt=int(after or 0)).select_for_update().order_by("pk")[:maximum]
    return [
        Snapshot(key=str(order.pk), events=(event_factories.created(order), *event_factories.outcome(order)))
        for order in found
    ]


def _minimum_order_value() -> Decimal:
    value: Decimal = getattr(settings, "ORDERS_MINIMUM_ORDER_VALUE", MINIMUM_ORDER_VALUE)
    return value
