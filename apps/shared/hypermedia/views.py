"""The views of version 2, one per kind of operation; each works for every resource."""

from typing import Any, ClassVar

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import override

from apps.shared.hypermedia.documentation import ResourceSchema
from apps.shared.hypermedia.expand import asked_parts
from apps.shared.hypermedia.protocol import problems
from apps.shared.hypermedia.protocol.etags import check_unchanged, is_known, tag_of
from apps.shared.hypermedia.protocol.paging import page_links, read_query
from apps.shared.hypermedia.resource import Action, Creation, Listing, Resource
from apps.shared.views import ServiceView, read_body
from postroad import unit_of_work


class ResourceView(ServiceView):
    """Base of the views below, which `routes` completes with what a service has declared.

    Attributes:
        media_names: By method, the name of the resource in media types.
    """

    resource: ClassVar[Resource[Any]]
    media_names: ClassVar[dict[str, str]]
    schema = ResourceSchema()

    @override
    def get_exception_handler(self) -> Any:
        return problems.exception_handler

    @override
    def options(self, request: HttpRequest, *args: Any, **keys: Any) -> Response:
        """Answer with the allowed methods only, which are in the headers of every answer."""
        return Response(status=204)

    def answer(self, thing: object, *, shown: dict[str, object], tag: str, status: int) -> Response:
        """Return the answer to a change: the changed object, and its URL if it is new or still changing."""
        headers = {"ETag": tag}
        if status in (201, 202):
            headers["Location"] = self.resource.address(self.resource.key(thing))
        return Response(shown, status=status, headers=headers)


class ItemView(ResourceView):
    """One object."""

    def get(self, request: Request, **key: int) -> Response:
        """Show the object, with its links and the requested parts."""
        parts = asked_parts(request, self.resource.parts)
        return _cached(request, *self.resource.show(self.resource.find(*key.values()), parts))


class UpdateView(ResourceView):
    """An action on an object."""

    action: ClassVar[Action[Any]]

    def update(self, request: Request, **key: int) -> Response:
        """Run the action, if the client knows the object's current state and the state allows it."""
        values = read_body(request, self.action.body) if self.action.body else {}
        with unit_of_work():
            thing = self.resource.lock(*key.values())
            check_unchanged(request, self.resource.show(thing)[1])
            shown, tag = self.resource.show(self.action.run(*key.values(), **values))
        return self.answer(thing, shown=shown, tag=tag, status=self.action.status)


class ActionView(UpdateView):
    """An action by POST."""

    post = UpdateView.update


class ReplacementView(UpdateView):
    """An action by PUT: it replaces a part of an object."""

    put = UpdateView.update


class ListView(ResourceView):
    """A list of objects, page by page."""

    listing: ClassVar[Listing[Any]]

    def get(self, request: Request) -> Response:
        """Show a page of the list, with the URL of the next one."""
        page = self.listing.find(read_query(request, self.listing.query))
        items = [self.resource.show_item(item, self.listing.body) for item in page.items]
        links = page_links(self.resource.list_address, request.query_params.dict(), cursor=page.cursor)
        shown: dict[str, object] = {self.listing.name: items, "_links": links}
        return _cached(request, shown, tag_of(shown))


class CreationView(ResourceView):
    """Creation of objects by POST."""

    creation: ClassVar[Creation[Any]]

    def post(self, request: Request) -> Response:
        """Create an object."""
        values = read_body(request, self.creation.body)
        with unit_of_work():
            thing = self.creation.run(**values)
            shown, tag = self.resource.show(thing)
        return self.answer(thing, shown=shown, tag=tag, status=self.creation.status)


class CollectionView(ListView, CreationView):
    """List and create at the same URL."""


def _cached(request: Request, shown: dict[str, object], tag: str) -> Response:
    """Return an answer that may be cached but must be revalidated; the entity tag makes that cheap."""
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    return Response(status=304, headers=headers) if is_known(request, tag) else Response(shown, headers=headers)
