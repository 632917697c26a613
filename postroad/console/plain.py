"""Adds to Django's admin what our pages need: buttons on the page of a row, coloured values, a section before the form.

Names are those of Unfold, so that a page is written once.  See also: `theme`, which chooses between the two.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from typing_extensions import override

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _TabularInline = admin.TabularInline[Any, Any]
else:
    _ModelAdmin, _TabularInline = admin.ModelAdmin, admin.TabularInline


class AdminBase(_ModelAdmin):
    """The base of our pages.

    Attributes:
        actions_detail: Methods made by `detail_action`, the buttons on a row's page.
        change_form_before_template: Template of a part above the fields.
    """

    actions_detail: Sequence[str] = ()
    change_form_before_template: str | None = None
    change_form_template = "postroad_console/plain_change_form.html"

    @override
    def get_urls(self) -> list[URLPattern]:
        views = [getattr(self, name) for name in self.actions_detail]
        return [
            *(path(f"<path:object_id>/{view.url_path}/", self._guarded(view), name=self._name(view)) for view in views),
            *super().get_urls(),
        ]

    @override
    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> HttpResponse:
        row = options.get("obj")
        if row is not None:
            context["postroad_buttons"] = list(self._buttons(request, str(row.pk)))
        context["postroad_before"] = self.change_form_before_template
        return super().render_change_form(request, context, *args, **options)

    def _buttons(self, request: HttpRequest, object_id: str) -> Iterator[tuple[str, str]]:
        for name in self.actions_detail:
            view = getattr(self, name)
            if self._may(view, request, object_id):
                yield view.short_description, reverse(f"admin:{self._name(view)}", args=[object_id])

    def _guarded(self, view: Any) -> Any:
        def guarded(request: HttpRequest, object_id: str) -> HttpResponse:
            if not self._may(view, request, object_id):
                raise PermissionDenied
            return view(request, object_id) or HttpResponseRedirect("../change/")

        return self.admin_site.admin_view(guarded)

    def _may(self, view: Any, request: HttpRequest, object_id: str) -> bool:
        return all(getattr(self, f"has_{name}_permission")(request, object_id) for name in view.permissions)

    def _name(self, view: Any) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{view.__name__}"


class InlineBase(_TabularInline):
    """Rows of another table on a row's page."""


def display(*, description: str = "", label: Mapping[str, str] | None = None) -> Callable[[F], F]:
    """Name a column; `label` marks its values: value → `success`, `info`, `warning`, `danger` or `primary`."""

    def decorated(shown: Any) -> Any:
        @wraps(shown)
        def marked(page: Any, row: Any) -> Any:
            value = shown(page, row)
            return (
                value
                if label is None
                else format_html('<span class="postroad-label is-{}">{}</span>', label.get(value, "info"), value)
            )

        return admin.display(description=description or None)(marked)

    return decorated


def detail_action(*, description: str, permissions: Sequence[str], url_path: str, icon: str) -> Callable[[F], F]:
    """Offer a method as a button on the page of one row; `icon` is Unfold's."""

    def decorated(method: Any) -> Any:
        method.short_description, method.permissions, method.url_path, method.icon = (
            description,
            permissions,
            url_path,
            icon,
        )
        return method

    return decorated
