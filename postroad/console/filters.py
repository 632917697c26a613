"""Filters of lists whose choices and rows are found through an index."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from typing_extensions import override

from postroad.messaging.texts import storable

_MAX_CHOICES = 50
"""Choices of one filter: more than a person reads."""


class IndexedValuesFilter(SimpleListFilter):
    """Offers the values that a column has; an index must begin with the column.

    Attributes:
        column: Text column; also the parameter's name.
    """

    column: ClassVar[str]

    @override
    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Sequence[tuple[str, str]]:
        return [(value, value or "(none)") for value in distinct_values(model_admin.model, self.column)]

    @override
    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        value = self.value()
        return queryset if value is None else queryset.filter(**{self.column: storable(value)})


def distinct_values(model: type[Model], column: str) -> list[str]:
    """Return the values of a text column in order, at most `_MAX_CHOICES`; one statement.

    It goes from value to value through the index, however many rows have each; SELECT DISTINCT would read all rows.
    Source: "Loose indexscan", PostgreSQL wiki.
    """
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)  # noqa: SLF001 - documented by Django, although its name begins with an underscore
    name = quote(column)
    statement = f"""
        WITH RECURSIVE found(value) AS (
            SELECT min({name}) FROM {table}
            UNION ALL SELECT (SELECT min({name}) FROM {table} WHERE {name} > found.value)
            FROM found WHERE found.value IS NOT NULL)
        SELECT value FROM found WHERE value IS NOT NULL LIMIT %s"""  # noqa: S608 - names of our own tables
    with connection.cursor() as cursor:
        cursor.execute(statement, [_MAX_CHOICES])
        return [value for (value,) in cursor.fetchall()]
