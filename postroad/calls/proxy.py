"""An interface → an object that makes its calls: what business code receives.

    kitchen = client_of(Kitchen, transport=RestTransport(resolver))
    kitchen.ticket(7)

A test passes a plain class with the same methods instead.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from postroad.calls.declaration import operations_of
from postroad.calls.fallback import OperationFallback
from postroad.calls.operation import Operation
from postroad.calls.policies import watch
from postroad.calls.policies.drivers import run, run_async
from postroad.calls.policies.policy import Policy, Steps
from postroad.calls.policies.selection import policy_of
from postroad.calls.transport import Outgoing, Transport
from postroad.context import current
from postroad.errors import CallFailed, CallRejected, InvalidAnswer

P = TypeVar("P")


def client_of(interface: Callable[..., P], *, transport: Transport, policy: Callable[[str], Policy] = policy_of) -> P:
    """Return an object that makes the calls of an interface.

    Args:
        interface: A class declared with `@proxy` (typed so that the checker takes a Protocol and knows the result).
        transport: The transport of its calls.
        policy: Service → its policy; the process's own by default, read from the settings at the first call.

    Raises:
        InvalidDeclaration: The interface is not a declared proxy.
    """
    calls = {each.name: _method(each, transport, policy) for each in operations_of(interface)}
    name = getattr(interface, "__name__", "Proxy")
    return cast(P, type(f"{name}Client", (), {"__doc__": f"Calls of {name}.", **calls})())


def _method(operation: Operation, transport: Transport, policy: Callable[[str], Policy]) -> Callable[..., Any]:
    conducted = _Conducted(operation, policy)
    bind = operation.signature.bind

    def call(_self: object, *args: object, **kwargs: object) -> object:
        bound = bind(*args, **kwargs)
        bound.apply_defaults()
        added = operation.added_headers(bound.arguments)
        outgoing = operation.outgoing(bound.arguments, headers={**headers(), **added})
        return run(conducted.steps(outgoing, added), lambda timeout_seconds: transport.send(outgoing, timeout_seconds))

    async def call_async(_self: object, *args: object, **kwargs: object) -> object:
        bound = bind(*args, **kwargs)
        bound.apply_defaults()
        added = operation.added_headers(bound.arguments)
        outgoing = operation.outgoing(bound.arguments, headers={**headers(), **added})
        return await run_async(
            conducted.steps(outgoing, added), lambda timeout_seconds: transport.send_async(outgoing, timeout_seconds)
        )

    made = call_async if operation.is_async else call
    made.__name__, made.__qualname__ = operation.name, operation.call
    return made


def _digest(added: Mapping[str, str]) -> bytes:
    """Return a digest of headers for a key: headers may be secret, and keys stay in memory."""
    return hashlib.sha256(repr(sorted(added.items())).encode()).digest() if added else b""


def headers() -> Mapping[str, str]:
    """Return the headers that pass the context of the work in progress on."""
    work, passed = current(), {}
    if work.trace_parent:
        passed["traceparent"] = work.trace_parent
    if work.request_id:
        passed["x-request-id"] = work.request_id
    return passed


class _Conducted:
    """One operation with its policy and its fallback."""

    def __init__(self, operation: Operation, policy: Callable[[str], Policy]) -> None:
        self._operation, self._policy = operation, policy
        self._fallback = OperationFallback(operation.line.otherwise, call=operation.call)

    def steps(self, outgoing: Outgoing, added: Mapping[str, str]) -> Steps[object]:
        """Yield the steps of one call; the result is the decoded value, or the fallback's.

        A stored answer is used only for calls with the same headers, because headers may identify the caller.
        """
        operation, key = self._operation, (outgoing.target, outgoing.body, _digest(added))
        began, outcome, substitute = time.monotonic(), "abandoned", ""
        try:
            answer = yield from self._policy(operation.service).steps(
                operation.call, is_idempotent=operation.line.is_idempotent, deadline_seconds=operation.line.deadline
            )
            value = operation.value(answer)
            outcome = "answered"
            self._fallback.keep(key, value)
        except CallRejected:
            outcome = "rejected"
            raise
        except (CallFailed, InvalidAnswer) as reason:
            outcome = type(reason).__name__
            value, substitute = self._fallback.answer(key, reason)
        finally:
            watch.tell(watch.CallEnded(
                service=operation.service,
                operation=operation.name,
                outcome=outcome,
                substitute=substitute,
                seconds=time.monotonic() - began,
            ))  # fmt: skip
        return value
