"""Query and answer of the REST API of order_history.  See also: `models`, which selects the orders."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from typing_extensions import override

from apps.order_history.domain import OrderFilter, OrderStatus, Position
from apps.shared.fields import CamelSerializer, IdField, ListOf, MomentField, MoneyField, TextField

MAX_KEYWORDS = 200  # characters: a dozen words
_DIGITS = re.compile(r"[0-9]{1,19}")
_START_KEY = "[0-9a-f]{14}[0-7][0-9a-f]{15}"  # microseconds since 1970 (up to the year 4253), then the order's id
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class QueryIdField(IdField):
    """An id in a query: the digits of it; its limits, and what is said beyond them, are those of an id in a body."""

    @override
    def to_internal_value(self, data: object) -> int:
        if not isinstance(data, str) or not _DIGITS.fullmatch(data):
            self.fail("invalid")
        return int(data)


class QueryMomentField(MomentField):
    """A moment in a query; its "+" has to be written as "%2B"."""

    @override
    def to_internal_value(self, value: object) -> Any:
        if isinstance(value, str) and "\x00" in value:  # Python takes a moment with NUL behind it
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")
        return super().to_internal_value(value)


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": MAX_KEYWORDS, "pattern": "^[^\\u0000]*$"})
class KeywordsField(TextField):
    """Words, separated by white space; none is allowed, too, which drf-spectacular documents beside the length."""

    def __init__(self) -> None:
        super().__init__(max_length=MAX_KEYWORDS, required=False, allow_blank=True, trim_whitespace=False)


@extend_schema_field({"type": "string", "pattern": f"^{_START_KEY}$"})
class StartKeyField(serializers.Field[Position, Any, str, Any]):
    """A position as text that a client hands back as it is."""

    default_error_messages = {"invalid": "This is no startKey; take it from the answer that had the page before."}

    @override
    def to_internal_value(self, data: Any) -> Position:
        if not isinstance(data, str) or not re.fullmatch(_START_KEY, data):
            self.fail("invalid")
        return Position(_EPOCH + int(data[:14], 16) * _MICROSECOND, int(data[14:], 16))

    @override
    def to_representation(self, value: Position) -> str:
        return f"{(value.creation_time - _EPOCH) // _MICROSECOND:014x}{value.order_id:016x}"


class OrdersFilterSerializer(CamelSerializer):
    """Which orders are asked for."""

    consumer_id = QueryIdField(required=False)
    status = serializers.ChoiceField(choices=[status.value for status in OrderStatus], required=False)
    since = QueryMomentField(required=False)
    keywords = KeywordsField()


class OrdersQuerySerializer(OrdersFilterSerializer):
    """Which orders are asked for, and where the page begins."""

    start_key = StartKeyField(required=False)


def order_filter(values: dict[str, Any]) -> OrderFilter:
    """Return the values of a valid `OrdersQuerySerializer` as what the use-case takes."""
    status = values.get("status")
    return OrderFilter(
        consumer_id=values.get("consumer_id"),
        status=OrderStatus(status) if status else None,
        since=values.get("since"),
        keywords=values.get("keywords", ""),
        after=values.get("start_key"),
    )


class OrderSerializer(CamelSerializer):
    """An order as the history shows it."""

    order_id = IdField()
    status = serializers.ChoiceField(choices=[status.value for status in OrderStatus])
    restaurant_id = IdField()
    restaurant_name = TextField()
    order_total = MoneyField()
    creation_time = MomentField()


class OrdersSerializer(CamelSerializer):
    """Orders, newest first; `startKey` asks for the next page and is null on the last one."""

    orders = ListOf(child=OrderSerializer())
    start_key = StartKeyField(source="end", allow_null=True)
