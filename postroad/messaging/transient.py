"""Whether a database error is transient, so that the same transaction may succeed if it is run again."""

from django.db import Error, InterfaceError, OperationalError

_CLASSES = ("08", "40", "53", "57P")  # connection, rollback (deadlock, serialisation), resources, shutdown
_STATES = ("55P03",)  # lock not available
_SQLITE = ("database is locked", "database table is locked", "disk i/o error")
_LOST = ("connection", "terminat", "closed")


def is_transient(error: BaseException) -> bool:
    """Whether running the same transaction again may succeed: deadlock, lost connection, locked database.

    Source: PostgreSQL error classes 08, 40, 53 and 57P; SQLite's SQLITE_BUSY and SQLITE_LOCKED.
    """
    if not isinstance(error, Error):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    if state:
        return state.startswith(_CLASSES) or state in _STATES
    text = str(error).lower()
    if isinstance(error, InterfaceError):
        return any(word in text for word in _LOST)
    return isinstance(error, OperationalError) and (text.startswith(_SQLITE) or any(word in text for word in _LOST))
