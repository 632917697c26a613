"""Routes of the restaurants service, relative to where the project mounts it."""

from django.urls import path

from apps.restaurants.api import views
from apps.restaurants.api.serializers import RestaurantSerializer
from apps.restaurants.api.v2 import RESTAURANT
from apps.shared.hypermedia.routes import routes
from apps.shared.hypermedia.version1 import performs, shows

menu = performs(RESTAURANT, "revise-menu", shown=RestaurantSerializer)

urlpatterns = [
    path("v1/restaurants", views.RestaurantsView.as_view(), name="restaurants"),
    path("v1/restaurants/<id:restaurant_id>", shows(RESTAURANT, body=RestaurantSerializer), name="restaurant"),
    path("v1/restaurants/<id:restaurant_id>/menu", menu, name="restaurant-menu"),
    *routes(RESTAURANT),
]
