"""Shared parts of the services' gRPC endpoints: reading ids from requests, and mapping errors to statuses."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import grpc
from django.db import OperationalError

from apps.shared.identity.admission import admitted
from apps.shared.identity.caller import NotAdmitted
from apps.shared.refusals import NO_DATABASE, BusinessRefusal
from apps.shared.values import MAX_ID
from postroad.calls.grpc.servicer import Guard, Status

log = logging.getLogger(__name__)

_CODES: Mapping[int, grpc.StatusCode] = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.FAILED_PRECONDITION,
    503: grpc.StatusCode.UNAVAILABLE,
}


def status_of(error: Exception) -> Status | None:
    """Return the status for whatever a use-case raised, as `apps.shared.rest` does; None for a defect."""
    match error:
        case BusinessRefusal():
            fields = {error.field: [error.detail]} if error.field else {}
            code = _CODES.get(error.status, grpc.StatusCode.FAILED_PRECONDITION)
            return Status(code=code, word=error.code, detail=error.detail, fields=fields)
        case NotAdmitted():
            return Status(code=_CODES[error.status], word=error.code, detail=error.detail)
        case OperationalError():
            log.warning("database cannot be used", exc_info=error)
            return Status(code=_CODES[NO_DATABASE.status], word=NO_DATABASE.code, detail=NO_DATABASE.detail)
        case _:
            return None


def guard_of(resources: Mapping[str, str]) -> Guard:
    """Return the wrapper of each call of a servicer, which authenticates the caller by the metadata `authorization`.

    Args:
        resources: Method → row of `apps.shared.identity.roles.ROLES`; a method without row is refused.
    """

    @contextmanager
    def guard(method: str, metadata: Mapping[str, str]) -> Iterator[object]:
        with admitted(metadata, method="GET", resource=resources.get(method, method)) as caller:
            yield caller

    return guard


def read_id(number: int, *, field: str) -> int:
    """Return the id in a request.

    Raises:
        BusinessRefusal: `invalid`: it is missing, or is not an id.
    """
    if not 1 <= number <= MAX_ID:
        raise invalid(field, f"{number} is not an id; send a number from 1 to {MAX_ID}.")
    return number


def invalid(field: str, detail: str) -> BusinessRefusal:
    """Return the refusal for an invalid field of a request."""
    return BusinessRefusal("invalid", detail, field=field, status=400)
