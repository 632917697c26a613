"""Routes of the gateway; they are at the root, alone and in the one-process mode."""

from django.urls import path, re_path

import apps.shared.views  # noqa: F401 - knows <id:…>
from apps.gateway.api import views
from apps.gateway.edge import guarded

urlpatterns = [
    path("graphql", guarded(views.graphql, resource="graphql"), name="gateway-graphql"),
    path("model.json", guarded(views.model, resource="model.json"), name="gateway-model"),
    path("v1/orders", guarded(views.orders, resource="orders"), name="gateway-orders"),
    path("v1/orders/<id:order_id>", guarded(views.order, resource="orders"), name="gateway-order"),
    re_path(r"^v[12]/(?P<resource>[^/]+)(?:/.*)?$", guarded(views.forwarded), name="gateway-forwarded"),
]
