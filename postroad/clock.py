"""The present moment, in one place that a test can replace."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment in UTC, with microseconds."""
    return datetime.now(tz=UTC)
