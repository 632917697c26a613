"""The admin's list and page of sagas: the state of each, and its history as a timeline."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from typing_extensions import override

from postroad.console import render
from postroad.console.filters import IndexedValuesFilter, distinct_values
from postroad.console.pages import confidential
from postroad.console.pages.timeline import timeline
from postroad.console.readonly import ReadOnlyAdmin
from postroad.console.theme import display
from postroad.messaging.texts import indexed
from postroad.sagas.execution import Status
from postroad.sagas.history import milliseconds_between
from postroad.sagas.models import SagaInstance

_COLOURS = {
    Status.RUNNING.value: "info",
    Status.COMPENSATING.value: "warning",
    Status.COMPLETED.value: "success",
    Status.COMPENSATED.value: "primary",
    Status.STUCK.value: "danger",
}


class TypeFilter(IndexedValuesFilter):
    """By type of saga."""

    title = "type"
    parameter_name = column = "type"


class SagaInstanceAdmin(ReadOnlyAdmin):
    """Newest first."""

    list_display = ("type", "key", "status_label", "step", "started", "took", "reason")
    list_filter = ("status", TypeFilter)
    ordering = ("-created_at",)
    large_columns = ("data",)
    search_fields = ("key",)
    search_help_text = "What it is about (an order id), or the saga's own id."
    change_form_before_template = "postroad_console/timeline.html"
    fieldsets = (
        (
            "Saga",
            {
                "fields": (
                    ("type", "version"),
                    ("key", "status_label"),
                    ("id", "request_id"),
                    ("step", "failures"),
                    ("created_at", "ended_at"),
                )
            },
        ),
        ("Data", {"fields": ("shown_data",)}),
    )

    @override
    def find(self, rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        try:
            return rows.filter(pk=UUID(term))
        except ValueError:
            return rows.filter(type__in=distinct_values(SagaInstance, "type"), key=indexed(term.removeprefix("#")))

    @override
    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> HttpResponse:
        saga = options.get("obj")
        if isinstance(saga, SagaInstance):
            context["timeline"] = timeline(saga)
        return super().render_change_form(request, context, *args, **options)

    @display(description="status", label=_COLOURS)
    def status_label(self, saga: SagaInstance) -> str:
        """The state as a coloured badge."""
        return saga.status

    @display(description="started")
    def started(self, saga: SagaInstance) -> str:
        """How long ago the saga started."""
        return f"{render.age(saga.created_at)} ago"

    @display(description="took")
    def took(self, saga: SagaInstance) -> str:
        """Milliseconds from start to end."""
        return f"{milliseconds_between(saga.created_at, saga.ended_at)} ms" if saga.ended_at else "-"

    @display(description="data")
    def shown_data(self, saga: SagaInstance) -> SafeString:
        """The saga's data, indented, without sensitive values."""
        return confidential.saga_data(saga)


def saga_links(service: str, key: object) -> SafeString:
    """Return links to the timelines of a service's sagas about `key`, newest first; for the admin page of an order, say."""
    types = [name for name in distinct_values(SagaInstance, "type") if name.startswith(f"{service}.")]
    found = SagaInstance.objects.filter(type__in=types, key=indexed(str(key))).defer("data").order_by("-created_at")
    return _links(found[:_MAX_LINKS]) or SafeString("-")


_MAX_LINKS = 20


def _links(sagas: Iterable[SagaInstance]) -> SafeString:
    rows = ((reverse("admin:postroad_sagas_sagainstance_change", args=[saga.pk]), saga) for saga in sagas)
    return format_html_join(
        "", '<a class="postroad-link" href="{}">{}: {}</a><br>', ((url, saga.type, saga.status) for url, saga in rows)
    )
