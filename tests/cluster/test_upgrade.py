"""A new image and new settings while customers order: no request fails, nothing is lost or doubled."""

import os
import time

import pytest

from tests.cluster.customers import Customers, check_books
from tests.cluster.release import BROKEN, COMPONENT, IMAGE, NEXT, SERVICE, Release, is_ready
from tests.cluster.report import Record
from tests.cluster.tools import ToolFailed

RATE = int(os.environ.get("E2E_RATE", "20"))
MIGRATIONS = f"{COMPONENT}=migrations"


def versions(release: Release) -> set[str]:
    return {
        pod["spec"]["containers"][0]["image"] for role in ("web", "worker", "relay") for pod in release.pods(role=role)
    }


def test_an_upgrade_and_its_rollback_cost_no_request(release: Release, record: Record) -> None:
    customers = Customers(release, rate=RATE)
    customers.start()
    began = time.monotonic()
    release.upgrade(image__tag=NEXT.rpartition(":")[2], log__level="DEBUG")
    upgraded = time.monotonic() - began
    assert versions(release) == {NEXT}
    began = time.monotonic()
    release.rollback()
    rolled_back = time.monotonic() - began
    seen = customers.stop()

    ended = check_books(release, seen)

    note = f"{len(seen.accepted)} orders at {RATE}/s, {len(seen.failures)} failed, slowest {seen.slowest_seconds:.2f} s"
    record.add("upgrade of image and settings under load", upgraded, note)
    record.add("rollback under load", rolled_back, f"{dict(ended)}, nothing lost or doubled")
    assert versions(release) == {IMAGE}
    assert seen.failures == []


def test_a_failing_migration_leaves_the_old_version_serving_and_says_why(release: Release, record: Record) -> None:
    customers = Customers(release, rate=5)
    customers.start()

    with pytest.raises(ToolFailed, match=r"timed out|deadline"):
        release.upgrade(timeout="90s", services__orders__image__tag=BROKEN.rpartition(":")[2])
    said = release.namespace.kubectl("logs", "--selector", f"{MIGRATIONS},{SERVICE}=orders", "--tail=30", "--prefix")
    serving = [pod for pod in release.pods(role="web", service="orders") if is_ready(pod)]
    release.rollback()
    seen = customers.stop()

    check_books(release, seen)
    assert "division by zero" in said
    assert [pod["spec"]["containers"][0]["image"] for pod in serving] == [IMAGE]
    assert seen.failures == []
    record.say(
        "a failing migration under load", "the old version went on serving, no request failed; the Job's log says why"
    )
