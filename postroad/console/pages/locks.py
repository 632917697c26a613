"""The admin's list and page of saga locks: what is locked in this service, by which saga, and which commands wait."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from typing_extensions import override

from postroad.console import render
from postroad.console.readonly import ReadOnlyAdmin
from postroad.console.theme import display
from postroad.sagas.models import SagaInstance, SagaLock, StashedMessage

_MAX_SHOWN = 50


class SagaLockAdmin(ReadOnlyAdmin):
    """Longest held first."""

    list_display = ("target", "saga", "held", "saga_type")
    ordering = ("claimed_at",)
    search_fields = ("target",)
    search_help_text = "The whole target (rooms/room/7), or the id of the saga that holds it."
    fields = ("target", ("saga", "saga_type"), "claimed_at", "waiting")

    @override
    def find(self, rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        return rows.filter(target=term) | rows.filter(saga_id=term)

    @display(description="saga")
    def saga(self, lock: SagaLock) -> SafeString:
        """The saga's id; a link to its timeline if the saga is stored here."""
        if not _is_stored_here(lock.saga_id):
            return SafeString(format_html("{}", lock.saga_id))
        url = reverse("admin:postroad_sagas_sagainstance_change", args=[lock.saga_id])
        return format_html('<a class="postroad-link" href="{}">{}</a>', url, lock.saga_id)

    @display(description="held")
    def held(self, lock: SagaLock) -> str:
        """How long the lock has been held."""
        return f"for {render.age(lock.claimed_at)}"

    @display(description="waiting")
    def waiting(self, lock: SagaLock) -> SafeString:
        """The commands of other sagas that wait for the lock, oldest first."""
        rows = StashedMessage.objects.filter(target=lock.target).order_by("id")[:_MAX_SHOWN]
        lines = ((row.type, row.saga_id, render.age(row.stashed_at)) for row in rows)
        return format_html_join("", "{} of saga {}, for {}<br>", lines) or SafeString("nothing")


def _is_stored_here(saga_id: str) -> bool:
    try:
        return SagaInstance.objects.filter(pk=UUID(saga_id)).exists()
    except ValueError:  # the id of an orchestrator that is not ours
        return False
