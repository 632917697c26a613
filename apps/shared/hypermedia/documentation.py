"""Builds the OpenAPI document of version 2 from the declarations.  See also: `views`, which implements it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema_field
from rest_framework import serializers
from typing_extensions import override

from apps.shared.fields import CamelSerializer, ListOf
from apps.shared.hypermedia.expand import MAX_NAMES
from apps.shared.hypermedia.idempotency import KEY_PATTERN
from apps.shared.hypermedia.protocol.negotiation import PLAIN, media_type_of
from apps.shared.hypermedia.protocol.problems import PROBLEM_TYPE
from apps.shared.hypermedia.resource import Action, Creation, Listing, Resource, title
from apps.shared.views import path_id

VERSION = 2
_LINK = {"type": "object", "properties": {"href": {"type": "string"}, "method": {"type": "string"}}}
_LINKS = {"type": "object", "additionalProperties": {**_LINK, "required": ["href", "method"]}, "required": ["self"]}
_WHEN = {
    400: "The request does not fit, or names what is not there.",
    404: "There is no such thing.",
    406: "The address does not answer in what is accepted.",
    409: "Its present state forbids it.",
    412: "The state has changed since the ETag of If-Match.",
    413: "The body is too long.",
    415: "The body is not declared as application/json.",
    422: "The Idempotency-Key was used for another request.",
    428: "If-Match is missing.",
}
_IF_MATCH = "ETag of the state that the update is meant for, or *."
_IF_NONE_MATCH = "ETag of the answer that the client has already."
_KEY = "Recommended: repeated with the same key, the request changes nothing and gets the first answer."


class FaultSerializer(CamelSerializer):
    """What is wrong with one field, and the way out where `detail` does not say it."""

    field = serializers.CharField(allow_blank=True)
    detail = serializers.CharField()
    value = serializers.JSONField(required=False)
    way_out = serializers.CharField(required=False)


class ProblemSerializer(CamelSerializer):
    """An error as RFC 9457 has it; `code` is a stable word for programs."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    code = serializers.CharField()
    errors = ListOf(child=FaultSerializer())  # type: ignore[assignment]  # the metaclass takes it away


@extend_schema_field(_LINKS)
class LinksField(serializers.Field[Any, Any, Any, Any]):
    """Where the thing is, and what can be done to it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What the document says of one operation."""

    id: str
    summary: str
    status: int
    answer: type[CamelSerializer]
    media_name: str
    errors: tuple[int, ...]
    body: type[CamelSerializer] | None = None
    parameters: tuple[OpenApiParameter | type[CamelSerializer], ...] = ()


class ResourceSchema(AutoSchema):
    """Describes the views of version 2."""

    view: Any

    @property
    def _operation(self) -> Operation:
        resource: Resource[Any] = self.view.resource
        match self.method, self.view:
            case _, object(action=action):
                return _acting(resource, action)
            case "POST", object(creation=creation):
                return _creating(resource, creation)
            case "GET", object(listing=listing):
                return _listing(resource, listing)
            case _:
                return _showing(resource)

    @override
    def get_operation_id(self) -> str:
        return f"{self._operation.id}V{VERSION}"

    @override
    def get_summary(self) -> str:
        return self._operation.summary

    @override
    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular's has no parameters
        return self._operation.summary

    @override
    def get_request_serializer(self) -> Any:
        return self._operation.body

    @override
    def get_override_parameters(self) -> list[Any]:
        variables = [path_id(name) for name in _variables(self.path)]
        return [*variables, *self._operation.parameters, *_answer_headers(self._operation.status)]

    @override
    def get_response_serializers(self) -> Any:
        operation = self._operation
        shown = OpenApiResponse(operation.answer, description=operation.summary)
        answers: dict[Any, Any] = {
            (operation.status, PLAIN, media_type_of(operation.media_name, VERSION)): shown,
            **{
                (status, PROBLEM_TYPE): OpenApiResponse(ProblemSerializer, description=_WHEN[status])
                for status in (*operation.errors, 406)
            },
        }
        if self.method == "GET":
            answers[304] = OpenApiResponse(description="The client has it already.")
        return answers


