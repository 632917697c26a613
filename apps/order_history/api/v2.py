"""The REST API of order_history, version 2: what is shown.  See also: `models`, which selects the orders."""

from rest_framework import serializers

from apps.order_history import usecases
from apps.order_history.api.serializers import OrderSerializer, OrdersFilterSerializer, StartKeyField, order_filter
from apps.order_history.domain import TicketState
from apps.order_history.models import OrderView
from apps.shared.fields import IdField, TextField
from apps.shared.hypermedia.protocol.paging import LimitField, Page
from apps.shared.hypermedia.resource import Listing, Resource, Values


class CursorField(StartKeyField):
    """A position as `startKey` of version 1 has it."""

    default_error_messages = {"invalid": "This is no cursor; take the link next of the page before."}


class OrdersPageQuerySerializer(OrdersFilterSerializer):
    """Which orders are asked for, and which page of them."""

    cursor = CursorField(required=False)
    limit = LimitField()


class OrderDetailsSerializer(OrderSerializer):
    """An order as the history shows it; `ticketState` is empty until the kitchen has the ticket."""

    consumer_id = IdField()
    rejection_reason = TextField(allow_blank=True)
    ticket_state = serializers.ChoiceField(choices=[state.value for state in TicketState], allow_blank=True)


def _listed(query: Values) -> Page[OrderView]:
    wanted = order_filter({**query, "start_key": query.get("cursor")})
    found = usecases.find_orders(wanted, maximum=query["limit"])
    return Page(items=found.orders, cursor=found.end and CursorField().to_representation(found.end))


ORDER: Resource[OrderView] = Resource(
    service="order_history",
    name="order",
    path="orders/<id:order_id>",
    summary="Show an order as the events told it.",
    body=OrderDetailsSerializer,
    find=usecases.find_order,
    listing=Listing(
        summary="Show orders, newest first: of a consumer, in a status, since a moment, with some words in its names.",
        name="orders",
        body=OrderDetailsSerializer,
        query=OrdersPageQuerySerializer,
        find=_listed,
    ),
)
