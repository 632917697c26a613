"""What the services' REST APIs share: strict JSON in, one form of error out, field types, the base of their views.

Not: routes and rules of a service.

Every error has the body `{"code": "invalid", "detail": "one sentence", "fields": {"lineItems[0].quantity": ["…"]}}`.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import IO, Any, ClassVar, NoReturn

from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import register_converter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from typing_extensions import override

from apps.refusals import BusinessRefusal
from apps.values import MAX_ID, MAX_MONEY, cents
from postroad.context import Current, working

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 1_000_000  # a menu of a thousand dishes is a tenth of it
MAX_DEPTH = 32  # our deepest body has four levels; Python itself gives up near a thousand
_MONEY = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?")
_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context, level 1
_WHOLE = "non_field_errors"  # Django REST framework's key for what is wrong with a whole object

MONEY_TEXT = {"type": "string", "pattern": "^[0-9]{1,10}(\\.[0-9]{1,2})?$", "examples": ["12.30"]}
MONEY_NUMBER = {"type": "number", "minimum": 0, "maximum": float(MAX_MONEY)}


class BodyTooLarge(APIException):
    """The body is longer than `MAX_BODY_BYTES`."""

    status_code = 413
    default_detail = f"The body is too large; the limit is {MAX_BODY_BYTES} bytes."
    default_code = "body_too_large"


class BoundedJSONParser(BaseParser):
    """JSON in UTF-8, at most `MAX_BODY_BYTES` long and `MAX_DEPTH` deep; fractions become exact decimals."""

    media_type = "application/json"

    @override
    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> object:
        """Return the value.

        Raises:
            BodyTooLarge: Too many bytes; the rest of them is not read.
            ParseError: No JSON, no UTF-8, NaN or infinity, or nested too deeply.
        """
        try:
            body = stream.read(MAX_BODY_BYTES + 1)
        except OSError as error:
            raise ParseError("The body ended before its announced length.") from error
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
        try:
            value = json.loads(body.decode(), parse_float=Decimal, parse_constant=_refuse_constant)
        except (ValueError, ArithmeticError) as error:
            raise ParseError(f"The body is no JSON in UTF-8: {type(error).__name__}.") from error
        except RecursionError:
            raise ParseError(_TOO_DEEP) from None
        _check_depth(value)
        return value


_TOO_DEEP = f"The body is nested too deeply; the limit is {MAX_DEPTH} levels."


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise ParseError(_TOO_DEEP)


def _children(value: object) -> Sequence[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Return the answer for whatever a view raised; None for a defect, which Django answers and logs."""
    match error:
        case BusinessRefusal():
            fields = {error.field: [error.detail]} if error.field else {}
            return _error(error.status, error.code, error.detail, fields)
        case ValidationError():
            whole, fields = _flatten(error.detail)
            return _error(error.status_code, "invalid", whole or "Some fields are not valid.", fields)
        case Http404():
            return _error(404, "not_found", "There is nothing at this address.")
        case APIException():
            return _error(error.status_code, error.default_code, str(error.detail))
        case OperationalError():
            log.warning("database cannot be used", exc_info=error)
            return _error(503, "unavailable", "The database cannot be used at the moment; try again.")
    return None


def page_not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer for an address without view: the project's `handler404`."""
    return JsonResponse({"code": "not_found", "detail": "There is nothing at this address.", "fields": {}}, status=404)


def _error(status: int, code: str, detail: str, fields: Mapping[str, list[str]] | None = None) -> Response:
    return Response({"code": code, "detail": detail, "fields": fields or {}}, status=status)


def _flatten(detail: object) -> tuple[str, dict[str, list[str]]]:
    """Return what is wrong with the whole body, and with each field by its path."""
    fields: dict[str, list[str]] = {}
    for path, message in _messages(detail, ""):
        fields.setdefault(path, []).append(message)
    return " ".join(fields.pop("", [])), fields


