"""Runs checks, each in its own thread and with a time limit.

A thread, because not every wait can be bounded where it happens: a name service that keeps silent has no timeout.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from typing_extensions import override

from postroad.operations.doctor.findings import Finding, Level, failure, warning
from postroad.threads import close_own_connections

SECONDS = 6.0
"""Longest time of one check; a broker that is starting is waited for 5 s (`CONNECT_SECONDS`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something to look at.

    Attributes:
        about: What its findings are about.
        look: Returns them; raises nothing that can be expected.
        needs: Findings that must not be failures; those come from checks that need nothing.
    """

    about: str
    look: Callable[[], Iterable[Finding]]
    needs: tuple[str, ...] = ()


def examine(checks: Sequence[Check], *, seconds: float = SECONDS) -> list[Finding]:
    """Return what checks find, in their order; those that need something begin when the others have ended.

    Takes at most twice `seconds`: what has not ended by then is a failure, and is left to itself.
    """
    found = _run([check for check in checks if not check.needs], seconds=seconds)
    failed = {one.about for findings in found.values() for one in findings if one.level is Level.FAILURE}
    later = [check for check in checks if check.needs]
    found |= {check.about: [_skipped(check, failed)] for check in later if failed.intersection(check.needs)}
    found |= _run([check for check in later if check.about not in found], seconds=seconds)
    return [finding for check in checks for finding in found[check.about]]


class _Look(threading.Thread):
    """One check under way."""

    def __init__(self, check: Check) -> None:
        super().__init__(name=f"postroad-doctor-{check.about}", daemon=True)
        self.check = check
        self.found: tuple[Finding, ...] | None = None

    @override
    def run(self) -> None:
        """Run the check, with a database connection of this thread."""
        try:
            self.found = tuple(self.check.look())
        finally:
            close_own_connections()


def _run(checks: Sequence[Check], *, seconds: float) -> dict[str, Sequence[Finding]]:
    until = time.monotonic() + seconds
    looks = [_Look(check) for check in checks]
    for look in looks:
        look.start()
    for look in looks:
        look.join(max(0.0, until - time.monotonic()))
    return {look.check.about: _result(look, seconds=seconds) for look in looks}


def _result(look: _Look, *, seconds: float) -> Sequence[Finding]:
    if look.found is not None:
        return look.found
    if look.is_alive():
        remedy = "look whether it is overloaded, or whether something on the way drops packets"
        return [failure(look.check.about, f"no answer within {seconds:g} s", remedy=remedy)]
    return [failure(look.check.about, "the check itself failed", remedy="see the traceback; please report it")]


def _skipped(check: Check, failed: set[str]) -> Finding:
    return warning(check.about, "not checked", remedy=f"see {min(failed.intersection(check.needs))}")
