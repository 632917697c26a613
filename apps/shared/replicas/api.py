"""The REST resource of the replica of a restaurant: it shows whether a service knows the restaurant yet."""

from typing import TypeVar

from apps.shared.fields import CamelSerializer, IdField, TextField
from apps.shared.hypermedia.resource import Resource
from apps.shared.replicas.models import RestaurantReplica

R = TypeVar("R", bound=RestaurantReplica)


class RestaurantSerializer(CamelSerializer):
    """The replica of a restaurant."""

    restaurant_id = IdField(source="pk")
    name = TextField()


def restaurant_resource(
    replica: type[R], *, service: str, summary: str, body: type[CamelSerializer] = RestaurantSerializer
) -> Resource[R]:
    """Return the resource of a service's table of restaurants."""
    return Resource(
        service=service,
        name="restaurant",
        path="restaurants/<id:restaurant_id>",
        summary=summary,
        body=body,
        find=replica.find,
    )
