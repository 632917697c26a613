"""What Unfold gives, with types: the only module that imports it.  Not: what our pages have in common, which is `readonly`.

Unfold is not typed; the type checker reads Django's own classes in its place.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline

    AdminBase = ModelAdmin[Any]
    InlineBase = TabularInline[Any, Any]

    def display(*, description: str = "", label: Mapping[str, str] | None = None) -> Callable[[F], F]:
        """Name a column; `label` paints its values: value → `success`, `info`, `warning` or `danger`."""

    def detail_action(*, description: str, permissions: Sequence[str], url_path: str, icon: str) -> Callable[[F], F]:
        """Offer a method as a button on the page of one row."""
else:
    from unfold.admin import ModelAdmin as AdminBase
    from unfold.admin import TabularInline
    from unfold.decorators import action as detail_action
    from unfold.decorators import display

    class InlineBase(TabularInline):
        """Rows without a title of their own."""

        show_title = False
        if not hasattr(TabularInline, "show_title"):  # its name in older releases, which newer ones warn of
            hide_title = True


__all__ = ["AdminBase", "InlineBase", "detail_action", "display"]
