"""The present moment, in one place that a test can replace.  Not: durations, which use `time.monotonic`."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment in UTC, with microseconds."""
    return datetime.now(tz=UTC)
