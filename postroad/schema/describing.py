"""Describes the database for operators: its address, and the meaning of its errors."""

from django.db import Error, connection

_MISSING_STATES = ("42P01", "42703")  # undefined table, undefined column
_MISSING_TEXTS = ("no such table", "no such column", "has no column named")  # SQLite's


def describe_place() -> str:
    """Return the address of the database, without password."""
    given = connection.settings_dict
    address = f"{given['HOST']}:{given['PORT'] or 5432}/" if given["HOST"] else ""
    return f"{connection.display_name} {address}{given['NAME']}"


def describe_error(error: Error) -> str:
    """Return the meaning of an error, with the database's own text; for a missing table, also the command to run."""
    words = " ".join(str(error).split())
    if is_table_missing(error):
        return f"a table or column is missing in {describe_place()} ({words}); run: python manage.py migrate"
    return f"{describe_place()}: {words or type(error).__name__}"


def is_table_missing(error: BaseException) -> bool:
    """Whether a statement failed because migrations have not been applied."""
    if not isinstance(error, Error):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state in _MISSING_STATES or (state is None and any(text in str(error) for text in _MISSING_TEXTS))
