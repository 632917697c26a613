"""The table of roles that may read or change each resource, for the gateway and all services.

See also: `scope`, which limits consumers to their own objects.
"""

from collections.abc import Mapping
from dataclasses import dataclass

CONSUMER, RESTAURANT, COURIER, STAFF = "consumer", "restaurant", "courier", "staff"
EVERYBODY = frozenset({CONSUMER, RESTAURANT, COURIER, STAFF})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Roles that may read a resource, and roles that may change it."""

    read: frozenset[str]
    change: frozenset[str]

    def roles(self, method: str) -> frozenset[str]:
        """Return the roles that may use a method."""
        return self.read if method in READING else self.change


def _access(*read: str, change: tuple[str, ...] = ()) -> Access:
    return Access(read=frozenset(read), change=frozenset(change or read))


ROLES: Mapping[str, Access] = {
    "orders": _access(CONSUMER, STAFF),
    "consumers": _access(CONSUMER, STAFF),
    "restaurants": _access(*EVERYBODY, change=(RESTAURANT, STAFF)),
    "tickets": _access(CONSUMER, RESTAURANT, STAFF, change=(RESTAURANT, STAFF)),
    "deliveries": _access(*EVERYBODY, change=(COURIER, STAFF)),
    "couriers": _access(COURIER, STAFF),
    "accounts": _access(STAFF),
    "bills": _access(CONSUMER, STAFF, change=(STAFF,)),
    "graphql": _access(CONSUMER, STAFF),
    "model.json": _access(*EVERYBODY),  # each root of the graph is checked again, for its own resource
}
"""First part of a path after the version, or a whole path without a version → roles."""

EVERYBODYS = frozenset({"restaurants"})
"""Resources that belong to no consumer: who may read one may read all of them."""
