"""Orders while processes are killed and the broker restarts: nothing lost, nothing twice, sums match.

`ORDERS=2000` (make faults) for the full run; CI places 300.
"""

import os
import random
import threading
import urllib.error
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.tour.client import DemoFailed, Services
from apps.tour.demo import Scene, place, prepare
from tests.faults.chaos import Chaos
from tests.faults.deployment import Deployment, deployed, until

pytestmark = [pytest.mark.broker, pytest.mark.postgres, pytest.mark.slow]

ORDERS = int(os.environ.get("ORDERS", "300"))
CLIENTS = 4
SEED = int(os.environ.get("SEED", "20261124"))
SERVICES = ("orders", "consumers", "kitchen", "accounting", "restaurants")
WITH_WORKER = ("orders", "consumers", "kitchen", "accounting")
TOO_LARGE = 500


def place_many(services: Services, scenes: list[Scene], count: int, seed: int, accepted: list[int]) -> None:
    """Place orders, some of which somebody refuses; try again when a web process has just been killed."""
    chance = random.Random(seed)
    placed = 0
    while placed < count:
        scene, dice = chance.choice(scenes), chance.random()
        refuse = "consumer" if dice < 0.05 else ""
        quantity = TOO_LARGE if dice > 0.95 else chance.randint(1, 5)
        try:
            accepted.append(place(services, scene, refuse=refuse, quantity=quantity))
        except (DemoFailed, OSError, urllib.error.URLError, ValueError):
            threading.Event().wait(0.2)
            continue
        placed += 1


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with deployed(SERVICES, tmp_path) as deployment:
        for service in SERVICES:
            deployment.start(service, "web")
            deployment.start(service, "relay")
        for service in WITH_WORKER:
            deployment.start(service, "worker")
        deployment.wait_for_web()
        yield deployment


def states(deployment: Deployment) -> Counter[str]:
    return Counter(state for (state,) in deployment.rows("orders", "SELECT state FROM orders_order"))


def is_at_rest(deployment: Deployment) -> bool:
    deployment.revive()
    outboxes = [deployment.rows(service, "SELECT count(*) FROM postroad_outbox")[0][0] for service in SERVICES]
    return "APPROVAL_PENDING" not in states(deployment) and sum(outboxes) == 0


def test_every_accepted_order_ends_and_nothing_happens_twice(deployment: Deployment) -> None:
    scenes = [prepare(deployment.api) for _ in range(4)]
    poor = prepare(deployment.api, refuse="card")
    accepted: list[int] = []
    clients = [
        threading.Thread(
            target=place_many,
            args=(deployment.api, [*scenes, poor], ORDERS // CLIENTS, SEED + number, accepted),
        )
        for number in range(CLIENTS)
    ]
    chaos = Chaos(deployment, seed=SEED)
    for client in clients:
        client.start()
    chaos.start()
    until(lambda: len(accepted) >= ORDERS // 2, seconds=600 + ORDERS, what="half of the orders placed")
    chaos.restart_broker()
    for client in clients:
        client.join(600 + ORDERS)
    until(lambda: len(chaos.struck) >= 9, seconds=60, what="every kind of process killed twice")
    chaos.end()
    until(lambda: is_at_rest(deployment), seconds=180 + ORDERS / 4, what="every order ended")

    ended = dict(deployment.rows("orders", "SELECT id, state FROM orders_order"))
    approved = {order for order, state in ended.items() if state == "APPROVED"}
    tickets = dict(deployment.rows("kitchen", "SELECT id, state FROM kitchen_ticket"))
    authorised = deployment.rows(
        "accounting", "SELECT order_id, amount FROM accounting_accountentry WHERE type = 'AUTHORIZED'"
    )
    totals = deployment.rows("orders", "SELECT sum(order_total) FROM orders_order WHERE state = 'APPROVED'")
    folded = deployment.rows("accounting", "SELECT sum(authorized_total) FROM accounting_account")
    sagas = Counter(s for (s,) in deployment.rows("orders", "SELECT status FROM postroad_saga_instance"))
    parked = [deployment.rows(service, "SELECT reason FROM postroad_dead_letter") for service in SERVICES]
    print(
        f"\n{len(ended)} orders, {dict(Counter(ended.values()))}, {len(chaos.struck)} killed: {Counter(s.split()[0] for s in chaos.struck)}"
    )

    assert set(accepted) <= set(ended)
    assert set(ended.values()) == {"APPROVED", "REJECTED"}
    assert len(accepted) == len(set(accepted)) >= ORDERS - CLIENTS
    assert {order for order, state in tickets.items() if state == "AWAITING_ACCEPTANCE"} == approved
    assert sorted(order for order, _ in authorised) == sorted(approved)
    assert sum(amount for _, amount in authorised) == totals[0][0] == folded[0][0]
    assert sagas == Counter({"COMPLETED": len(approved), "COMPENSATED": len(ended) - len(approved)})
    assert parked == [[]] * len(SERVICES)
