"""The base of the services' REST views, ids in paths, and the documentation of errors."""

from typing import Any, ClassVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import register_converter
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView
from typing_extensions import override

from apps.shared.fields import CamelSerializer
from apps.shared.rest import MAX_BODY_BYTES
from apps.shared.values import MAX_ID, parse_id
from postroad.context import Current, read_request_id, read_trace_parent, working


class AlwaysJSON(DefaultContentNegotiation):
    """Answer in JSON whatever `Accept` says (RFC 9110, 12.5.1, allows it), because an error 406 would not help the client."""

    @override
    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class ServiceView(APIView):
    """Base of a service's views: it sets the service, so that messages and calls carry its name."""

    service: ClassVar[str]
    content_negotiation_class = AlwaysJSON

    @override
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        work = Current(
            service=self.service,
            trace_parent=read_trace_parent(request.headers.get("traceparent", "")),
            request_id=read_request_id(request.headers.get("X-Request-Id", "")),
        )
        with working(work):
            return super().dispatch(request, *args, **kwargs)


def read_body(request: Request, serializer: type[CamelSerializer]) -> dict[str, Any]:
    """Return the body's values by snake_case name.

    Raises:
        ValidationError: The body does not fit; it names every field at fault.
    """
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


class IdConverter:
    """`<id:order_id>` in a route; zero, or a number above `MAX_ID`, is 404."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        """Return the id; ValueError means 404 to Django."""
        number = parse_id(value)
        if number is None:
            raise ValueError(value)
        return number

    def to_url(self, value: int) -> str:
        """Return the id's digits."""
        return str(value)


register_converter(IdConverter, "id")


def path_id(name: str) -> OpenApiParameter:
    """Return the documentation of an id in a path."""
    schema = {"type": "integer", "format": "int64", "minimum": 1, "maximum": MAX_ID}
    return OpenApiParameter(name, type=schema, location=OpenApiParameter.PATH, required=True)


_ERROR = inline_serializer(
    "Error",
    {
        "code": serializers.CharField(),
        "detail": serializers.CharField(),
        "fields": serializers.DictField(child=serializers.ListField(child=serializers.CharField())),
    },
)
_WHEN = {
    400: "The body does not fit, or names what is not there.",
    403: "It would not be yours.",
    404: "There is no such thing, or it is not yours.",
    409: "Its present state forbids it.",
    413: f"The body is longer than {MAX_BODY_BYTES} bytes.",
    415: "The body is not declared as application/json.",
}


def errors(*statuses: int) -> dict[int, OpenApiResponse]:
    """Return the documentation of the error answers of an operation, for `extend_schema(responses=…)`."""
    return {status: OpenApiResponse(_ERROR, description=_WHEN[status]) for status in statuses}
