"""Consumers in the admin."""

from django.contrib import admin

from apps.consumers.models import Consumer
from apps.shared.admin import FullNameAdmin
from postroad.console.render import age
from postroad.console.theme import display


@admin.register(Consumer)
class ConsumerAdmin(FullNameAdmin):
    """Newest first."""

    list_display = ("id", "first_name", "last_name", "registered")
    ordering = ("-created_at",)
    fields = ("id", "first_name", "last_name", "created_at")

    @display(description="registered")
    def registered(self, consumer: Consumer) -> str:
        """Age of the row."""
        return f"{age(consumer.created_at)} ago"
