"""Field types of the REST bodies, stricter than Django REST framework's own."""

import re
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from typing_extensions import override

from apps.shared.values import MAX_ID, MAX_MONEY, cents

_MONEY = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?")
MONEY_TEXT = {"type": "string", "pattern": "^[0-9]{1,10}(\\.[0-9]{1,2})?$", "examples": ["12.30"]}
MONEY_NUMBER = {"type": "number", "minimum": 0, "maximum": float(MAX_MONEY)}


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


class FlagField(serializers.BooleanField):
    """A JSON boolean; not a word or a number that means one."""

    @override
    def to_internal_value(self, data: object) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class TextField(serializers.CharField):
    """A JSON string, trimmed; without NUL and lone surrogates, which PostgreSQL cannot store."""

    def __init__(self, **options: Any) -> None:
        if not options.get("allow_blank"):
            options.setdefault("min_length", 1)  # only documents it: a blank text is refused as blank
        super().__init__(**options)

    @override
    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        return super().run_validation(data)


@extend_schema_field(MONEY_TEXT)
class MoneyField(serializers.Field[Decimal, Any, str, Any]):
    """An amount, exact to the cent: out as a decimal string, in as a string or an exact JSON number."""

    default_error_messages = {"invalid": f"Write an amount from 0.00 to {MAX_MONEY} as a string, such as '12.30'."}

    @override
    def to_internal_value(self, data: Any) -> Decimal:
        is_text = isinstance(data, str) and _MONEY.fullmatch(data) is not None
        is_number = isinstance(data, int | Decimal) and not isinstance(data, bool) and data >= 0
        if not is_text and not is_number:
            self.fail("invalid")
        try:
            return cents(Decimal(data))
        except ValueError:
            self.fail("invalid")

    @override
    def to_representation(self, value: Decimal) -> str:
        return str(cents(value))


@extend_schema_field({"oneOf": [MONEY_TEXT, MONEY_NUMBER]})
class GivenMoneyField(MoneyField):
    """An amount in a request; as `MoneyField`, and documents that a number is taken too."""


class MomentField(serializers.DateTimeField):
    """A time in ISO 8601; without an offset it is UTC."""

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
