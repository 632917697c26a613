"""How a proxy is declared: an interface whose methods say verb, path, deadline and fallback.  Not: making the call.

    @proxy("kitchen")
    class Kitchen(Protocol):
        @get("/v1/tickets/{ticket_id}", deadline=0.5, otherwise=cached(seconds=60))
        def ticket(self, ticket_id: int) -> TicketInfo | None: ...

    @proxy("kitchen", headers=caller_token)     # who asks goes with every call

Path parameters by name; a parameter named `body` is the JSON body; the others are the query (camelCase on the wire,
None is left out).  The result is decoded into the annotated type; where that allows None, a 404 is None.  `def` blocks,
`async def` does not.  What contradicts itself is refused here, when the module is imported.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from typing_extensions import is_protocol

from postroad.calls.fallback import Fallback, error
from postroad.calls.operation import Headers, Line, Operation, no_headers
from postroad.calls.signatures import operation
from postroad.errors import InvalidDeclaration

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)

_SERVICE = re.compile(r"[a-z][a-z0-9_]*")
_LINE = "__postroad_line__"
_OPERATIONS = "__postroad_operations__"


def get(path: str, *, grpc: str = "", deadline: float | None = None, otherwise: Fallback = error) -> Callable[[F], F]:
    """Read a resource; idempotent.

    Args:
        path: From the root of the service; `{name}` stands for the parameter of that name.
        grpc: Full gRPC method that answers the same, `package.Service/Method`; empty: REST only.
        deadline: Seconds for the call with all its retries; None: CALL_DEADLINE_SECONDS.
        otherwise: What the caller gets when no answer comes: `error`, `default(…)`, `cached(…)`, `omitted`.
    """
    return _declare(Line("GET", path, grpc, deadline, otherwise, is_idempotent=True))


def put(path: str, *, grpc: str = "", deadline: float | None = None, otherwise: Fallback = error) -> Callable[[F], F]:
    """Replace a resource; idempotent.  The parameters are those of `get`."""
    return _declare(Line("PUT", path, grpc, deadline, otherwise, is_idempotent=True))


def delete(
    path: str, *, grpc: str = "", deadline: float | None = None, otherwise: Fallback = error
) -> Callable[[F], F]:
    """Remove a resource; idempotent.  The parameters are those of `get`."""
    return _declare(Line("DELETE", path, grpc, deadline, otherwise, is_idempotent=True))


def head(path: str, *, deadline: float | None = None, otherwise: Fallback = error) -> Callable[[F], F]:
    """Ask whether a resource is there: the method returns `bool`.  The parameters are those of `get`."""
    return _declare(Line("HEAD", path, "", deadline, otherwise, is_idempotent=True))


def post(
    path: str,
    *,
    grpc: str = "",
    deadline: float | None = None,
    otherwise: Fallback = error,
    idempotent: bool = False,
) -> Callable[[F], F]:
    """Do something; sent once only, unless `idempotent=True` says that doing it twice is the same.

    The other parameters are those of `get`.
    """
    return _declare(Line("POST", path, grpc, deadline, otherwise, is_idempotent=idempotent))


def patch(
    path: str,
    *,
    grpc: str = "",
    deadline: float | None = None,
    otherwise: Fallback = error,
    idempotent: bool = False,
) -> Callable[[F], F]:
    """Change a part of a resource; as `post`, sent once only unless `idempotent=True`."""
    return _declare(Line("PATCH", path, grpc, deadline, otherwise, is_idempotent=idempotent))


def proxy(service: str, *, headers: Headers = no_headers) -> Callable[[C], C]:
    """Declare an interface as the calls to one service.

    Args:
        service: Its name.
        headers: Returns headers of each call, names in lower case, such as the caller's token.  An answer that is kept
            (`cached`) takes the place only of an answer to the same headers.

    Raises:
        InvalidDeclaration: A method contradicts itself; the text names it, the value and the way out.
    """
    if not _SERVICE.fullmatch(service):
        raise InvalidDeclaration(f"proxy of service {service!r}: write its name, such as 'order_history'.")

    def attach(interface: C) -> C:
        if not is_protocol(interface):
            raise InvalidDeclaration(f"{interface.__qualname__} must be a Protocol: write class …(Protocol).")
        setattr(interface, _OPERATIONS, (interface, _operations(service, interface, headers)))
        return interface

    return attach


def operations_of(interface: object) -> tuple[Operation, ...]:
    """Return what an interface declares.

    Raises:
        InvalidDeclaration: It is no declared proxy.
    """
    owner, operations = getattr(interface, _OPERATIONS, (None, ()))
    if owner is not interface:
        raise InvalidDeclaration(f"{interface!r} is no declared proxy: put @proxy on it.")
    found: tuple[Operation, ...] = operations
    return found


def _declare(line: Line) -> Callable[[F], F]:
    def attach(method: F) -> F:
        setattr(method, _LINE, line)
        return method

    return attach


def _operations(service: str, interface: type, headers: Headers) -> tuple[Operation, ...]:
    found = []
    for name in sorted(name for name in dir(interface) if not name.startswith("_")):
        method = getattr(interface, name)
        line = getattr(method, _LINE, None)
        if line is None:
            raise InvalidDeclaration(f"{service}.{name}: put @get, @post, … on it; a proxy has nothing but calls.")
        found.append(replace(operation(service, method, line), headers=headers))
    if not found:
        raise InvalidDeclaration(f"{interface.__qualname__}: it declares no call; put @get, @post, … on a method.")
    return tuple(found)
