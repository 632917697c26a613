"""`Idempotency-Key`: a repeated POST changes nothing and gets the first answer.

The row of the key, the changes of the request and the stored answer are one transaction.  The row is inserted first, so a
repeated request waits at the unique key until the first one has ended.  Answers of success and refusals by business rules
are stored; after any other error nothing is stored, so that the client may try again with the same key.
Source: draft-ietf-httpapi-idempotency-key-header; no answer "in progress", unless the wait takes too long.
"""

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from apps.shared.hypermedia.models import AnsweredRequest
from apps.shared.hypermedia.protocol.problems import Problem
from apps.shared.rest import MAX_BODY_BYTES, Ruled
from postroad import clock, unit_of_work
from postroad.messaging.retention import Expiry

KEY_PATTERN = "[!-~]{1,255}"  # printable ASCII; a UUID has 36 characters
RETENTION_HOURS = 24  # default of the setting IDEMPOTENCY_RETENTION_HOURS
WAIT_SECONDS = 10  # default of the setting IDEMPOTENCY_WAIT_SECONDS: less than a usual client's timeout
_LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's SQLSTATE
Respond = Callable[[], HttpResponse]

OLD_ANSWERS = Expiry(
    table="hypermedia_answeredrequest",
    age="created_at",
    hours=lambda: getattr(settings, "IDEMPOTENCY_RETENTION_HOURS", RETENTION_HOURS),
)
"""Answers that the relay processes delete."""

EXPIRING = (OLD_ANSWERS,)


class _Unstored(Exception):
    """Ends the transaction with a rollback, and carries the answer."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response


def answer_once(request: HttpRequest, service: str, *, caller: str, version: int, respond: Respond) -> HttpResponse:
    """Return the answer of `respond`, which is rendered, or that of the caller's first request with the same key.

    Raises:
        Problem: 400, the key cannot be used; 422, it was used for another request; 409, the first takes too long.
    Concurrency: requests with one key wait for each other in the database.
    """
    key = own_key(caller, request.headers.get("idempotency-key"))
    if key is None or request.method != "POST" or _is_too_large(request):
        return respond()
    if not re.fullmatch(KEY_PATTERN, key):
        detail = "The key is blank, longer than 255 characters or not printable ASCII; a UUID fits."
        raise Problem(400, "invalid_idempotency_key", detail, field="Idempotency-Key")
    fingerprint = _fingerprint(request, version)
    try:
        with unit_of_work():
            return _answer(_claim(service, key, fingerprint), fingerprint, respond)
    except _Unstored as unstored:
        return unstored.response


def own_key(caller: str, key: str | None) -> str | None:
    """Return the key as it is stored: prefixed by caller, because callers choose keys independently of each other.

    Args:
        caller: Name of the caller; empty without authentication.
        key: What they sent; a key that cannot be used is returned unchanged.
    """
    if not caller or key is None or not re.fullmatch(KEY_PATTERN, key):
        return key
    return hashlib.sha256(f"{caller}\n{key}".encode()).hexdigest()


def _answer(row: AnsweredRequest, fingerprint: str, respond: Respond) -> HttpResponse:
    if row.fingerprint != fingerprint:
        detail = "The key was used for another request; use a new one for each thing you want done."
        raise Problem(422, "idempotency_key_reused", detail, field="Idempotency-Key")
    if row.status is not None:
        return HttpResponse(row.body, status=row.status, headers={**row.headers, "Idempotency-Replayed": "true"})
    response = respond()
    if response.status_code >= 300 and not isinstance(response, Ruled):
        raise _Unstored(response)
    row.status, row.headers, row.body = response.status_code, dict(response.headers), response.content.decode()
    row.save(update_fields=["status", "headers", "body"])
    return response


def _claim(service: str, key: str, fingerprint: str) -> AnsweredRequest:
    """Return the row of a key: a new row, or that of the first request, which is finished."""
    blank = AnsweredRequest(service=service, key=key, fingerprint=fingerprint, created_at=clock.now())
    try:
        _limit_waits(getattr(settings, "IDEMPOTENCY_WAIT_SECONDS", WAIT_SECONDS))
        AnsweredRequest.objects.bulk_create([blank], ignore_conflicts=True)
        _limit_waits(None)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
            raise
        detail = "The first request with this key is still being answered; try again with the same key."
        raise Problem(409, "request_in_progress", detail, field="Idempotency-Key") from error
    return AnsweredRequest.objects.get(service=service, key=key)


def _limit_waits(seconds: float | None) -> None:
    """Limit the waits for locks in this transaction; None: as before.  SQLite uses the limit of its connection."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            value = "DEFAULT" if seconds is None else f"'{round(seconds * 1000)}ms'"
            cursor.execute(f"SET LOCAL lock_timeout = {value}")


def _is_too_large(request: HttpRequest) -> bool:
    """Whether the body will be refused unread."""
    with suppress(ValueError):
        return int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES
    return True


def _fingerprint(request: HttpRequest, version: int) -> str:
    try:
        body = request.body
    except UnreadablePostError as error:
        raise Problem(400, "invalid", "The body cannot be read to its end.") from error
    asked = f"{version} {request.method} {request.get_full_path()}\n".encode(errors="replace")
    return hashlib.sha256(asked + body).hexdigest()
