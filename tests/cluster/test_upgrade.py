"""A new image and new settings while customers order: no request fails, nothing is lost or doubled."""

import os
import time

from tests.cluster.customers import Customers, check_books
from tests.cluster.release import IMAGE, NEXT, Release
from tests.cluster.report import Record

RATE = int(os.environ.get("E2E_RATE", "20"))  # orders a second


def versions(release: Release) -> set[str]:
    roles = ("web", "worker", "relay", "grpc")
    return {pod["spec"]["containers"][0]["image"] for role in roles for pod in release.pods(role=role)}


def test_an_upgrade_and_its_rollback_cost_no_request(release: Release, record: Record) -> None:
    customers = Customers(release, rate=RATE)
    customers.start()
    began = time.monotonic()
    release.upgrade(**{"image.tag": NEXT.rpartition(":")[2], "log.level": "WARNING"})
    upgraded, reached = time.monotonic() - began, versions(release)
    began = time.monotonic()
    release.rollback()
    rolled_back = time.monotonic() - began
    seen = customers.stop()
    note = f"{len(seen.accepted)} orders at {RATE}/s, {len(seen.failures)} failed, slowest {seen.slowest_seconds:.2f} s"
    record.add("upgrade of image and settings under load", upgraded, note)
    ended = check_books(release, seen)
    record.add("rollback under load", rolled_back, f"{dict(ended)}, nothing lost or doubled")
    assert (reached, versions(release)) == ({NEXT}, {IMAGE})
    assert seen.failures == []
