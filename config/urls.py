"""Every URL of the project.  Not: a service's own URLs, which are in its `api/urls.py`."""

urlpatterns: list[object] = []
