"""A version whose migration fails, while customers order."""

import pytest

from tests.cluster.customers import Customers, check_books
from tests.cluster.release import BROKEN, COMPONENT, IMAGE, SERVICE, Release, is_ready
from tests.cluster.report import Record
from tests.cluster.tools import ToolFailed

MIGRATIONS = f"{COMPONENT}=migrations"


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
