"""`/livez` and `/readyz` for Kubernetes.  Not: the health of the broker, which must not take a web process out.

A service whose broker is away still takes requests: their messages wait in the outbox.
"""

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.urls import path


def livez(_request: HttpRequest) -> JsonResponse:
    """Answer: the process runs."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 if the database answers, else 503 with the reason."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        return JsonResponse({"status": "unavailable", "database": str(error).strip()}, status=503)
    return JsonResponse({"status": "ok"})


urlpatterns = [path("livez", livez), path("readyz", readyz)]
