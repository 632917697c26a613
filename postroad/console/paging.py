"""Pages of a list whose cost does not grow with its table."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property
from typing_extensions import override

MAX_ROWS = 10_000
"""Rows of a list: to count or skip as many takes milliseconds.  Other rows are found by search and filters."""


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """Counts at most `MAX_ROWS` rows, so that a list of millions opens like one of ten."""

    @override
    @cached_property
    def count(self) -> int:
        """Rows in the list, up to the bound."""
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[:MAX_ROWS].count()
        return len(rows)
