"""A new image and new settings while customers order: no request fails, nothing is lost or doubled."""

import os
import time

import pytest

from tests.cluster.customers import Customers, check_books
from tests.cluster.release import BROKEN, COMPONENT, IMAGE, NEXT, SERVICE, SERVICES, Release, is_ready
from tests.cluster.report import Record
from tests.cluster.tools import ToolFailed

RATE = int(os.environ.get("E2E_RATE", "20"))  # orders a second
MIGRATIONS = f"{COMPONENT}=migrations"


def versions(release: Release) -> set[str]:
    roles = ("web", "worker", "relay", "grpc")
    return {pod["spec"]["containers"][0]["image"] for role in roles for pod in release.pods(role=role)}


def change(release: Release, image: str, level: str) -> float:
    """Bring one service after the other to another image and log level; return the seconds that took.

    On a small cluster all at once would leave nothing of its cores to those who serve.
    """
    began = time.monotonic()
    for service in ("gateway", *SERVICES):
        values = f"services.{service.replace('-', '_')}"
        release.upgrade(**{f"{values}.image.tag": image.rpartition(":")[2], f"{values}.env.LOG_LEVEL": level})
    return time.monotonic() - began


def test_an_upgrade_and_the_way_back_cost_no_request(release: Release, record: Record) -> None:
    customers = Customers(release, rate=RATE)
    customers.start()
    upgraded = change(release, NEXT, "WARNING")
    reached = versions(release)
    rolled_back = change(release, IMAGE, "INFO")
    seen = customers.stop()

    ended = check_books(release, seen)

    note = f"{len(seen.accepted)} orders at {RATE}/s, {len(seen.failures)} failed, slowest {seen.slowest_seconds:.2f} s"
    record.add("upgrade of image and settings under load, one service after the other", upgraded, note)
    record.add("and back", rolled_back, f"{dict(ended)}, nothing lost or doubled")
    assert (reached, versions(release)) == ({NEXT}, {IMAGE})
    assert seen.failures == []


def test_a_failing_migration_leaves_the_old_version_serving_and_says_why(release: Release, record: Record) -> None:
    customers = Customers(release, rate=5)
    customers.start()

    with pytest.raises(ToolFailed, match=r"timed out|deadline"):
        release.upgrade(timeout="90s", **{"services.orders.image.tag": BROKEN.rpartition(":")[2]})
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
