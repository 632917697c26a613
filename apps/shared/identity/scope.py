"""Limits a request to the caller's own objects.  Endpoints set the scope; message handlers are not limited.

    Order.objects …        →  own(Order.objects.all()).filter(pk=order_id)

An object of another consumer is "not found", because "forbidden" would reveal which ids exist.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import QuerySet

from apps.shared.refusals import BusinessRefusal

Q = TypeVar("Q", bound="QuerySet[Any]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The owner whose objects are accessible.

    Attributes:
        is_limited: Whether only the objects of one consumer are accessible.
        consumer_id: The consumer; None: they own nothing.
    """

    is_limited: bool = False
    consumer_id: int | None = None

    def has(self, consumer_id: int | None) -> bool:
        """Whether the objects of a consumer are accessible; a limited scope excludes objects without an owner."""
        return not self.is_limited or (consumer_id is not None and consumer_id == self.consumer_id)


_scope: ContextVar[Scope] = ContextVar("postroad_scope", default=Scope())  # noqa: B039 - frozen


def scope() -> Scope:
    """Return the scope of the current request."""
    return _scope.get()


@contextmanager
def within(limit: Scope) -> Iterator[None]:
    """Run a block within a scope."""
    token = _scope.set(limit)
    try:
        yield
    finally:
        _scope.reset(token)


def own(found: Q, *, by: str = "consumer_id") -> Q:
    """Return the accessible rows of a query.

    Args:
        found: The rows.
        by: Their column with the id of the consumer they belong to.
    """
    limit = scope()
    if not limit.is_limited:
        return found
    return found.none() if limit.consumer_id is None else found.filter(**{by: limit.consumer_id})


def check_owner(consumer_id: int, *, field: str) -> None:
    """Refuse to create an object that would belong to another consumer.

    Raises:
        BusinessRefusal: `not_yours`, 403.
    """
    if not scope().has(consumer_id):
        detail = f"You may not act for consumer {consumer_id}; send your own id."
        raise BusinessRefusal("not_yours", detail, field=field, status=403)
