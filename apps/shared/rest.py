"""The parser and error handlers that the settings of Django REST framework name: strict JSON, one form of error.

See also: `apps.shared.views`, which has the views.

Every error has the body `{"code": "invalid", "detail": "one sentence", "fields": {"lineItems[0].quantity": ["…"]}}`.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import IO, Any, NoReturn

from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework.exceptions import APIException, ErrorDetail, ParseError, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.response import Response
from typing_extensions import override

from apps.shared.refusals import DEFECT, NO_DATABASE, NO_SUCH_ADDRESS, UNREADABLE, BusinessRefusal, ErrorAnswer

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 1_000_000  # a menu of a thousand dishes is a tenth of it
MAX_DEPTH = 32  # our deepest body has four levels; Python itself gives up near a thousand
_WHOLE = "non_field_errors"  # Django REST framework's key for what is wrong with a whole object


class Ruled:
    """Marks the answer to a request that is valid, but refused by a business rule."""


class RuledResponse(Ruled, Response):
    """Such an answer in version 1."""


class BodyTooLarge(APIException):
    """The body is longer than `MAX_BODY_BYTES`."""

    status_code = 413
    default_detail = f"The body is too large; the limit is {MAX_BODY_BYTES} bytes."
    default_code = "body_too_large"


class BoundedJSONParser(BaseParser):
    """JSON in UTF-8, at most `MAX_BODY_BYTES` long and `MAX_DEPTH` deep; fractions become exact decimals."""

    media_type = "application/json"

    @override
    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the value.

        Raises:
            BodyTooLarge: Too many bytes; the rest of them is not read.
            ParseError: The body is not JSON or not UTF-8, has NaN or infinity, or is nested too deeply.
        """
        try:
            body = stream.read(MAX_BODY_BYTES + 1)
        except OSError as error:
            raise ParseError("The body cannot be read to its end.") from error
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
        try:
            value = json.loads(body.decode(), parse_float=Decimal, parse_constant=_refuse_constant)
        except (ValueError, ArithmeticError) as error:
            raise ParseError(f"The body is not JSON in UTF-8: {type(error).__name__}.") from error
        except RecursionError:
            raise ParseError(_TOO_DEEP) from None
        _check_depth(value)
        return value


_TOO_DEEP = f"The body is nested too deeply; the limit is {MAX_DEPTH} levels."


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise ParseError(_TOO_DEEP)


def _children(value: object) -> Sequence[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Return the answer for an exception of a view; None for a defect, which Django answers and logs."""
    match error:
        case BusinessRefusal():
            fields = {error.field: [error.detail]} if error.field else {}
            return RuledResponse(_body(error.code, error.detail, fields), status=error.status)
        case ValidationError():
            whole, fields = _flatten(error.detail)
            return Response(_body("invalid", whole or "Some fields are not valid.", fields), status=error.status_code)
        case _:
            answer = answer_of(error)
            return None if answer is None else Response(_body(answer.code, answer.detail), status=answer.status)


def answer_of(error: Exception) -> ErrorAnswer | None:
    """Return what every version answers for an error that is neither a refusal nor about fields; None for a defect."""
    match error:
        case Http404():
            return NO_SUCH_ADDRESS
        case APIException():
            return ErrorAnswer(error.status_code, error.default_code, str(error.detail))
        case OperationalError():
            log.warning("database cannot be used", exc_info=error)
            return NO_DATABASE
        case _:
            return None


def page_not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer for a URL without view: the project's `handler404`."""
    return _page(NO_SUCH_ADDRESS)


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer for a request that Django itself refuses: the project's `handler400`."""
    return _page(UNREADABLE)


def server_error(request: HttpRequest) -> JsonResponse:
    """Answer for a defect, which is logged: the project's `handler500`."""
    return _page(DEFECT)


def _page(answer: ErrorAnswer) -> JsonResponse:
    return JsonResponse(_body(answer.code, answer.detail), status=answer.status)


def _body(code: str, detail: str, fields: Mapping[str, list[str]] | None = None) -> dict[str, object]:
    return {"code": code, "detail": detail, "fields": dict(fields or {})}


def _flatten(detail: object) -> tuple[str, dict[str, list[str]]]:
    """Return what is wrong with the whole body, and with each field by its path."""
    fields: dict[str, list[str]] = {}
    for path, fault in faults(detail, ""):
        fields.setdefault(path, []).append(str(fault))
    return " ".join(fields.pop("", [])), fields


def faults(detail: object, path: str) -> Iterator[tuple[str, ErrorDetail]]:
    """Yield what is wrong in the detail of a `ValidationError`, each with the path of its field below `path`."""
    match detail:
        case dict():
            for key, value in detail.items():
                yield from faults(value, _join(path, key))
        case list():
            for value in detail:
                yield from faults(value, path)
        case _:
            yield path, detail if isinstance(detail, ErrorDetail) else ErrorDetail(str(detail))


def _join(path: str, key: object) -> str:
    if key == _WHOLE:
        return path
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else str(key)
