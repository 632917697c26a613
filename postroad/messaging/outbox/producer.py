"""Sending in the caller's transaction: `unit_of_work` and `put`.

A message that was sent inside a savepoint is dropped when the savepoint is rolled back.  The messages of a unit of work
belong to the database connection of its transaction, as the rows do.  A thread has a connection of its own, so code
that runs in another thread sends with that thread's transaction; without one, sending is refused.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from postroad.errors import OutsideTransaction, TransactionAborted
from postroad.messaging.message import Outgoing
from postroad.messaging.outbox import sendable, wakeup
from postroad.messaging.outbox import table as outbox
from postroad.messaging.outbox.table import Pending

_IN_ERROR = 3  # libpq's PQTRANS_INERROR
_SAVEPOINT = re.compile(
    r"\s*(?P<what>SAVEPOINT|RELEASE(?=\s)|ROLLBACK\s+TO(?=\s))(?:\s+SAVEPOINT)?\s+\"?(?P<name>[^\s\";]+)", re.IGNORECASE
)


class _Buffer:
    """The messages of one unit of work, and their number at the start of each savepoint."""

    def __init__(self) -> None:
        self._pending: list[Pending] = []
        self._savepoints: list[tuple[str, int]] = []

    def add(self, pending: Pending) -> None:
        self._pending.append(pending)

    def watch(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's signature
        """Run a statement of the transaction; if it rolls a savepoint back, drop the messages sent since its start."""
        result = execute(sql, params, many, context)
        if isinstance(sql, str) and (found := _SAVEPOINT.match(sql)):
            self._note(found["what"].upper(), found["name"])
        return result

    def flush(self) -> None:
        pending, self._pending = self._pending, []
        _store(pending)

    def _note(self, what: str, name: str) -> None:
        if what == "SAVEPOINT":
            self._savepoints.append((name, len(self._pending)))
            return
        sent_before = 0  # right for a savepoint that is older than the unit of work
        while self._savepoints:  # those inside the named one end with it
            last, position = self._savepoints.pop()
            if last == name:
                sent_before = position
                break
        if what != "RELEASE":
            del self._pending[sent_before:]
            self._savepoints.append((name, sent_before))  # it can be rolled back to again


_buffers: WeakKeyDictionary[BaseDatabaseWrapper, _Buffer] = WeakKeyDictionary()
"""The buffer of the unit of work that is open on a connection."""


@contextmanager
def unit_of_work() -> Iterator[None]:
    """Run a block as one transaction; its messages are stored by one statement at the end.

    Inside another unit of work on the same connection it is a savepoint of that one.

    Raises:
        TransactionAborted: The block hid a database error, after which PostgreSQL can only roll back.
        Exception: Whatever the block raises, after everything, messages included, is rolled back.
    """
    own = connections[DEFAULT_DB_ALIAS]
    if own in _buffers:
        with transaction.atomic():
            yield
        return
    buffer = _Buffer()
    with transaction.atomic():
        with _collecting(own, buffer):
            yield
        if (
            not own.needs_rollback
        ):  # else the caller asked for a rollback (`set_rollback`): messages are dropped like the rows
            _refuse_hidden_error(own)
            buffer.flush()


def put(outgoing: Outgoing, *, delay_seconds: float = 0.0) -> None:
    """Send a message with the current transaction, `delay_seconds` after it at the earliest.

    Concurrency: the transaction is the one on this thread's own connection; context variables do not carry one to another thread.

    Raises:
        OutsideTransaction: There is no transaction, so the message could announce a change that was never committed.
        InvalidMessage: A header, a property or the delay cannot be sent.
        MessageTooLarge: It exceeds a limit of the settings or of AMQP.
    """
    own = check_transaction(f"{outgoing.envelope.type} was sent")
    sendable.check(outgoing, delay_seconds=delay_seconds)
    pending = Pending(outgoing, delay_seconds)
    buffer = _buffers.get(own)
    if buffer is None:
        _store([pending])
    else:
        buffer.add(pending)


def check_transaction(what: str) -> BaseDatabaseWrapper:
    """Return this thread's connection, on which there is a transaction.

    Raises:
        OutsideTransaction: There is no transaction; the text begins with `what`.
    """
    own = connections[DEFAULT_DB_ALIAS]
    if not own.in_atomic_block:
        raise OutsideTransaction(
            f"{what} outside a transaction; wrap it and the change it belongs to in 'with postroad.unit_of_work():'."
            " A transaction of another thread or of another database does not count."
        )
    return own


def refuse_aborted() -> None:
    """Check that the transaction can be committed, since no exception was raised.

    Raises:
        TransactionAborted: It can only be rolled back: COMMIT would silently undo it, with the messages of all other code.
    """
    own = connections[DEFAULT_DB_ALIAS]
    if own.needs_rollback:
        raise TransactionAborted(
            "the transaction was marked to be rolled back (an error was caught inside 'atomic(savepoint=False)', "
            "or by set_rollback), but no error was raised; raise the error, or catch it around a savepoint."
        )
    _refuse_hidden_error(own)


def _refuse_hidden_error(own: BaseDatabaseWrapper) -> None:
    """Check a case of PostgreSQL: after an error that was caught without a savepoint, COMMIT silently rolls back."""
    if own.vendor != "postgresql" or own.connection is None:
        return
    if own.connection.info.transaction_status == _IN_ERROR:  # known to the client library: no round trip
        raise TransactionAborted(
            "a database error was caught inside the transaction, which PostgreSQL can now only roll back; "
            "wrap the statement that may fail in 'with transaction.atomic():' and catch the error around that."
        )


@contextmanager
def _collecting(own: BaseDatabaseWrapper, buffer: _Buffer) -> Iterator[None]:
    _buffers[own] = buffer
    try:
        with own.execute_wrapper(buffer.watch):
            yield
    finally:
        del _buffers[own]


def _store(pending: list[Pending]) -> None:
    if pending:
        outbox.store(pending)
        wakeup.ring_after_commit()
