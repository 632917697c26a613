"""The REST API of restaurants, version 1: one method per operation."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.restaurants import usecases
from apps.restaurants.api.serializers import (
    CreateRestaurantSerializer,
    GivenMenuSerializer,
    RestaurantCreatedSerializer,
    RestaurantSerializer,
    RestaurantsQuerySerializer,
    RestaurantsSerializer,
    dishes,
    shown_restaurant,
    street_address,
)
from apps.shared.views import ServiceView, errors, path_id, read_body
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
        given = RestaurantsQuerySerializer(data=_query(request))
        given.is_valid(raise_exception=True)
        page = usecases.list_restaurants(after=given.validated_data.get("start_key", 0))
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


class RestaurantView(ServiceView):
    """One restaurant."""

    service = "restaurants"

    @extend_schema(
        operation_id="getRestaurant",
        parameters=[path_id("restaurant_id")],
        responses={200: RestaurantSerializer, **errors(404)},
    )
    def get(self, request: Request, restaurant_id: int) -> Response:
        """Show a restaurant and its menu."""
        return Response(shown_restaurant(usecases.find_restaurant(restaurant_id)))


class MenuView(ServiceView):
    """The menu of one restaurant."""

    service = "restaurants"

    @extend_schema(
        operation_id="reviseMenu",
        parameters=[path_id("restaurant_id")],
        request=GivenMenuSerializer,
        responses={200: RestaurantSerializer, **errors(400, 404, 413, 415)},
    )
    def put(self, request: Request, restaurant_id: int) -> Response:
        """Replace the menu; the other services learn of it by an event."""
        offered = dishes(read_body(request, GivenMenuSerializer))
        with unit_of_work():
            restaurant = usecases.revise_menu(restaurant_id, dishes=offered)
        return Response(shown_restaurant(restaurant))


def _query(request: Request) -> dict[str, object]:
    """Return the parameters; one that is given twice fits nowhere, as a list does not."""
    return {name: values[0] if len(values) == 1 else values for name, values in request.query_params.lists()}
