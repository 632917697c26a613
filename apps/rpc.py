"""What the services' gRPC doors share: ids out of requests, errors as statuses.  Not: serving, which is the library's."""

import logging
from collections.abc import Mapping

import grpc
from django.db import OperationalError

from apps.refusals import BusinessRefusal
from apps.values import MAX_ID
from postroad.runtime.grpc_servicer import Status

log = logging.getLogger(__name__)

_CODES: Mapping[int, grpc.StatusCode] = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.FAILED_PRECONDITION,
}


def status_of(error: Exception) -> Status | None:
    """Return the status for whatever a use-case raised, as `apps.rest` does; None for a defect."""
    match error:
        case BusinessRefusal():
            fields = {error.field: [error.detail]} if error.field else {}
            code = _CODES.get(error.status, grpc.StatusCode.FAILED_PRECONDITION)
            return Status(code=code, word=error.code, detail=error.detail, fields=fields)
        case OperationalError():
            log.warning("database cannot be used", exc_info=error)
            detail = "The database cannot be used at the moment; try again."
            return Status(code=grpc.StatusCode.UNAVAILABLE, word="unavailable", detail=detail)
        case _:
            return None


def read_id(number: int, *, field: str) -> int:
    """Return the id in a request.

    Raises:
        BusinessRefusal: `invalid`: it was left out, or is no id.
    """
    if not 1 <= number <= MAX_ID:
        raise invalid(field, f"{number} is no id; send a number from 1 to {MAX_ID}.")
    return number


def invalid(field: str, detail: str) -> BusinessRefusal:
    """Return what to raise when a field of a request is not valid."""
    return BusinessRefusal("invalid", detail, field=field, status=400)
