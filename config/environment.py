"""Reads environment variables, and says what is wrong with one.

A variable that is empty counts as not set: a chart writes some so.  Values are read as those of POSTROAD are.
"""

import os
from collections.abc import Callable

from postroad.conf_readers import choice_of, number_of, read_flag


def text(name: str, default: str = "") -> str:
    """Return a variable's text, or the default if it is not set."""
    return os.environ.get(name) or default


def number(name: str, default: int, *, minimum: int = 1, maximum: int | None = None) -> int:
    """Return a variable that is a whole number.

    Raises:
        SystemExit: It is not a number, or out of bounds; the text names the variable.
    """
    given = text(name, str(default))
    try:
        return int(number_of(int, minimum=minimum, maximum=maximum)(given))
    except ValueError as error:
        raise unusable(name, given, f"{error}, for example {default}{_link(given)}") from None


def flag(name: str) -> bool:
    """Return a variable that is yes or no; no if it is not set.

    Raises:
        SystemExit: It is neither; the text names the variable.
    """
    return bool(_read(name, text(name, "false"), read_flag))


def choice(name: str, *known: str) -> str:
    """Return a variable that is one of some words; the first if it is not set.

    Raises:
        SystemExit: It is another word; the text names the variable and the words.
    """
    return str(_read(name, text(name, known[0]), choice_of(*known)))


def unusable(name: str, value: str, way_out: str) -> SystemExit:
    """Return the end of a process that cannot use a variable; raise it.  Not for secrets: the text shows the value."""
    return SystemExit(f"postroad: {name} {value!r} cannot be used; {way_out}.")


def _read(name: str, given: str, read: Callable[[str], object]) -> object:
    try:
        return read(given)
    except ValueError as error:
        raise unusable(name, given, str(error)) from None


def _link(given: str) -> str:
    if not given.startswith("tcp://"):
        return ""
    return "; Kubernetes sets it so for a Service of that name unless the pod has enableServiceLinks: false"
