"""Bodies of the REST API of the kitchen, in and out.  See also: `domain`, which has the rules."""

from rest_framework import serializers

from apps.kitchen.domain import TicketState
from apps.shared.fields import CamelSerializer, IdField, ListOf, MomentField, TextField, WholeNumberField


class AcceptTicketSerializer(CamelSerializer):
    """When the restaurant will have it ready."""

    ready_by = MomentField()


class TicketLineSerializer(CamelSerializer):
    """One dish of a ticket."""

    menu_item_id = TextField()
    name = TextField()
    quantity = WholeNumberField(min_value=1)


class TicketSerializer(CamelSerializer):
    """A ticket; `readyBy` is null until the restaurant has accepted."""

    ticket_id = IdField(source="pk")
    order_id = IdField()
    restaurant_id = IdField()
    state = serializers.ChoiceField(choices=[state.value for state in TicketState])
    line_items = ListOf(child=TicketLineSerializer(), source="lines")
    ready_by = MomentField(allow_null=True)
