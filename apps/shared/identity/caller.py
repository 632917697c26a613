"""A caller: name, roles, and the consumer they are.  See also: `admission`, which authenticates callers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from apps.shared.identity.roles import CONSUMER, EVERYBODYS, ROLES


class NotAdmitted(Exception):
    """A caller is not authenticated, or may not do this.

    Attributes:
        status: 401 not authenticated, 403 their roles do not allow it, 503 the issuer's keys are not available.
        code: Stable word for programs.
        detail: One sentence for people that says what to do.
        headers: Of the answer.
    """

    def __init__(self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, dict(headers or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The caller of a request.

    Attributes:
        name: Of the key, or the token's subject; empty when nobody has to say.
        roles: What they are; None: nobody has to be anything.
        consumer_id: Which consumer they are; None: none.
        token: What shows all this to the services behind the gateway; empty: nothing does.
    """

    name: str = ""
    roles: frozenset[str] | None = None
    consumer_id: int | None = None
    token: str = field(default="", repr=False, compare=False)

    def may(self, method: str, resource: str) -> bool:
        """Whether the caller's roles allow a method on a resource."""
        if self.roles is None:
            return True
        access = ROLES.get(resource)
        if access is None:
            return True  # there is nothing at such an address
        return bool(self.roles & access.roles(method))

    def check(self, method: str, resource: str) -> None:
        """Refuse what the caller's roles do not allow.

        Raises:
            NotAdmitted: 403.
        """
        if not self.may(method, resource):
            wanted = ", ".join(sorted(ROLES[resource].roles(method)))
            raise NotAdmitted(403, "forbidden", f"{method} on {resource} needs one of the roles: {wanted}.")

    def is_limited(self, method: str, resource: str) -> bool:
        """Whether only the role of a consumer allows it, so that it reaches no further than what is theirs."""
        if self.roles is None or resource in EVERYBODYS or resource not in ROLES:
            return False
        return not self.roles & (ROLES[resource].roles(method) - {CONSUMER})


ANYBODY = Caller()
"""Whoever calls where nobody has to say who they are."""

_caller: ContextVar[Caller] = ContextVar("postroad_caller", default=ANYBODY)


def current_caller() -> Caller:
    """Return who asked for the work in progress."""
    return _caller.get()


@contextmanager
def calling(caller: Caller) -> Iterator[None]:
    """Run a block as work that a caller asked for."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)
