"""Actions of an operator on rows of a list; a page says what will happen and asks for confirmation first.

The admin's log of changes records what was done, and by which user.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from postroad.console.readonly import ReadOnlyAdmin, read_number

MAX_AT_ONCE = 100
"""Rows of one confirmation: as many as a person looks through before they agree."""

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The result for one row: a sentence, and its level in `django.contrib.messages`."""

    level: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb(Generic[Row]):
    """One action, with the page that asks for confirmation and its texts.

    Attributes:
        name: In the address.
        model: Of the rows, as in addresses and permissions of the admin: `deadletter`.
        permission: Django's permission that it needs: `change`, or `delete` for a discard.
        title: The question.
        promise: What will happen, in one or two sentences.
        button: Text of the button that confirms.
        nothing: The message if the action applies to none of the rows any more.
        template: The page.
        find: Returns the rows to act on; takes the ids that were chosen.
        show: Returns the template's context for these rows.
        act: Does it for one row.
        is_dangerous: Whether it cannot be undone.
    """

    name: str
    model: str
    permission: str
    title: str
    promise: str
    button: str
    nothing: str
    template: str
    find: Callable[[Sequence[int]], Sequence[Row]]
    show: Callable[[Sequence[Row]], dict[str, object]]
    act: Callable[[Row], Answer]
    is_dangerous: bool = False

    @property
    def list_url(self) -> str:
        """The list of the rows, to which the user returns."""
        return reverse(f"admin:postroad_messaging_{self.model}_changelist")

    def is_allowed(self, request: HttpRequest) -> bool:
        """Whether the user may do it."""
        return bool(request.user.has_perm(f"postroad_messaging.{self.permission}_{self.model}"))

    def page(self, admin: ReadOnlyAdmin) -> URLPattern:
        """Return the URL pattern of the page that asks for confirmation."""
        view = admin.admin_site.admin_view(partial(self.confirm, admin))
        return path(f"confirm/{self.name}/", view, name=self._page_name)

    def ask(self, rows: "QuerySet[Any]") -> HttpResponseRedirect:
        """Redirect to the page that asks for confirmation, with the oldest of these rows."""
        ids = rows.order_by("id").values_list("pk", flat=True)[:MAX_AT_ONCE]
        return HttpResponseRedirect(
            f"{reverse(f'admin:{self._page_name}')}?{urlencode({'ids': ','.join(map(str, ids))})}"
        )

    def confirm(self, admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
        """Ask (GET), or do it (POST) and return to the list.

        Raises:
            PermissionDenied: The user may not do it.
        """
        if not self.is_allowed(request):
            raise PermissionDenied
        rows = self.find(_ids(request))
        if rows and request.method != "POST":
            return self._question(admin, request, rows)
        if not rows:
            messages.info(request, self.nothing)
        for row in rows:
            answer = self.act(row)
            messages.add_message(request, answer.level, answer.text)
            admin.log_change(request, row, f"{self.button}: {answer.text}")
        return HttpResponseRedirect(self.list_url)

    @property
    def _page_name(self) -> str:
        return f"postroad_messaging_{self.model}_confirm_{self.name}"

    def _question(self, admin: ReadOnlyAdmin, request: HttpRequest, rows: Sequence[Row]) -> HttpResponse:
        context = {
            **admin.admin_site.each_context(request),
            "title": self.title,
            "opts": admin.opts,
            "verb": self,
            "back": self.list_url,
            "media": admin.media,
            **self.show(rows),
        }
        return TemplateResponse(request, self.template, context)


def _ids(request: HttpRequest) -> list[int]:
    """Return the ids in the address; other text is left out."""
    parts = request.GET.get("ids", "").split(",")[:MAX_AT_ONCE]
    return [number for part in parts if (number := read_number(part)) is not None]
