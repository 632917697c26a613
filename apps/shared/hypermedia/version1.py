"""Views of version 1 that are made from a resource of version 2: the same objects in plain JSON, without links.

    path("v1/tickets/<id:ticket_id>", shows(TICKET), name="ticket"),
    path("v1/tickets/<id:ticket_id>/accept", performs(TICKET, "accept"), name="ticket-accept"),

The keyword arguments say where version 1 differs.  The service writes a view for an operation that is not alike.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.shared.fields import CamelSerializer
from apps.shared.hypermedia.resource import Resource, title
from apps.shared.views import ServiceView, errors, path_id, read_body
from postroad import unit_of_work

View = Callable[..., HttpResponseBase]


def shows(
    resource: Resource[Any], *, operation: str = "", body: type[CamelSerializer] | None = None, summary: str = ""
) -> View:
    """Return the view that shows an object."""
    shown = body or resource.body

    class ShowView(ServiceView):
        service = resource.service

        @extend_schema(
            operation_id=operation or f"get{title(resource.name)}",
            description=summary or resource.summary,
            parameters=[path_id(resource.variable)],
            responses={200: shown, **errors(404)},
        )
        def get(self, request: Request, **key: int) -> Response:
            return Response(shown(resource.find(*key.values())).data)

    return ShowView.as_view()


def performs(
    resource: Resource[Any], name: str, *, shown: type[CamelSerializer] | None = None, **differences: Any
) -> View:
    """Return the view of an action; `differences` replaces attributes of the `Action`, `shown` the body of the answer.

    A request body that the action does not need is not read.
    """
    action = replace(resource.action(name), **differences)
    answer = shown or resource.body
    found = (404, 409) if action.verb else (404,)
    read = (400, 413, 415) if action.body else ()

    class ActionView(ServiceView):
        service = resource.service

        @extend_schema(
            operation_id=action.operation,
            description=action.summary,
            parameters=[path_id(resource.variable)],
            request=action.body,
            responses={200: answer, **errors(*sorted((*found, *read)))},
        )
        def act(self, request: Request, **key: int) -> Response:
            values = read_body(request, action.body) if action.body else {}
            with unit_of_work():
                thing = action.run(*key.values(), **values)
            return Response(answer(thing).data)

    setattr(ActionView, action.method.lower(), ActionView.act)
    return ActionView.as_view()
