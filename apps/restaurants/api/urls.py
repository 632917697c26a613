"""Routes of the restaurants service, relative to where the project mounts it."""

from django.urls import path

from apps.restaurants.api import views
from apps.restaurants.api.v2 import RESTAURANT
from apps.shared.hypermedia.routes import routes

urlpatterns = [
    path("v1/restaurants", views.RestaurantsView.as_view(), name="restaurants"),
    path("v1/restaurants/<id:restaurant_id>", views.RestaurantView.as_view(), name="restaurant"),
    path("v1/restaurants/<id:restaurant_id>/menu", views.MenuView.as_view(), name="restaurant-menu"),
    *routes(RESTAURANT),
]
