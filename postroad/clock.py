"""The current time, in one place that a test can replace."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC, with microseconds."""
    return datetime.now(tz=UTC)
