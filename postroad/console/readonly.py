"""Read-only lists and pages: the base of every admin page here and in the services.

Only programs write these rows: histories and money depend on them.  A list sorts, searches and filters only with an
index, so that it opens as fast on a large table as on a small one.
"""

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from typing_extensions import override

from postroad.console.paging import BoundedPaginator
from postroad.console.theme import AdminBase, InlineBase

_MAX_NUMBER = 2**63 - 1


class _NobodyWrites:
    """Permissions for rows that only programs write: nobody may add, change or delete one."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        return False


class ReadOnlyAdmin(_NobodyWrites, AdminBase):
    """A list and a page of each row; write `find` to offer a search.

    Attributes:
        large_columns: Columns that a list does not read.
    """

    large_columns: ClassVar[tuple[str, ...]] = ()
    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False
    sortable_by = ()
    list_fullwidth = True

    class Media:
        """Our style sheet."""

        css = {"all": ["postroad_console/console.css"]}

    def find(self, rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        """Return the rows that match a search; `search_fields` only turns the search field on."""
        raise NotImplementedError

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        term = search_term.strip()
        return (self.find(queryset, term) if term else queryset), False

    @override
    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        rows = super().get_queryset(request)
        place = request.resolver_match
        is_list = place is not None and (place.url_name or "").endswith("_changelist")
        return rows.defer(*self.large_columns) if is_list else rows


class ReadOnlyInline(_NobodyWrites, InlineBase):
    """Rows of another table on a row's page."""

    extra = 0
    can_delete = False
    show_change_link = False


def find_by_number(rows: "QuerySet[Any]", term: str, *, column: str = "pk") -> "QuerySet[Any]":
    """Return the rows whose primary key, or other column, is the number in `term`; `#12` is 12 too."""
    number = read_number(term.removeprefix("#"))
    return rows.none() if number is None else rows.filter(**{column: number})


def read_number(text: str) -> int | None:
    """Return the number that is written in decimal digits; None if the text is none, or beyond a 64-bit column."""
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(_MAX_NUMBER)):
        return None
    return int(text) if int(text) <= _MAX_NUMBER else None
