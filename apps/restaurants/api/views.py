"""What is special in version 1 of the REST API of restaurants.  See also: `urls`, which derives the rest from `v2`."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.restaurants import usecases
from apps.restaurants.api.serializers import (
    CreateRestaurantSerializer,
    RestaurantCreatedSerializer,
    RestaurantsQuerySerializer,
    RestaurantsSerializer,
    dishes,
    street_address,
)
from apps.shared.hypermedia.protocol.paging import read_query
from apps.shared.views import ServiceView, errors, read_body
from postroad import unit_of_work


class RestaurantsView(ServiceView):
    """All restaurants."""

    service = "restaurants"

    @extend_schema(
        operation_id="listRestaurants",
        parameters=[RestaurantsQuerySerializer],
        responses={200: RestaurantsSerializer, **errors(400)},
    )
    def get(self, request: Request) -> Response:
        """List all restaurants, in the order in which they joined."""
        page = usecases.list_restaurants(after=read_query(request, RestaurantsQuerySerializer).get("start_key", 0))
        return Response(RestaurantsSerializer(page).data)

    @extend_schema(
        operation_id="createRestaurant",
        request=CreateRestaurantSerializer,
        responses={200: RestaurantCreatedSerializer, **errors(400, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """Take a restaurant in; the other services learn of it by an event."""
        body = read_body(request, CreateRestaurantSerializer)
        with unit_of_work():
            restaurant = usecases.create_restaurant(
                body["name"], address=street_address(body["address"]), dishes=dishes(body["menu"])
            )
        return Response(RestaurantCreatedSerializer(restaurant).data)
