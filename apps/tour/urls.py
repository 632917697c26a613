"""URLs of the start page and of its figures."""

from django.urls import path

from apps.tour.views import events, start_page, status

urlpatterns = [
    path("", start_page, name="start"),
    path("tour/status.json", status, name="tour-status"),
    path("tour/events", events, name="tour-events"),
]
