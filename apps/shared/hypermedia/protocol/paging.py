"""Pages of a long list, each with a link to the next."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from typing_extensions import override

from apps.shared.fields import CamelSerializer
from apps.shared.values import MAX_ID

T = TypeVar("T")
USUAL_LIMIT = 20  # a screen of a telephone, twice
MAX_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A page of a list; `cursor` asks for the next page, None on the last one."""

    items: Sequence[T]
    cursor: str | None = None


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": USUAL_LIMIT})
class LimitField(serializers.IntegerField):
    """How many things a page shall have at most: the digits of it, in a query."""

    def __init__(self) -> None:
        super().__init__(min_value=1, max_value=MAX_LIMIT, required=False, default=USUAL_LIMIT)

    @override
    def to_internal_value(self, data: object) -> int:
        if not isinstance(data, str) or not data.isascii() or not data.isdigit() or len(data) > len(str(MAX_LIMIT)):
            raise serializers.ValidationError(f"Write a whole number from 1 to {MAX_LIMIT}.", code="invalid")
        return int(data)


@extend_schema_field({"type": "string", "pattern": "^[A-Za-z0-9_-]{2,28}$"})
class CursorField(serializers.Field[int, Any, str, Any]):
    """The id of the last thing of a page, as text that a client hands back as it is."""

    default_error_messages = {"invalid": "This is no cursor; take the link next of the page before."}

    @override
    def to_internal_value(self, data: Any) -> int:
        try:
            number = int(base64.b64decode(data, altchars=b"-_", validate=True))
        except (TypeError, ValueError, binascii.Error):
            self.fail("invalid")
        if not 0 < number <= MAX_ID or self.to_representation(number) != data:
            self.fail("invalid")
        return number

    @override
    def to_representation(self, value: int) -> str:
        digits = str(value)
        padded = digits.zfill(-(-len(digits) // 3) * 3)  # of full length in base64, without "="
        return base64.urlsafe_b64encode(padded.encode()).decode()


class PageQuerySerializer(CamelSerializer):
    """The requested page; a list with filters adds them."""

    limit = LimitField()
    cursor = CursorField(required=False)


def read_query(request: Request, serializer: type[CamelSerializer]) -> dict[str, Any]:
    """Return the query's values by snake_case name; a parameter that is given twice becomes a list, which no field accepts.

    Raises:
        ValidationError: The query does not fit; it names every parameter at fault.
    """
    query = {name: values[0] if len(values) == 1 else values for name, values in request.query_params.lists()}
    given = serializer(data=query)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def page_links(address: str, query: Mapping[str, str], *, cursor: str | None) -> dict[str, dict[str, str]]:
    """Return the links of a page: to itself, and to the next one with the same filters if there is a cursor."""
    pages = {"self": dict(query)}
    if cursor is not None:
        pages["next"] = {**query, "cursor": cursor}
    return {
        name: {"href": f"{address}?{urlencode(asked)}" if asked else address, "method": "GET"}
        for name, asked in pages.items()
    }
