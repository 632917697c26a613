"""Wake-ups: they tell an idle relay that rows were committed.  A wake-up may be lost; the relay also polls.

Within a process an event is set after commit.  Between processes PostgreSQL's NOTIFY is used, and only while a
relay is marked as idle: an unconditional NOTIFY serialises the commits of all writers.
"""

import threading
from contextlib import suppress
from typing import Any, Protocol, cast

from django.db import Error, connection, transaction
from typing_extensions import override

_bell = threading.Event()

_LISTEN = "LISTEN postroad_outbox"
_MARK = """
    INSERT INTO postroad_relay_state (is_idle) VALUES (%s)
    ON CONFLICT (id) DO UPDATE SET is_idle = excluded.is_idle"""


def ring_after_commit() -> None:
    """Wake the relay of this process, if there is one, once the current transaction is committed."""
    transaction.on_commit(_bell.set)


class Wakeup(Protocol):
    """What a relay waits on."""

    def idle(self) -> None:
        """Mark the relay as idle; it must look for rows once more before it waits.

        Raises:
            django.db.Error: The database does not answer.
        """
        ...

    def busy(self) -> None:
        """Mark the relay as busy, so that writers need not wake it."""
        ...

    def wait(self, seconds: float) -> bool:
        """Return when there may be work, after `seconds` at the latest; True if a wake-up came."""
        ...

    def ring(self) -> None:
        """Ask from another thread for the end of a wait; not every kind can end it early."""
        ...


class BellWakeup(Wakeup):
    """For a relay in the same process as the writers."""

    @override
    def idle(self) -> None:
        _bell.clear()

    @override
    def busy(self) -> None:
        pass

    @override
    def wait(self, seconds: float) -> bool:
        if not _bell.wait(seconds):
            return False
        _bell.clear()
        return True

    @override
    def ring(self) -> None:
        _bell.set()


class NotifyWakeup(Wakeup):
    """For a relay process on PostgreSQL: LISTEN on a connection of its own.

    Behind a pooler in transaction mode no notification arrives: the wait ends when it is over, and the relay polls.
    """

    def __init__(self) -> None:
        self._listener: Any = None
        self._is_marked = False

    @override
    def idle(self) -> None:
        self._mark(is_idle=True)

    @override
    def busy(self) -> None:
        with suppress(Error):
            self._mark(is_idle=False)

    @override
    def wait(self, seconds: float) -> bool:
        try:
            return bool(list(self._listening().notifies(timeout=seconds, stop_after=1)))
        except _driver().Error:
            self._listener = None
            return _bell.wait(seconds)  # no connection: the relay's own next statement reports it

    @override
    def ring(self) -> None:
        _bell.set()

    def close(self) -> None:
        """Close the connection."""
        if self._listener is not None:
            with suppress(_driver().Error):
                self._listener.close()
            self._listener = None

    def _listening(self) -> Any:
        if self._listener is None or self._listener.closed:
            self._listener = _driver().connect(**connection.get_connection_params(), autocommit=True)
            self._listener.execute(_LISTEN)
        return self._listener

    def _mark(self, *, is_idle: bool) -> None:
        if is_idle:
            with connection.wrap_database_errors:
                self._listening()
        if is_idle == self._is_marked:
            return
        with connection.cursor() as cursor:
            cursor.execute(_MARK, [is_idle])
        self._is_marked = is_idle


def _driver() -> Any:
    """Return the psycopg that Django has imported; a project on SQLite does not need it installed."""
    return cast("Any", connection).Database
