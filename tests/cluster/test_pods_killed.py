"""Pods deleted without grace while customers order: nothing lost, nothing twice, everything comes back."""

import random
import time
from collections import Counter

from tests.cluster.customers import Customers, check_books
from tests.cluster.release import Release
from tests.cluster.report import Record
from tests.cluster.tools import until

ROLES = ("web", "worker", "relay")
VICTIMS = ("orders", "kitchen", "accounting")
ENDS_SECONDS = 300


def kill(release: Release, pod: str) -> None:
    release.namespace.kubectl("delete", "pod", pod, "--force", "--grace-period=0")


def test_pods_of_every_role_are_killed(release: Release, record: Record) -> None:
    customers, chance = Customers(release, rate=5), random.Random(20261124)
    customers.start()
    for role in ROLES:
        for service in VICTIMS:
            kill(release, chance.choice(release.pods(role=role, service=service))["metadata"]["name"])
    kill(release, release.pods(service="gateway")[0]["metadata"]["name"])
    back = until(release.is_ready, seconds=ENDS_SECONDS, what="every pod is back")
    seen = customers.stop()

    ended = check_books(release, seen)

    record.add("ten pods killed at once under load: all back", back, f"{dict(ended)}, nothing lost or doubled")
    assert ended["APPROVED"] > 0


def test_the_broker_is_killed(release: Release, record: Record) -> None:
    assert _books_after_killing("rabbitmq", release, record)["APPROVED"] > 0


def test_the_database_is_killed(release: Release, record: Record) -> None:
    assert _books_after_killing("postgresql", release, record)["APPROVED"] > 0


def _books_after_killing(server: str, release: Release, record: Record) -> Counter[str]:
    customers = Customers(release, rate=5)
    customers.start()
    kill(release, f"{release.name}-{server}-0")
    began = time.monotonic()
    back = until(release.is_ready, seconds=ENDS_SECONDS, what=f"{server} is back")
    seen = customers.stop()

    ended = check_books(release, seen)

    record.add(f"{server} killed under load: back", back, f"all orders ended {time.monotonic() - began:.0f} s later")
    return ended