def _showing(resource: Resource[Any]) -> Operation:
    expand = _expand(list(resource.parts)) if resource.parts else ()
    return Operation(
        id=f"get{title(resource.name)}",
        summary=resource.summary,
        status=200,
        answer=shown_serializer(resource),
        media_name=resource.name,
        errors=(400, 404) if resource.parts else (404,),
        parameters=(_header("If-None-Match", _IF_NONE_MATCH), *expand),
    )


def _acting(resource: Resource[Any], action: Action[Any]) -> Operation:
    key = (_idempotency_key(),) if action.method == "POST" else ()
    return Operation(
        id=action.operation,
        summary=action.summary,
        status=action.status,
        answer=shown_serializer(resource),
        media_name=resource.name,
        errors=(400, 404, 409, 412, *((413, 415) if action.body else ()), 422, 428),
        body=action.body,
        parameters=(_header("If-Match", _IF_MATCH, required=True), *key),
    )


def _creating(resource: Resource[Any], creation: Creation[Any]) -> Operation:
    return Operation(
        id=f"create{title(resource.name)}",
        summary=creation.summary,
        status=creation.status,
        answer=shown_serializer(resource),
        media_name=resource.name,
        errors=(400, 409, 413, 415, 422),
        body=creation.body,
        parameters=(_idempotency_key(),),
    )


def _listing(resource: Resource[Any], listing: Listing[Any]) -> Operation:
    return Operation(
        id=f"list{title(listing.name)}",
        summary=listing.summary,
        status=200,
        answer=list_serializer(resource, listing),
        media_name=listing.name,
        errors=(400,),
        parameters=(_header("If-None-Match", _IF_NONE_MATCH), listing.query),
    )


@cache
def shown_serializer(resource: Resource[Any]) -> type[CamelSerializer]:
    """Return the body of a resource as it is answered: with links, and with parts if it has any."""
    extra: dict[str, type[serializers.Field[Any, Any, Any, Any]]] = {"_links": LinksField}
    name = title(resource.name)
    if resource.parts:
        parts = {part: expansion.body(required=False, allow_null=True) for part, expansion in resource.parts.items()}
        extra["_embedded"] = type(f"{name}Parts", (serializers.Serializer,), parts)
    return _with(resource.body, f"{name}Resource", extra)


@cache
def list_serializer(resource: Resource[Any], listing: Listing[Any]) -> type[CamelSerializer]:
    """Return the body of a page of a list."""
    item = _with(listing.body, f"{title(resource.name)}Item", {"_links": LinksField})
    fields = {listing.name: ListOf(child=item())}
    page = type(f"{title(listing.name)}Fields", (CamelSerializer,), {"__doc__": "A page of a list.", **fields})
    return _with(page, f"{title(listing.name)}Page", {"_links": LinksField})


def _with(body: type[CamelSerializer], name: str, extra: dict[str, Any]) -> type[CamelSerializer]:
    """Return a body with more fields, whose names are as they are."""

    class Extended(body):  # type: ignore[misc, valid-type]  # a class known at run time only
        @override
        def get_fields(self) -> Any:
            added = {key: field(required=key != "_embedded") for key, field in extra.items()}
            return {**super().get_fields(), **added}

    Extended.__name__ = Extended.__qualname__ = name
    Extended.__doc__ = body.__doc__
    return Extended


def _answer_headers(status: int) -> list[OpenApiParameter]:
    headers = {"ETag": "Of the state shown."}
    if status in (201, 202):
        headers["Location"] = "Where it is."
    return [
        OpenApiParameter(name, str, OpenApiParameter.HEADER, response=[str(status)], description=description)
        for name, description in headers.items()
    ]


def _header(name: str, description: str, *, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, required=required, description=description)


def _idempotency_key() -> OpenApiParameter:
    schema = {"type": "string", "pattern": f"^{KEY_PATTERN}$"}
    return OpenApiParameter("Idempotency-Key", schema, OpenApiParameter.HEADER, description=_KEY)


def _expand(names: Sequence[str]) -> tuple[OpenApiParameter, ...]:
    schema = {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1, "maxItems": MAX_NAMES}
    description = "Parts to show, too, under _embedded."
    return (OpenApiParameter("expand", schema, OpenApiParameter.QUERY, explode=False, description=description),)


def _variables(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]
