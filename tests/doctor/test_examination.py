"""Running checks: bounded in time, and not where what they need has failed."""

import threading

import pytest

from postroad.operations.doctor.examination import Check, examine
from postroad.operations.doctor.findings import Finding, Level, failure, ok


def check(about: str, *, is_well: bool = True, needs: tuple[str, ...] = ()) -> Check:
    finding = ok(about, "is there") if is_well else failure(about, "is gone", remedy="bring it back")
    return Check(about=about, look=lambda: [finding], needs=needs)


def words(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.about, finding.level.value) for finding in findings]


def test_findings_are_in_the_order_of_the_checks() -> None:
    found = examine([check("tables", needs=("database",)), check("database"), check("broker")])

    assert words(found) == [("tables", "ok"), ("database", "ok"), ("broker", "ok")]


def test_what_needs_something_that_failed_is_not_looked_at() -> None:
    found = examine([check("database", is_well=False), check("broker"), check("tables", needs=("database",))])

    assert words(found) == [("database", "failure"), ("broker", "ok"), ("tables", "warning")]
    assert found[2].remedy == "see database"


def test_a_check_that_never_ends_is_a_failure_and_holds_nobody_up() -> None:
    never = threading.Event()
    stuck = Check(about="name service", look=lambda: [ok("x", str(never.wait()))])

    found = examine([stuck, check("broker")], seconds=0.2)
    never.set()

    assert words(found) == [("name service", "failure"), ("broker", "ok")]
    assert "no answer within 0.2 s" in found[0].text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_check_that_breaks_is_a_failure_too() -> None:
    def broken() -> list[Finding]:
        raise ZeroDivisionError

    [found] = examine([Check(about="sums", look=broken)])

    assert (found.level, found.text) == (Level.FAILURE, "the check itself failed")