def _messages(detail: object, path: str) -> Iterator[tuple[str, str]]:
    match detail:
        case dict():
            for key, value in detail.items():
                yield from _messages(value, _join(path, key))
        case list():
            for value in detail:
                yield from _messages(value, path)
        case _:
            yield path, str(detail)


def _join(path: str, key: object) -> str:
    if key == _WHOLE:
        return path
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else str(key)


class WholeNumberField(serializers.IntegerField):
    """A JSON integer; not a boolean, a fraction or digits in a string."""

    @override
    def to_internal_value(self, data: object) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class IdField(WholeNumberField):
    """An id: 1 to `MAX_ID`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **options)


class TextField(serializers.CharField):
    """A JSON string, trimmed; without NUL and lone surrogates, which PostgreSQL cannot store."""

    @override
    def run_validation(self, data: object = serializers.empty) -> str:
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        return str(super().run_validation(data))


@extend_schema_field(MONEY_TEXT)
class MoneyField(serializers.Field[Decimal, Any, str, Any]):
    """An amount, exact to the cent: out as a decimal string, in as a string or an exact JSON number."""

    default_error_messages = {"invalid": f"Write an amount from 0.00 to {MAX_MONEY} as a string, such as '12.30'."}

    @override
    def to_internal_value(self, data: object) -> Decimal:
        match data:
            case str() if _MONEY.fullmatch(data):
                return cents(Decimal(data))
            case bool():
                self.fail("invalid")
            case int() | Decimal() if 0 <= data <= MAX_MONEY:
                try:
                    return cents(Decimal(data))
                except ValueError:
                    self.fail("invalid")
        self.fail("invalid")

    @override
    def to_representation(self, value: Decimal) -> str:
        return str(cents(value))


@extend_schema_field({"oneOf": [MONEY_TEXT, MONEY_NUMBER]})
class GivenMoneyField(MoneyField):
    """An amount in a request; as `MoneyField`, and documents that a number is taken too."""


class MomentField(serializers.DateTimeField):
    """A moment in ISO 8601; without an offset it is UTC."""

    @override
    def to_internal_value(self, value: object) -> Any:
        if not isinstance(value, str):
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")
        return super().to_internal_value(value)


class ListOf(serializers.ListField):
    """A JSON array; its length is checked before its items are."""

    @override
    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class CamelSerializer(serializers.Serializer[Any]):
    """Fields in snake_case here, in camelCase on the wire."""

    @override
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = {}
        for name, field in super().get_fields().items():
            first, *rest = name.split("_")
            camel = first + "".join(word.capitalize() for word in rest)
            if camel != name:
                field.source = field.source or name
            fields[camel] = field
        return fields


class AlwaysJSON(DefaultContentNegotiation):
    """Answer in JSON whatever `Accept` says (RFC 9110, 12.5.1, allows it): a refused answer helps nobody."""

    @override
    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class ServiceView(APIView):
    """Base of a service's views: runs as the service, so that what it sends carries the service's name."""

    service: ClassVar[str]
    content_negotiation_class = AlwaysJSON

    @override
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        trace = request.headers.get("traceparent", "")
        trace = trace if _TRACE_PARENT.fullmatch(trace) else ""
        with working(Current(service=self.service, trace_parent=trace)):
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
    """`<id:order_id>` in a route: a larger number than any id is an address without view."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        """Return the id; ValueError means 404 to Django."""
        number = int(value)
        if number > MAX_ID:
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


_ERROR = {
    "type": "object",
    "properties": {
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
    "required": ["code", "detail", "fields"],
}
_WHEN = {
    400: "The body does not fit, or names what is not there.",
    404: "There is no such thing.",
    409: "Its present state forbids it.",
    413: f"The body is longer than {MAX_BODY_BYTES} bytes.",
    415: "The body is not declared as application/json.",
}


def errors(*statuses: int) -> dict[int, OpenApiResponse]:
    """Return the documentation of the error answers of an operation, for `extend_schema(responses=…)`."""
    return {status: OpenApiResponse(_ERROR, description=_WHEN[status]) for status in statuses}
