"""Bodies of the REST API of delivery, in and out.  See also: `domain`, which has the rules."""

from rest_framework import serializers

from apps.delivery.domain import ActionType, DeliveryState
from apps.shared.fields import CamelSerializer, FlagField, IdField, ListOf, MomentField, TextField
from apps.shared.replicas import api as replicas


class AvailabilitySerializer(CamelSerializer):
    """Whether a courier takes further deliveries."""

    available = FlagField()


class AddressSerializer(CamelSerializer):
    """Where food is picked up or brought."""

    street1 = TextField()
    street2 = TextField(allow_blank=True)
    city = TextField()
    state = TextField()
    zip = TextField()


class ActionSerializer(CamelSerializer):
    """An action of a courier for a delivery, and its actual or planned time."""

    type = serializers.ChoiceField(choices=[type_.value for type_ in ActionType])
    time = MomentField()


class PlannedActionSerializer(ActionSerializer):
    """What a courier has still to do; `address` is null while the restaurant's is not known here."""

    delivery_id = IdField()
    address = AddressSerializer(allow_null=True)


class CourierSerializer(CamelSerializer):
    """A courier with their next actions in order of time, for at most fifty deliveries."""

    courier_id = IdField(source="pk")
    available = FlagField()
    actions = ListOf(child=PlannedActionSerializer())


class DeliveryInfoSerializer(CamelSerializer):
    """Which delivery it is, and where it stands."""

    id = IdField(source="pk")
    state = serializers.ChoiceField(choices=[state.value for state in DeliveryState])


class DeliverySerializer(CamelSerializer):
    """A delivery; `assignedCourier` is null and `courierActions` empty while nobody carries it."""

    delivery_info = DeliveryInfoSerializer(source="*")
    assigned_courier = IdField(source="courier_id", allow_null=True)
    courier_actions = ListOf(child=ActionSerializer(), source="actions")


class RestaurantSerializer(replicas.RestaurantSerializer):
    """The replica of a restaurant."""

    address = AddressSerializer()
