"""The start page."""

from django.urls import path

from apps.tour.views import start_page

urlpatterns = [path("", start_page, name="start")]
