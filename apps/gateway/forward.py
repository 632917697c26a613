"""Forwards a request to the service that owns its path, and returns the answer, without interpreting either.

Bulkhead, breaker, deadline and retry are those of every call (`postroad.calls`): only idempotent requests are retried.
The owner's answer is returned unchanged, also if it is an error; only if there is none, the gateway answers itself.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

from apps.gateway.limits import read_body
from apps.gateway.problems import Refused, failure
from apps.gateway.proxies import caller_token
from apps.shared.hypermedia.idempotency import own_key
from apps.shared.refusals import NO_SUCH_ADDRESS
from postroad.calls.client import calls
from postroad.calls.policies import watch
from postroad.calls.policies.drivers import run_async
from postroad.calls.policies.selection import policy_of
from postroad.calls.proxy import headers
from postroad.calls.transport import Answer, Outgoing, Transport
from postroad.errors import PostroadError, ServiceUnavailable

PASSED = ("accept", "accept-language", "content-type", "idempotency-key", "if-match", "if-none-match", "prefer")
"""Headers of a request that are forwarded, besides `traceparent`, `x-request-id`, the deadline and the token."""

_KEY = "idempotency-key"
_NOT_BACK = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
    "upgrade", "content-length", "date", "server", "set-cookie", "x-request-id",
})  # fmt: skip
"""Headers of an answer that are not forwarded: hop-by-hop ones (RFC 9110, 7.6.1), and those the gateway sets itself."""

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_METHODS = _IDEMPOTENT | {"POST", "PATCH"}


async def forward(
    request: HttpRequest,
    owner: str,
    *,
    seconds: float,
    caller: str = "",
    transport: Transport | None = None,
    below: str = "",
) -> HttpResponse:
    """Return the owner's answer, or a problem document with the reason why there is none.

    Args:
        request: Forwarded with its path, query, body and some headers.
        owner: The service that owns the path.
        seconds: Time for all attempts.
        caller: The caller whose `Idempotency-Key` it is; empty: shared by all callers without authentication.
        transport: Replaces the transport of the process.
        below: A prefix of the path that the owner does not know.

    Raises:
        Refused: The request cannot be passed on.
    """
    outgoing = _outgoing(request, owner, caller, below)
    via, last = transport or calls(), _Last()
    steps = policy_of(owner).steps(outgoing.call, is_idempotent=outgoing.verb in _IDEMPOTENT, deadline_seconds=seconds)

    async def send(timeout_seconds: float) -> Answer:
        last.answer = None
        last.answer = await via.send_async(outgoing, timeout_seconds)
        return last.answer

    with _told(outgoing) as ending:
        try:
            answer = await run_async(steps, send)
        except PostroadError as error:
            ending.outcome = type(error).__name__
            if last.answer is None or not isinstance(error, ServiceUnavailable):
                return failure(error, service=owner)
            return _back(last.answer, owner)
        ending.outcome = "answered" if answer.status < 400 else "rejected"
    return _back(answer, owner)


class _Last:
    """The result of the last attempt: the policy treats 429 and 5xx as failures, the client receives them unchanged."""

    answer: Answer | None = None


class _Ending:
    """How a call ended, in the terms of `watch.CallEnded`."""

    outcome = "abandoned"


@contextmanager
def _told(outgoing: Outgoing) -> Iterator[_Ending]:
    """Notify the observers of a call when its block ends."""
    began, ending = time.monotonic(), _Ending()
    try:
        yield ending
    finally:
        watch.tell(watch.CallEnded(
            service=outgoing.service,
            operation=outgoing.verb.lower(),
            outcome=ending.outcome,
            substitute="",
            seconds=time.monotonic() - began,
        ))  # fmt: skip


def _outgoing(request: HttpRequest, owner: str, caller: str, below: str) -> Outgoing:
    method = request.method or ""
    if method not in _METHODS:
        detail = f"{method} is not forwarded; use one of: {', '.join(sorted(_METHODS))}."
        raise Refused(405, "method_not_allowed", detail, headers={"Allow": ", ".join(sorted(_METHODS))})
    return Outgoing(
        service=owner,
        call=f"{owner}.{method.lower()}",
        verb=method,
        target=_target(request).removeprefix(below),
        body=read_body(request),
        headers={**_passed(request.headers, caller), **caller_token(), **headers()},
    )


def _target(request: HttpRequest) -> str:
    if any(segment in (".", "..") for segment in request.path_info.split("/")):
        raise Refused(NO_SUCH_ADDRESS.status, NO_SUCH_ADDRESS.code, NO_SUCH_ADDRESS.detail)
    return request.get_full_path()


def _passed(given: Mapping[str, str], caller: str) -> dict[str, str]:
    found = {name: given.get(name) for name in PASSED}
    found[_KEY] = own_key(caller, found[_KEY])
    return {name: value for name, value in found.items() if value and value.isascii()}


def _back(answer: Answer, owner: str) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status)
    del response["Content-Type"]
    named = {name.strip().lower() for key, value in answer.headers if key == "connection" for name in value.split(",")}
    for name, value in _merged(answer.headers):
        if name not in _NOT_BACK and name not in named:
            response[name.title()] = _location(value, owner) if name == "location" else value
    return response


def _merged(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Return each header once, its values joined (RFC 9110, 5.2)."""
    merged: dict[str, str] = {}
    for name, value in pairs:
        merged[name] = f"{merged[name]}, {value}" if name in merged else value
    return merged.items()


def _location(value: str, owner: str) -> str:
    """Return a URL of the owner as a URL of the gateway: without host, and without the prefix of the one-process mode."""
    parts = urlsplit(value)
    path = parts.path.removeprefix(f"/{owner}") if parts.path.startswith(f"/{owner}/v") else parts.path
    return f"{path}?{parts.query}" if parts.query else path
