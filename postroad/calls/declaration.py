"""The decorators that declare a proxy: an interface whose methods have a verb, a path, a deadline and a fallback.

    @proxy("kitchen")
    class Kitchen(Protocol):
        @get("/v1/tickets/{ticket_id}", deadline=0.5, otherwise=cached(seconds=60))
        def ticket(self, ticket_id: int) -> TicketInfo | None: ...

    @proxy("kitchen", headers=caller_token)     # every call passes the caller's token on

    @get("/v1/menu", headers={"accept-language": "en"})   # for this operation; a parameter `headers` is for one call

Path parameters by name; a parameter named `body` is the JSON body, named as its type declares; one named `headers` is
a mapping of headers; the others are the query (camelCase on the wire unless `naming=` says otherwise, None is left out).  The result is decoded into the annotated type; where that allows None, a 404 is None.  `def` blocks,
`async def` does not.  A contradiction in a declaration raises an error when the module is imported.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from typing_extensions import is_protocol

from postroad.calls.fallback import Fallback, error
from postroad.calls.operation import Headers, Line, Naming, Operation, headers_of, merged, no_headers
from postroad.calls.signatures import camel, operation
from postroad.errors import InvalidDeclaration

GivenHeaders = Headers | Mapping[str, str]

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)

_SERVICE = re.compile(r"[a-z][a-z0-9_]*")
_LINE = "__postroad_line__"
_OPERATIONS = "__postroad_operations__"


def get(
    path: str,
    *,
    grpc: str = "",
    deadline: float | None = None,
    otherwise: Fallback = error,
    headers: GivenHeaders = no_headers,
) -> Callable[[F], F]:
    """Read a resource; idempotent.

    Args:
        path: From the root of the service; `{name}` is replaced by the parameter of that name.
        grpc: Full gRPC method with the same answer, `package.Service/Method`; empty: REST only.
        deadline: Seconds for the call with all its retries; None: CALL_DEADLINE_SECONDS.
        otherwise: The fallback if there is no answer: `error`, `default(…)`, `cached(…)`, `omitted`.
        headers: Headers of this call in addition to the proxy's: a mapping, or a function that returns one for each call.
    """
    return _declare(Line("GET", path, grpc, deadline, otherwise, is_idempotent=True, headers=headers_of(headers)))


def put(
    path: str,
    *,
    grpc: str = "",
    deadline: float | None = None,
    otherwise: Fallback = error,
    headers: GivenHeaders = no_headers,
) -> Callable[[F], F]:
    """Replace a resource; idempotent.  The parameters are those of `get`."""
    return _declare(Line("PUT", path, grpc, deadline, otherwise, is_idempotent=True, headers=headers_of(headers)))


def delete(
    path: str,
    *,
    grpc: str = "",
    deadline: float | None = None,
    otherwise: Fallback = error,
    headers: GivenHeaders = no_headers,
) -> Callable[[F], F]:
    """Remove a resource; idempotent.  The parameters are those of `get`."""
    return _declare(Line("DELETE", path, grpc, deadline, otherwise, is_idempotent=True, headers=headers_of(headers)))


def head(
    path: str, *, deadline: float | None = None, otherwise: Fallback = error, headers: GivenHeaders = no_headers
) -> Callable[[F], F]:
    """Ask whether a resource exists: the method returns `bool`.  The parameters are those of `get`."""
    return _declare(Line("HEAD", path, "", deadline, otherwise, is_idempotent=True, headers=headers_of(headers)))


def post(
    path: str,
    *,
    grpc: str = "",
    deadline: float | None = None,
    otherwise: Fallback = error,
    headers: GivenHeaders = no_headers,
    idempotent: bool = False,
) -> Callable[[F], F]:
    """Run an action; it is sent only once, unless `idempotent=True` says that repeating it has no further effect.

    The other parameters are those of `get`.
    """
    return _declare(
        Line("POST", path, grpc, deadline, otherwise, is_idempotent=idempotent, headers=headers_of(headers))
    )


def patch(
    path: str,
    *,
    grpc: str = "",
    deadline: float | None = None,
    otherwise: Fallback = error,
    headers: GivenHeaders = no_headers,
    idempotent: bool = False,
) -> Callable[[F], F]:
    """Change a part of a resource; like `post`, it is sent only once unless `idempotent=True`."""
    return _declare(
        Line("PATCH", path, grpc, deadline, otherwise, is_idempotent=idempotent, headers=headers_of(headers))
    )


def proxy(service: str, *, headers: GivenHeaders = no_headers, naming: Naming = camel) -> Callable[[C], C]:
    """Declare an interface as the calls to one service.

    Args:
        service: Its name.
        headers: Headers of each call: a mapping, or a function that returns one, such as one that passes on the caller's
            token.  A stored answer (`cached`) is used only for a call with the same headers.
        naming: Parameter → its name in the query; `str` leaves names as they are.  A body is named by its own type.

    Raises:
        InvalidDeclaration: A method contradicts itself; the text names it, the value and the way out.
    """
    if not _SERVICE.fullmatch(service):
        raise InvalidDeclaration(f"proxy of service {service!r}: write its name, such as 'order_history'.")

    def attach(interface: C) -> C:
        if not is_protocol(interface):
            raise InvalidDeclaration(f"{interface.__qualname__} must be a Protocol: write class …(Protocol).")
        setattr(interface, _OPERATIONS, (interface, _operations(service, interface, headers_of(headers), naming)))
        return interface

    return attach


def operations_of(interface: object) -> tuple[Operation, ...]:
    """Return what an interface declares.

    Raises:
        InvalidDeclaration: It is not a declared proxy.
    """
    owner, operations = getattr(interface, _OPERATIONS, (None, ()))
    if owner is not interface:
        raise InvalidDeclaration(f"{interface!r} is not a declared proxy: put @proxy on it.")
    found: tuple[Operation, ...] = operations
    return found


def _declare(line: Line) -> Callable[[F], F]:
    def attach(method: F) -> F:
        setattr(method, _LINE, line)
        return method

    return attach


def _operations(service: str, interface: type, headers: Headers, naming: Naming) -> tuple[Operation, ...]:
    found = []
    for name in sorted(name for name in dir(interface) if not name.startswith("_")):
        method = getattr(interface, name)
        line = getattr(method, _LINE, None)
        if line is None:
            raise InvalidDeclaration(f"{service}.{name}: put @get, @post, … on it; a proxy has only calls.")
        made = operation(service, method, line, naming=naming)
        found.append(replace(made, headers=merged(headers, line.headers)))
    if not found:
        raise InvalidDeclaration(f"{interface.__qualname__}: it declares no call; put @get, @post, … on a method.")
    return tuple(found)
