"""The start page: the services of this process, how much has happened, and the newest sagas with their steps.

The page reads no table, so it opens without the database.  Its figures come from the stream `events`, or from `status`,
which it polls if there is no stream.  Every figure is bounded, so that it costs the same on a large database.
"""

from contextlib import suppress
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import Error, close_old_connections
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.views.decorators.http import require_GET

from apps.tour.stream import MAX_ALONE, MAX_STREAMS, Streams
from postroad.messaging.models import DeadLetter, DeadLetterState, OutboxMessage, ProcessedMessage
from postroad.sagas.execution import Status
from postroad.sagas.history import SagaHistory, SagaHistoryStep, newest_histories
from postroad.sagas.models import SagaInstance

MAX_COUNTED = 50_000
"""The highest figure: an index counts as many rows in a few milliseconds."""

STREAMS = Streams(maximum=MAX_ALONE if len(settings.SERVICES) == 1 else MAX_STREAMS)
"""The streams of this process; the code that stops its web server closes them first."""

_JOURNEYS = 5
_MAX_STEPS = 40
"""Steps of one saga that are drawn, the newest; a step that is tried again for hours has more."""

_NEEDED = {"orders", "consumers", "kitchen", "accounting", "restaurants"}
"""Services that take part in an order; the page offers to place one only if all of them answer at its own address."""

_FIGURES = (
    ("outbox", "waiting in the outbox", "", "postroad_messaging_outboxmessage", ""),
    ("handled", "messages handled", "", "", ""),
    ("running", "sagas running", "", "postroad_sagas_sagainstance", "?status__exact=RUNNING"),
    ("completed", "completed", "is-good", "postroad_sagas_sagainstance", "?status__exact=COMPLETED"),
    ("compensated", "compensated", "is-undone", "postroad_sagas_sagainstance", "?status__exact=COMPENSATED"),
    ("stuck", "stuck", "is-bad", "postroad_sagas_sagainstance", "?status__exact=STUCK"),
    ("parked", "dead letters parked", "is-bad", "postroad_messaging_deadletter", "?state__exact=parked"),
)
"""Each: key in `status`, text, CSS class, and the list of the admin, with its query, that shows the rows counted."""

_DOCUMENTS = (("docs/", "API"), ("openapi.json", "OpenAPI"), ("asyncapi.json", "AsyncAPI"))
_EVERYBODYS = (
    ("/admin/", "Admin"),
    ("/graphql", "GraphQL"),
    ("/eureka/apps", "Registry"),
    ("/livez", "Live"),
    ("/readyz", "Ready"),
    ("/metrics", "Metrics"),
)
_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'"


@require_GET
def start_page(request: HttpRequest) -> HttpResponse:
    """Show the services of this process with links to their APIs, and empty elements that the script fills."""
    is_alone, is_gateway = len(settings.SERVICES) == 1, not settings.SERVICES
    shown = settings.ALL_SERVICES if is_gateway else settings.SERVICES
    services = [_service(name, "/" if is_alone else f"/{name}/") for name in shown]
    context = {
        "services": services,
        "links": [(url, title) for url, title in _EVERYBODYS if _answers(url)],
        "is_alone": is_alone,
        "can_order": set(shown) >= _NEEDED,
        "has_admin": not is_gateway,
        "figures": [_figure(*figure, has_admin=not is_gateway) for figure in _FIGURES],
    }
    response = render(request, "tour/start.html", context)
    response["Content-Security-Policy"] = _POLICY
    return response


@require_GET
def status(request: HttpRequest) -> JsonResponse:
    """Answer the figures and the newest sagas of this process's database; 503 if the database does not answer."""
    try:
        answer = JsonResponse(_document())
    except Error as error:
        answer = JsonResponse({"detail": f"The database does not answer: {type(error).__name__}."}, status=503)
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
def events(request: HttpRequest) -> HttpResponseBase:
    """Stream the document of `status`, at once when it changes."""
    return STREAMS.answer(request, _document_or_trouble)


def _document() -> dict[str, Any]:
    return {"maximum": MAX_COUNTED, "counters": _counters(), "journeys": _journeys()}


def _document_or_trouble() -> dict[str, Any]:
    try:
        return _document()
    except Error as error:
        close_old_connections()  # the next look opens a new connection; otherwise only the end of the stream would close this one
        return {"detail": f"The database does not answer: {type(error).__name__}."}


def _counters() -> dict[str, int]:
    sagas = {each.value.lower(): _bounded(SagaInstance.objects.filter(status=each).values("status")) for each in Status}
    return {
        "outbox": _bounded(OutboxMessage.objects.values("lane")),
        "handled": _bounded(ProcessedMessage.objects.values("processed_at")),
        "parked": _bounded(DeadLetter.objects.filter(state=DeadLetterState.PARKED).values("state")),
        **sagas,
    }


def _bounded(rows: "QuerySet[Any, Any]") -> int:
    return rows[:MAX_COUNTED].count()


def _journeys() -> list[dict[str, Any]]:
    """Return the newest sagas with their steps, newest first; two statements."""
    return [_journey(history) for history in newest_histories(_JOURNEYS, maximum_steps=_MAX_STEPS)]


def _journey(history: SagaHistory) -> dict[str, Any]:
    service, _, name = history.saga_type.partition(".")
    return {
        "id": history.saga_id,
        "service": service,
        "name": name,
        "key": history.key,
        "status": history.status,
        "reason": history.reason,
        "startedAt": history.started_at.isoformat(),
        "milliseconds": history.elapsed_milliseconds,
        "timeline": reverse("admin:postroad_sagas_sagainstance_change", args=[history.saga_id]),
        "steps": [_step(step) for step in history.steps],
    }


def _step(step: SagaHistoryStep) -> dict[str, Any]:
    return {
        "name": step.name,
        "direction": step.direction,
        "to": step.service,
        "message": step.message_type.rpartition(".")[2],
        "reply": step.reply.rpartition(".")[2],
        "outcome": step.outcome,
        "detail": step.detail,
        "after": step.after,
        "milliseconds": step.milliseconds,
    }


def _figure(key: str, text: str, look: str, table: str, query: str, *, has_admin: bool) -> dict[str, str]:
    url = f"{reverse(f'admin:{table}_changelist')}{query}" if table and has_admin else ""
    return {"key": key, "text": text, "look": look, "url": url}


def _service(name: str, prefix: str) -> dict[str, Any]:
    about = (import_module(f"apps.{name}").__doc__ or name).strip().partition("\n")[0]
    links = [(prefix + path, text) for path, text in _DOCUMENTS if _answers(prefix + path)]
    with suppress(NoReverseMatch):  # the service has no pages in the admin
        links.append((reverse("admin:app_list", args=[name]), "Admin"))
    return {"name": name, "about": about, "links": links}


def _answers(url: str) -> bool:
    """Whether a view of this process serves the address; otherwise the page shows no link to it."""
    try:
        resolve(url)
    except Resolver404:
        return False
    return True
