"""`Servicer`: an entry in the table of a service's `rpc/servicer.py`, one for each gRPC service.

    SERVICERS = (
        Servicer(
            name="postroad.orders.v1.Orders",
            make=Orders,
            add=add_OrdersServicer_to_server,
            status_of=status_of,
        ),
    )

A process reads the tables of its installed services when it serves gRPC; no other process imports them.
"""

import importlib.util
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from django.apps import apps

from postroad.conf import CoreSettings
from postroad.errors import InvalidDeclaration
from postroad.extras import needs_extra

with needs_extra("grpc"):
    import grpc


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The reason why a call has no answer.

    Attributes:
        code: gRPC's status code.
        word: Stable word for programs, such as `unknown_restaurant`.
        detail: One sentence for people.
        fields: Path of a field of the request → what is wrong with it.
    """

    code: grpc.StatusCode
    word: str
    detail: str
    fields: Mapping[str, list[str]] = field(default_factory=dict)


Guard = Callable[[str, Mapping[str, str]], AbstractContextManager[object]]


def _open(method: str, metadata: Mapping[str, str]) -> AbstractContextManager[object]:
    return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class Servicer:
    """One gRPC service.

    Attributes:
        name: Full name, with its package.
        make: Creates the object that answers, of a subclass of the generated `…Servicer`; a method has one request, and
            one answer or a stream of them.
        add: The generated `add_…Servicer_to_server`.
        status_of: The status of an exception of the implementation; None: the exception is a defect.
        close: Ends the streams of such an object within a short time; called when the server stops.
        guard: A context manager around each call, created with the method's name and the call's metadata; to refuse a
            caller it raises an exception that `status_of` knows.  By default all callers are accepted.
        owner: Name of the service to which it belongs; `find_servicers` sets it.
    """

    name: str
    make: Callable[[], Any]
    add: Callable[[Any, grpc.Server], None]
    status_of: Callable[[Exception], Status | None]
    close: Callable[[Any], None] = lambda _: None
    guard: Guard = _open
    owner: str = ""


def find_servicers() -> list[Servicer]:
    """Return the servicers of the installed services.

    Raises:
        InvalidDeclaration: A module `rpc/servicer.py` has no table, or no service has such a module.
    """
    found = []
    for application in apps.get_app_configs():
        if importlib.util.find_spec(f"{application.name}.rpc") is not None:
            owner = CoreSettings.current().service or application.label
            found += [replace(servicer, owner=owner) for servicer in _table(f"{application.name}.rpc.servicer")]
    if not found:
        raise InvalidDeclaration("no installed service offers gRPC: add rpc/servicer.py with a table SERVICERS to one.")
    return found


def _table(name: str) -> tuple[Servicer, ...]:
    table = getattr(import_module(name), "SERVICERS", None)
    if not isinstance(table, tuple):
        raise InvalidDeclaration(f"{name} has no table SERVICERS; write SERVICERS = (Servicer(…),).")
    return table
