"""`/livez` and `/readyz` for Kubernetes.  They do not check the broker.

A service whose broker is unavailable still accepts requests: their messages wait in the outbox.
"""

from threading import Event

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.urls import path

from postroad.schema import state as schema

_is_migrated = Event()
"""Set once: migrations are not reverted while a process that needs them runs."""


def livez(_request: HttpRequest) -> JsonResponse:
    """Answer: the process runs."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 if the database answers and has every migration, or there is no database; otherwise 503 with the reason."""
    try:
        trouble = _trouble() if schema.has_database() else {}
    except Error as error:
        trouble = {"database": str(error).strip()}
    if trouble:
        return JsonResponse({"status": "unavailable", **trouble}, status=503)
    return JsonResponse({"status": "ok"})


def _trouble() -> dict[str, str]:
    if _is_migrated.is_set():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return {}
    missing = schema.missing_migrations()
    if missing:
        return {"migrations": schema.describe_missing(missing)}
    _is_migrated.set()
    return {}


urlpatterns = [path("livez", livez), path("readyz", readyz)]
