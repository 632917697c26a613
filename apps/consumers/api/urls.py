"""Routes of the consumers service, relative to where the project mounts it."""

from django.urls import path

from apps.consumers.api import views
from apps.consumers.api.serializers import ConsumerSerializer
from apps.consumers.api.v2 import CONSUMER
from apps.shared.hypermedia.routes import routes
from apps.shared.hypermedia.version1 import shows

urlpatterns = [
    path("v1/consumers", views.ConsumersView.as_view(), name="consumers"),
    path("v1/consumers/<id:consumer_id>", shows(CONSUMER, body=ConsumerSerializer), name="consumer"),
    *routes(CONSUMER),
]
