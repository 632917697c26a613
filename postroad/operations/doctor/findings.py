"""The finding of a check: one line.  See also: `report`, which prints it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # works now; an operator should look
    FAILURE = "failure"  # does not work


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        about: Which: `database`, `queues`, `sibling kitchen`.
        text: What was found.
        remedy: The way out; empty if nothing is wrong.
    """

    about: str
    level: Level
    text: str
    remedy: str = ""


def ok(about: str, text: str) -> Finding:
    """Return a finding that nothing is wrong."""
    return Finding(about=about, level=Level.OK, text=text)


def warning(about: str, text: str, *, remedy: str) -> Finding:
    """Return a finding that an operator should look at."""
    return Finding(about=about, level=Level.WARNING, text=text, remedy=remedy)


def failure(about: str, text: str, *, remedy: str) -> Finding:
    """Return a finding that something does not work."""
    return Finding(about=about, level=Level.FAILURE, text=text, remedy=remedy)
