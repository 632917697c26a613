"""Bodies of the REST API of orders, in and out.  See also: `domain`, which has the rules."""

from typing import Any

from rest_framework import serializers
from typing_extensions import override

from apps.orders.domain import DeliveryAddress, OrderChange, OrderRequest, OrderState, RequestedItem
from apps.orders.models import Order
from apps.shared.fields import CamelSerializer, IdField, ListOf, MomentField, MoneyField, TextField, WholeNumberField
from postroad import Direction, SagaHistory, SagaHistoryStep, waiting

MAX_LINES = 100  # lines of one order
MAX_QUANTITY = 1000  # of one dish: a big party


class LineItemSerializer(CamelSerializer):
    """One requested dish."""

    menu_item_id = TextField(max_length=100)
    quantity = WholeNumberField(min_value=1, max_value=MAX_QUANTITY)


class AddressSerializer(CamelSerializer):
    """Where the order is delivered to."""

    street1 = TextField(max_length=200)
    street2 = TextField(max_length=200, required=False, allow_blank=True, allow_null=True)
    city = TextField(max_length=100)
    state = TextField(max_length=100)
    zip = TextField(max_length=20)


class CreateOrderSerializer(CamelSerializer):
    """An order as the consumer asks for it."""

    consumer_id = IdField()
    restaurant_id = IdField()
    delivery_address = AddressSerializer()
    delivery_time = MomentField()
    line_items = ListOf(child=LineItemSerializer(), min_length=1, max_length=MAX_LINES)


def order_request(values: dict[str, Any]) -> OrderRequest:
    """Return the values of a valid `CreateOrderSerializer` as what the use-case takes."""
    address = {name: text for name, text in values["delivery_address"].items() if text is not None}
    return OrderRequest(
        consumer_id=values["consumer_id"],
        restaurant_id=values["restaurant_id"],
        delivery_address=DeliveryAddress(**address),
        delivery_time=values["delivery_time"],
        line_items=tuple(RequestedItem(**item) for item in values["line_items"]),
    )


class RevisedLineItemSerializer(CamelSerializer):
    """The quantity that a dish shall have; 0 takes it out."""

    menu_item_id = TextField(max_length=100)
    quantity = WholeNumberField(min_value=0, max_value=MAX_QUANTITY)


class ReviseOrderSerializer(CamelSerializer):
    """Other quantities, and further dishes, for an order."""

    revised_order_line_items = ListOf(child=RevisedLineItemSerializer(), min_length=1, max_length=MAX_LINES)


def requested_items(values: dict[str, Any]) -> tuple[RequestedItem, ...]:
    """Return the values of a valid `ReviseOrderSerializer` as what the use-case takes."""
    return tuple(RequestedItem(**item) for item in values["revised_order_line_items"])


class OrderCreatedSerializer(CamelSerializer):
    """The new order's id."""

    order_id = IdField(source="pk")


class OrderSerializer(CamelSerializer):
    """An order; `rejectionReason` is there when it was rejected, the other two when its last change was refused."""

    order_id = IdField(source="pk")
    state = serializers.ChoiceField(choices=[state.value for state in OrderState])
    order_total = MoneyField()
    rejection_reason = TextField(required=False)
    refused_change = serializers.ChoiceField(choices=[change.value for change in OrderChange], required=False)
    refusal_reason = TextField(required=False)

    @override
    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        return {name: value for name, value in shown.items() if value != ""}


class OrderedLineSerializer(CamelSerializer):
    """One dish as it was ordered; its name and price are those of that moment."""

    menu_item_id = TextField()
    name = TextField()
    price = MoneyField()
    quantity = WholeNumberField(min_value=1)


class DestinationSerializer(CamelSerializer):
    """Where an order is delivered to."""

    street1 = TextField()
    street2 = TextField(allow_blank=True)
    city = TextField()
    state = TextField()
    zip = TextField()


class ContentsSerializer(CamelSerializer):
    """What was ordered: by whom, where, for when and to which address."""

    order_id = IdField(source="pk")
    consumer_id = IdField()
    restaurant_id = IdField()
    restaurant_name = TextField()
    delivery_address = DestinationSerializer(source="address")
    delivery_time = MomentField()
    line_items = ListOf(child=OrderedLineSerializer(), source="lines")


class SagaSerializer(CamelSerializer):
    """The saga that worked on an order last."""

    id = serializers.UUIDField(source="saga_id")
    type = TextField(source="saga_type")
    state = TextField(source="status")
    reason = TextField(allow_blank=True)


class JourneyStepSerializer(CamelSerializer):
    """One attempt of one step; `to` is the service that was asked."""

    name = TextField()
    direction = serializers.ChoiceField(choices=[direction.value for direction in Direction])
    kind = serializers.ChoiceField(choices=["command", "local"])
    message_type = TextField()
    channel = TextField(allow_blank=True)
    to = serializers.SerializerMethodField()
    reply = TextField(allow_blank=True)
    outcome = TextField(allow_blank=True)
    detail = TextField(allow_blank=True)
    started_at = MomentField()
    ended_at = MomentField(allow_null=True)
    milliseconds = WholeNumberField(allow_null=True)

    def get_to(self, step: SagaHistoryStep) -> str:
        """Return the receiving service; a local step is the orders service's own."""
        return step.service or "orders"


def shown_journey(order: Order, history: SagaHistory | None) -> dict[str, Any]:
    """Return the values that `JourneySerializer` shows."""
    return {
        "order_id": order.pk,
        "state": order.state,
        "saga": history,
        "steps": history.steps if history else (),
        "waiting": waiting(history) if history else None,
        "elapsed_milliseconds": history.elapsed_milliseconds if history else 0,
    }


class WaitingSerializer(CamelSerializer):
    """What an order under way waits for, and what an operator can do if it takes long."""

    since = MomentField()
    why = TextField()
    what_to_do = TextField()


class JourneySerializer(CamelSerializer):
    """The saga history of an order: the newest 200 attempts of its steps; `saga` is null when it has been deleted.

    `waiting` is null once the saga has ended.
    """

    order_id = IdField()
    state = serializers.ChoiceField(choices=[state.value for state in OrderState])
    saga = SagaSerializer(allow_null=True)
    steps = ListOf(child=JourneyStepSerializer())
    waiting = WaitingSerializer(allow_null=True)
    elapsed_milliseconds = WholeNumberField()
