"""What an operator may do about the rows of a list, behind a page that says what will happen and asks."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

MAX_AT_ONCE = 100
"""Rows of one confirmation: what a person can look through before they agree."""

_ID = re.compile(r"[0-9]{1,18}")  # every longer number is beyond a 64-bit column

Row = TypeVar("Row")
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb(Generic[Row, Done]):
    """What is to be done, and how the page puts it.

    Attributes:
        name: In the address.
        model: Of the rows, as in addresses and permissions of the admin: `deadletter`.
        permission: Django's permission for it: `change`, or `delete` where a message is given up.
        title: The question.
        promise: What will happen, in one or two sentences.
        button: What is agreed to.
        is_dangerous: Whether nothing brings the message back.
        act: Does it to one row.
    """

    name: str
    model: str
    permission: str
    title: str
    promise: str
    button: str
    is_dangerous: bool
    act: Callable[[Row], Done]

    @property
    def list_url(self) -> str:
        """The list of the rows, to which the user returns."""
        return reverse(f"admin:postroad_messaging_{self.model}_changelist")

    def is_allowed(self, request: HttpRequest) -> bool:
        """Whether the user may do it."""
        return bool(request.user.has_perm(f"postroad_messaging.{self.permission}_{self.model}"))

    def ask(self, ids: Iterable[int]) -> HttpResponseRedirect:
        """Send the user to the page that asks whether it shall be done to these rows."""
        url = reverse(f"admin:postroad_messaging_{self.model}_confirm_{self.name}")
        return HttpResponseRedirect(f"{url}?{urlencode({'ids': ','.join(map(str, ids))})}")

    def chosen(self, request: HttpRequest) -> list[int]:
        """Return the ids that the page is about; whatever is no id is left out.

        Raises:
            PermissionDenied: The user may not do it.
        """
        if not self.is_allowed(request):
            raise PermissionDenied
        parts = request.GET.get("ids", "").split(",")[:MAX_AT_ONCE]
        return [int(part) for part in parts if _ID.fullmatch(part)]
