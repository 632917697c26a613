"""The sidebar of the admin: messages and sagas first, then each application; a user sees what Django lets them see.

Named by the setting `UNFOLD["SIDEBAR"]["navigation"]`.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from postroad.console.pages.cluster import may_see
from postroad.messaging.models import DeadLetter, DeadLetterState
from postroad.sagas.execution import Status
from postroad.sagas.models import SagaInstance

_FIRST = {
    "SagaInstance": ("conversion_path", "postroad_sagas"),
    "DeadLetter": ("markunread_mailbox", "postroad_messaging"),
    "OutboxMessage": ("outbox", "postroad_messaging"),
    "SagaLock": ("lock", "postroad_sagas"),
}
_OWN = {label for _, label in _FIRST.values()}
_LAST = {"auth": "People"}
_MAX_COUNTED = 100
"""Rows that a badge counts; it shows more as `100+`, since an operator would do the same about them."""


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return Unfold's groups of links: messages and sagas, the services in alphabetical order, users."""
    found = {each["app_label"]: each for each in admin.site.get_app_list(request)}
    models = {model["object_name"]: model for label in _OWN for model in found.get(label, {}).get("models", [])}
    first = [_item(models[name], icon) for name, (icon, _) in _FIRST.items() if name in models]
    services = [_group(each) for label, each in found.items() if label not in _OWN and label not in _LAST]
    people = [_group(found[label], title) for label, title in _LAST.items() if label in found]
    return [{"title": "Postroad", "items": [*first, *_cluster(request), *_start()]}, *services, *people]


def _item(model: dict[str, Any], icon: str) -> dict[str, Any]:
    item = {"title": model["name"], "icon": icon, "link": model["admin_url"]}
    waiting = _waiting_for_operator(model["object_name"])
    if waiting:
        item["badge"] = str(waiting) if waiting < _MAX_COUNTED else f"{_MAX_COUNTED}+"
    return item


def _waiting_for_operator(name: str) -> int:
    match name:
        case "DeadLetter":
            return DeadLetter.objects.filter(state=DeadLetterState.PARKED)[:_MAX_COUNTED].count()
        case "SagaInstance":
            return SagaInstance.objects.filter(status=Status.STUCK)[:_MAX_COUNTED].count()
        case _:
            return 0


def _group(application: dict[str, Any], title: str = "") -> dict[str, Any]:
    items = [{"title": model["name"], "link": model["admin_url"]} for model in application["models"]]
    name = str(application["name"]).replace("_", " ")
    return {"title": title or name.capitalize(), "separator": True, "collapsible": True, "items": items}


def _cluster(request: HttpRequest) -> list[dict[str, Any]]:
    if not may_see(request):
        return []
    return [{"title": "Cluster", "icon": "hub", "link": reverse("postroad_cluster")}]


def _start() -> list[dict[str, Any]]:
    return [{"title": "Overview", "icon": "home", "link": reverse("admin:index")}]
