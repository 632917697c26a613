"""`DATABASE_URL` → Django's `DATABASES`."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import dj_database_url

from postroad.secrecy import hide_password

_SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",  # a transaction takes the write lock at once: no deadlock of two upgrading readers
    "timeout": 60,  # seconds a writer waits for its turn
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
}
_OWNER_ONLY = 0o600
_POSTGRESQL_OPTIONS = {"connect_timeout": 5}  # seconds; psycopg's own 130 would hold up every loop that tries again


def databases(url: str) -> dict[str, Any]:
    """Return `DATABASES` for one URL: SQLite in WAL mode with immediate transactions, PostgreSQL, or none if it is empty.

    Raises:
        SystemExit: The URL cannot be used; the text names the way out.
    """
    if not url:
        return {}
    try:
        parsed: dict[str, Any] = dict(dj_database_url.parse(url))
    except (ValueError, KeyError):  # their texts quote parts of the URL
        raise SystemExit(
            f"postroad: DATABASE_URL {hide_password(url)!r} cannot be read; write postgresql://user:password@host:5432/name"
            " or sqlite:///var/postroad.sqlite3, and in user and password %40 for @, %3A for :, %2F for /, %23 for #,"
            " %3F for ?, %5B for [, %25 for %."
        ) from None
    if parsed["ENGINE"].endswith("sqlite3"):
        parsed["OPTIONS"] = {**parsed.get("OPTIONS", {}), **_SQLITE_OPTIONS}
        _keep_private(parsed["NAME"])
    else:
        parsed["OPTIONS"] = {**_POSTGRESQL_OPTIONS, **parsed.get("OPTIONS", {})}
    return {"default": parsed}


def _keep_private(path: str) -> None:
    """Let only the owner read a database file, new or old; SQLite makes -wal and -shm with the mode of the file."""
    if path.startswith((":memory:", "file:")) or not Path(path).parent.is_dir():
        return
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY))
    for name in (path, f"{path}-wal", f"{path}-shm", f"{path}-journal"):
        with suppress(FileNotFoundError, PermissionError):  # it belongs to another user, so its mode is left as it is
            Path(name).chmod(_OWNER_ONLY)
