"""The gateway's error answers: problem documents (RFC 9457), with the `code` and `fields` of all our APIs.

The services' own errors are forwarded unchanged.  The text for a client names the service and what to do,
never an internal address; the log has the details.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from django.http import HttpResponse, JsonResponse

from postroad.errors import (
    BreakerOpen,
    CallFailed,
    CallRejected,
    DeadlineExceeded,
    InvalidAnswer,
    PostroadError,
)

log = logging.getLogger(__name__)

RETRY_SECONDS = 5
"""Seconds after which a client may try again: the default time that a breaker stays open."""


class Refused(Exception):
    """The gateway itself refuses a request; `guarded` answers with it.

    Attributes:
        status: HTTP status.
        code: Stable word for programs.
        detail: One sentence for people that says what to do.
        headers: Headers that go with the answer.
    """

    def __init__(self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, dict(headers or {})

    def answer(self) -> HttpResponse:
        """Return the problem document."""
        return problem(self.status, self.code, self.detail, headers=self.headers)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    fields: Mapping[str, list[str]] | None = None,
) -> HttpResponse:
    """Return a problem document."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "fields": dict(fields or {}),
    }
    return JsonResponse(body, status=status, content_type="application/problem+json", headers=dict(headers or {}))


def failure(error: PostroadError, *, service: str) -> HttpResponse:
    """Return the answer for a call to a service that failed or was refused."""
    match error:
        case CallRejected():
            status = error.status if error.status in _STATUSES else 400
            return problem(status, error.code or "rejected", error.detail or str(error), fields=error.fields)
        case _:
            log.warning("call failed", extra={"called": service, "reason": str(error)})
            status, code = status_of(error)
            return problem(status, code, detail_of(error, service=service), headers=_retry_after(status))


def status_of(error: PostroadError) -> tuple[int, str]:
    """Return the HTTP status and the code of a failed call."""
    match error:
        case CallRejected():
            return error.status, error.code or "rejected"
        case DeadlineExceeded():
            return 504, "deadline_exceeded"
        case InvalidAnswer():
            return 502, "invalid_answer"
        case _:
            return 503, "unavailable"


def detail_of(error: PostroadError, *, service: str) -> str:
    """Return one sentence for the client about a failed call."""
    match error:
        case CallRejected():
            return error.detail or f"{service} refuses this."
        case DeadlineExceeded():
            return f"{service} gave no answer in time; whether it did the work is not known. Ask for the result, or try again."
        case InvalidAnswer():
            return f"{service} gave an answer that cannot be read; its operators have to look at it."
        case BreakerOpen() | CallFailed():
            return f"{service} cannot answer at the moment; try again in {RETRY_SECONDS} seconds."
        case _:
            return f"{service} cannot be called as the gateway is set up; its operators have to look at it."


_STATUSES = frozenset(status.value for status in HTTPStatus if 400 <= status.value < 500)


def _retry_after(status: int) -> dict[str, str]:
    return {"Retry-After": str(RETRY_SECONDS)} if status == 503 else {}
