"""Judges the difference between another clock and ours."""

from postroad.operations.doctor.findings import Finding, failure, ok, warning

WARNING_SECONDS = 2.0
"""The smallest difference that can be measured: HTTP's `Date` has whole seconds, and an answer takes time."""

FAILURE_SECONDS = 30.0
"""Beyond it tokens and certificates are refused, and ages and deadlines are wrong."""

_REMEDY = "let both machines ask a time server (chrony, systemd-timesyncd)"


def judge(about: str, seconds: float) -> Finding:
    """Return what it means that a clock is `seconds` ahead of ours."""
    direction = "ahead of" if seconds > 0 else "behind"
    text = f"its clock is {abs(seconds):.1f} s {direction} ours"
    if abs(seconds) >= FAILURE_SECONDS:
        return failure(about, text, remedy=_REMEDY)
    if abs(seconds) >= WARNING_SECONDS:
        return warning(about, text, remedy=_REMEDY)
    return ok(about, f"its clock is ours (within {WARNING_SECONDS:g} s)")
