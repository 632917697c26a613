"""Accounts and their journals in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from typing_extensions import override

from apps.accounting.domain import AccountState, EntryType
from apps.accounting.models import Account, AccountEntry
from apps.shared.admin import NumberedAdmin
from postroad.console.readonly import ReadOnlyAdmin, ReadOnlyInline, find_by_number
from postroad.console.render import age
from postroad.console.theme import display

_COLOURS = {AccountState.ENABLED.value: "success", AccountState.DISABLED.value: "danger"}
_ENTRY_COLOURS = {EntryType.AUTHORIZED.value: "success", EntryType.REFUSED.value: "danger"}


class EntryInline(ReadOnlyInline):
    """The journal, newest entry first."""

    model = AccountEntry
    fields = ("sequence", "type", "order_id", "amount", "reason", "at")
    ordering = ("-sequence",)
    per_page = 50
    verbose_name_plural = "journal"


@admin.register(Account)
class AccountAdmin(NumberedAdmin):
    """Newest first."""

    list_display = ("number", "state_label", "authorized_total", "limit", "opened")
    list_filter = ("state",)
    ordering = ("-created_at",)
    search_help_text = "Consumer number."
    inlines = (EntryInline,)
    fields = (("number", "state_label"), ("authorized_total", "limit"), "created_at")

    @display(description="consumer")
    def number(self, account: Account) -> str:
        """The id, which is the consumer's."""
        return f"#{account.pk}"

    @display(description="state", label=_COLOURS)
    def state_label(self, account: Account) -> str:
        """The state as a coloured badge."""
        return account.state

    @display(description="opened")
    def opened(self, account: Account) -> str:
        """Age of the account."""
        return f"{age(account.created_at)} ago"


@admin.register(AccountEntry)
class AccountEntryAdmin(ReadOnlyAdmin):
    """All journals, newest entry first."""

    list_display = ("type_label", "account", "order_id", "amount", "reason", "at")
    list_filter = ("type",)
    list_select_related = ("account",)
    ordering = ("-at",)
    search_fields = ("order_id",)
    search_help_text = "Order number."

    @override
    def find(self, rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        return find_by_number(rows, term, column="order_id")

    @display(description="entry", label=_ENTRY_COLOURS)
    def type_label(self, entry: AccountEntry) -> str:
        """The state as a coloured badge."""
        return entry.type
