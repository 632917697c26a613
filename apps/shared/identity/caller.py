"""A caller: name, roles and consumer id.  See also: `admission`, which authenticates callers."""

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
        name: Of the key, or the token's subject; empty without authentication.
        roles: Their roles; None: without authentication.
        consumer_id: The consumer that they are; None: not a consumer.
        token: The access token for the services behind the gateway; empty: none.
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
            return True  # such an address is 404
        return bool(self.roles & access.roles(method))

    def check(self, method: str, resource: str) -> None:
        """Refuse a method that the caller's roles do not allow.

        Raises:
            NotAdmitted: 403.
        """
        if not self.may(method, resource):
            wanted = ", ".join(sorted(ROLES[resource].roles(method)))
            raise NotAdmitted(403, "forbidden", f"{method} on {resource} needs one of the roles: {wanted}.")

    def is_limited(self, method: str, resource: str) -> bool:
        """Whether only the consumer role allows it, so that only their own objects are accessible."""
        if self.roles is None or resource in EVERYBODYS or resource not in ROLES:
            return False
        return not self.roles & (ROLES[resource].roles(method) - {CONSUMER})


ANYBODY = Caller()
"""The caller of every request if authentication is off."""

_caller: ContextVar[Caller] = ContextVar("postroad_caller", default=ANYBODY)


def current_caller() -> Caller:
    """Return the caller of the current request."""
    return _caller.get()


@contextmanager
def calling(caller: Caller) -> Iterator[None]:
    """Run a block on behalf of a caller."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)
