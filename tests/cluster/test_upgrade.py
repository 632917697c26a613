"""A new image and new settings while customers order: no request fails, nothing is lost or doubled."""

import json
import os
import time

import pytest

from tests.cluster.customers import IMAGE, Customers, check_books
from tests.cluster.release import Release
from tests.cluster.report import Record
from tests.cluster.tools import ToolFailed

RATE = int(os.environ.get("E2E_RATE", "20"))
NEXT = os.environ.get("E2E_NEXT_IMAGE", f"{IMAGE}-next")


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
    before = {pod["metadata"]["name"] for pod in release.pods(role="web")}
    broken = json.dumps([{"name": "DATABASE_OPTIONS", "value": "options=-c default_transaction_read_only=on"}])

    with pytest.raises(ToolFailed, match=r"timed out|deadline"):
        release.namespace.helm(
            *("upgrade", release.name, "helm/postroad", "--reuse-values", "--wait", "--timeout", "60s"),
            *("--set-json", f"services.orders.migrations.extraEnv={broken}", "--set", "log.level=WARNING"),
        )
    said = release.namespace.kubectl("logs", "--selector", "app.kubernetes.io/component=migrations", "--tail=20")
    with release.namespace.forwarded(f"{release.name}-orders"):
        serving = {pod["metadata"]["name"] for pod in release.pods(role="web") if pod["status"]["phase"] == "Running"}
    release.rollback()

    assert before & serving
    assert "read-only" in said
    record.say("a failing migration", "the old version went on serving; the Job's log names the reason")
