"""Executes a GraphQL request and builds its answer, as "GraphQL over HTTP" defines it.  See also: `schema`.

An answer with data, and a refused document, is a 200 with `errors`; a body that is not a GraphQL request is a 400.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from apps.gateway.graphql.documents import check_variables
from apps.gateway.graphql.schema import schema
from apps.gateway.loaders import Loaders
from apps.gateway.problems import Refused, detail_of, status_of
from apps.gateway.proxies import Services
from apps.shared.refusals import DEFECT
from postroad.calls import deadline
from postroad.errors import CallRejected, DeadlineExceeded, PostroadError

log = logging.getLogger(__name__)


class Request(msgspec.Struct, rename="camel"):
    """A request as a client sends it."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


def read_request(body: bytes) -> Request:
    """Return the request in a JSON body.

    Raises:
        Refused: 400, it holds none.
    """
    try:
        return msgspec.json.decode(body, type=Request)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "invalid", f"The body is no GraphQL request: {error}.") from error


def read_query(parameters: Mapping[str, str]) -> Request:
    """Return the request in a query string, with its variables as JSON.

    Raises:
        Refused: 400, it holds none.
    """
    try:
        variables = msgspec.json.decode(parameters.get("variables") or "null", type=dict[str, Any] | None)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise Refused(400, "invalid", f"variables is no JSON object: {error}.") from error
    name = parameters.get("operationName") or None
    return Request(query=parameters.get("query", ""), variables=variables, operation_name=name)


async def execute(services: Services, request: Request, *, seconds: float, may_change: bool) -> dict[str, Any]:
    """Return the body that answers a request.

    Raises:
        DeadlineExceeded: It took longer than it may.
        Refused: 400, there is no operation, or its variables are too large; 405, the operation is not allowed with this method.
    """
    check_variables(request.variables or {})
    operations = {OperationType.QUERY, OperationType.MUTATION} if may_change else {OperationType.QUERY}
    try:
        with deadline.within(seconds):
            async with asyncio.timeout(seconds):
                result = await schema.execute(
                    request.query,
                    variable_values=request.variables,
                    operation_name=request.operation_name,
                    context_value=Loaders(services),
                    allowed_operation_types=operations,
                )
    except TimeoutError as error:
        raise DeadlineExceeded(f"graphql: no answer in {seconds} s.") from error
    except (MissingQueryError, CannotGetOperationTypeError) as error:
        raise Refused(
            400, "invalid", "There is no operation to execute, or operationName does not say which."
        ) from error
    except InvalidOperationTypeError as error:
        detail = "Only queries are answered by GET, queries and mutations by POST; there are no subscriptions."
        raise Refused(405, "method_not_allowed", detail, headers={"Allow": "POST"}) from error
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [_shown(error) for error in result.errors]
    if result.data is not None or not result.errors:
        body["data"] = result.data
    return body


def sdl() -> str:
    """Return the schema in GraphQL's schema language."""
    return schema.as_str()


def _shown(error: GraphQLError) -> dict[str, Any]:
    """Return an error for the client: message, path and code, without internal details."""
    shown: dict[str, Any] = dict(error.formatted)
    original = error.original_error
    match original:
        case None | GraphQLError():
            shown["extensions"] = {"code": "invalid", **(error.extensions or {})}
        case Refused():
            shown["message"], shown["extensions"] = original.detail, {"code": original.code}
        case CallRejected():
            extensions = {"code": status_of(original)[1], "fields": dict(original.fields)}
            shown["message"], shown["extensions"] = detail_of(original, service="The service"), extensions
        case PostroadError():
            log.warning("field not answered", extra={"path": error.path, "reason": str(original)})
            shown["message"] = detail_of(original, service="A service that is needed for this")
            shown["extensions"] = {"code": status_of(original)[1]}
        case _:
            log.error("defect in a resolver", extra={"path": error.path}, exc_info=original)
            shown["message"], shown["extensions"] = DEFECT.detail, {"code": DEFECT.code}
    return shown
