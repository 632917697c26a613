"""Sending in the caller's transaction: `unit_of_work` and `put`.  Not: typed messages, which commands and events make.

A message sent in a part of the transaction that is rolled back (a savepoint) is not sent.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

from postroad.errors import OutsideTransaction
from postroad.messaging import outbox, wakeup
from postroad.messaging.message import Outgoing
from postroad.messaging.outbox import Pending

Marker = Callable[[], None]


class _Buffer:
    """Messages of one unit of work, each with a marker that the database forgets when its savepoint is rolled back."""

    def __init__(self) -> None:
        self._entries: list[tuple[Marker, Pending]] = []

    def add(self, pending: Pending) -> None:
        def marker() -> None:
            """Stand in Django's list of commit callbacks, from which a rolled back savepoint removes it."""

        transaction.on_commit(marker)
        self._entries.append((marker, pending))

    def flush(self) -> None:
        alive = {id(callback[1]) for callback in connection.run_on_commit}
        pending = [pending for marker, pending in self._entries if id(marker) in alive]
        self._entries.clear()
        _store(pending)


_buffer: ContextVar[_Buffer | None] = ContextVar("postroad_buffer", default=None)


@contextmanager
def unit_of_work() -> Iterator[None]:
    """Run a block as one transaction; its messages are stored by one statement at the end.

    Inside another unit of work it is a savepoint of that one.
    Raises whatever the block raises, after everything, messages included, is undone.
    """
    if _buffer.get() is not None:
        with transaction.atomic():
            yield
        return
    buffer = _Buffer()
    token = _buffer.set(buffer)
    try:
        with transaction.atomic():
            yield
            buffer.flush()
    finally:
        _buffer.reset(token)


def put(outgoing: Outgoing, *, delay_seconds: float = 0.0) -> None:
    """Send a message with the present transaction, `delay_seconds` after it at the earliest.

    Raises:
        OutsideTransaction: There is no transaction, so the message could be sent for a change that never happened.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(
            f"{outgoing.envelope.type} was sent outside a transaction; wrap the change and the send in "
            "'with unit_of_work():' (postroad.messaging.producer)."
        )
    pending = Pending(outgoing, delay_seconds)
    buffer = _buffer.get()
    if buffer is None:
        _store([pending])
    else:
        buffer.add(pending)


def _store(pending: list[Pending]) -> None:
    if pending:
        outbox.store(pending)
        wakeup.ring_after_commit()
