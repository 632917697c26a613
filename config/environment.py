"""Reads environment variables, and says what is wrong with one.  Not: which variables there are.

A variable that is empty counts as not set: a chart writes some so.
"""

import os

_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def text(name: str, default: str = "") -> str:
    """Return a variable's text, or the default if it is not set."""
    return os.environ.get(name) or default


def number(name: str, default: int, *, least: int = 1, most: int | None = None) -> int:
    """Return a variable that is a whole number.

    Raises:
        SystemExit: It is none, or out of bounds; the text names the variable.
    """
    given = text(name, str(default))
    try:
        value = int(given)
    except ValueError:
        raise unusable(name, given, f"write a whole number, for example {default}{_link(given)}") from None
    if value < least:
        raise unusable(name, given, f"the minimum is {least}")
    if most is not None and value > most:
        raise unusable(name, given, f"the maximum is {most}")
    return value


def flag(name: str) -> bool:
    """Return a variable that is yes or no; no if it is not set.

    Raises:
        SystemExit: It is neither; the text names the variable.
    """
    given = text(name, "false")
    if given.lower() not in (*_YES, *_NO):
        raise unusable(name, given, "write true or false")
    return given.lower() in _YES


def choice(name: str, *known: str) -> str:
    """Return a variable that is one of some words; the first if it is not set.

    Raises:
        SystemExit: It is none of them; the text names the variable and the words.
    """
    given = text(name, known[0])
    if given not in known:
        raise unusable(name, given, f"choose one of: {', '.join(known)}")
    return given


def unusable(name: str, value: str, way_out: str) -> SystemExit:
    """Return the end of a process that cannot use a variable; raise it.  Not for secrets: the text shows the value."""
    return SystemExit(f"postroad: {name} {value!r} cannot be used; {way_out}.")


def _link(given: str) -> str:
    if not given.startswith("tcp://"):
        return ""
    return "; Kubernetes sets it so for a Service of that name unless the pod has enableServiceLinks: false"
