"""The routes of a resource in version 2, from its declaration."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, path

from apps.shared.hypermedia.resource import Resource
from apps.shared.hypermedia.views import (
    ActionView,
    CollectionView,
    CreationView,
    ItemView,
    ListView,
    ReplacementView,
    ResourceView,
)


def routes(*resources: Resource[Any]) -> list[URLPattern]:
    """Return the routes of resources, relative to the service's mount point."""
    return [route for resource in resources for route in _routes(resource)]


def _routes(resource: Resource[Any]) -> Iterator[URLPattern]:
    names = dict.fromkeys(("GET", "HEAD", "POST", "PUT"), resource.name)
    yield path(f"v2/{resource.path}", _view(ItemView, resource, names), name=resource.route_name())
    for action in resource.actions:
        kind: type[ResourceView] = ActionView if action.method == "POST" else ReplacementView
        route = f"v2/{resource.path}/{action.address or action.name}"
        yield path(route, _view(kind, resource, names, action=action), name=resource.route_name(action.name))
    lists = dict.fromkeys(("GET", "HEAD"), resource.listing.name) if resource.listing else {}
    found = {"listing": resource.listing, "creation": resource.creation}
    given = {name: value for name, value in found.items() if value is not None}
    if given:
        view = _view(_COLLECTIONS[frozenset(given)], resource, names | lists, **given)
        yield path(f"v2/{resource.path.rpartition('/')[0]}", view, name=resource.route_name("list"))


def _view(kind: type[ResourceView], resource: Resource[Any], names: dict[str, str], **declared: object) -> Any:
    attributes = {"service": resource.service, "resource": resource, "media_names": names, **declared}
    return type(kind.__name__, (kind,), {"__doc__": kind.__doc__, **attributes}).as_view()  # type: ignore[attr-defined]


_COLLECTIONS: dict[frozenset[str], type[ResourceView]] = {
    frozenset({"listing", "creation"}): CollectionView,
    frozenset({"listing"}): ListView,
    frozenset({"creation"}): CreationView,
}
