"""Moving a queue to another pod."""

import re
from collections.abc import Callable

import pytest
from pytest_django import Settings

from postroad.errors import BrokerUnavailable, ClusterRefused
from postroad.operations.cluster import partitions
from postroad.operations.cluster.partitions import ServedQueue, Serving, ask_workers, find, move
from postroad.worker.members import Announcement
from tests.support.clusters import FakeCluster, pod_of
from tests.worker.office import Office, wait_until

PODS = [pod_of("kitchen", "worker", name) for name in "ab"]
A, B = (f"kitchen@{pod.name}" for pod in PODS)


def said(node: str, *queues: str, service: str = "kitchen") -> Announcement:
    return Announcement(member=node, node=node, service=service, topology=service, queues=queues)


ORDERS = "kitchen@postroad-orders-worker-a"  # a node name says nothing
SERVING = {
    A: said(A, "kitchen.0", "kitchen.2"),
    B: said(B, "kitchen.1", "kitchen.3"),
    ORDERS: said(ORDERS, "orders.0", service="orders"),
}


def test_a_queue_is_found_with_who_could_take_it_over() -> None:
    served = find("kitchen.1", SERVING, PODS)

    assert served == ServedQueue(
        queue="kitchen.1", node=B, service="kitchen", pod="postroad-kitchen-worker-b", others=[A]
    )


def test_a_queue_that_nobody_serves_is_refused_with_those_that_are_served() -> None:
    with pytest.raises(ClusterRefused, match=re.escape("no worker serves 'kitchen.9'; those that answered serve: ki")):
        find("kitchen.9", SERVING, PODS)


def test_a_queue_that_is_served_elsewhere_is_refused() -> None:
    with pytest.raises(ClusterRefused, match="which is no pod of this release"):
        find("kitchen.0", {"kitchen@laptop": said("kitchen@laptop", "kitchen.0")}, PODS)


def test_a_moved_queue_is_served_by_another_node_in_the_end() -> None:
    evicted: list[str] = []
    answers = iter([SERVING, {B: said(B, "kitchen.1")}, {B: said(B, "kitchen.0", "kitchen.1")}])

    node = move(FakeCluster(on_evict=evicted.append), find("kitchen.0", SERVING, PODS), ask=lambda: next(answers))

    assert (node, evicted) == (B, ["postroad-kitchen-worker-a"])


def test_the_only_worker_of_a_service_is_not_evicted() -> None:
    evicted: list[str] = []

    with pytest.raises(ClusterRefused, match="cluster scale orders worker 2"):
        move(
            FakeCluster(on_evict=evicted.append),
            find("orders.0", SERVING, [pod_of("orders", "worker")]),
        )

    assert evicted == []


def test_a_queue_that_nobody_takes_over_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "HANDOVER_SECONDS", 0.05)

    with pytest.raises(ClusterRefused, match=re.escape("no worker has taken kitchen.0 over within 0.05 s")):
        move(FakeCluster(), find("kitchen.0", SERVING, PODS), ask=dict)


def test_workers_cannot_be_asked_through_a_broker_that_is_away(settings: Settings) -> None:
    settings.POSTROAD = {**settings.POSTROAD, "BROKER_URL": "amqp://guest:guest@127.0.0.1:1/"}

    with pytest.raises(BrokerUnavailable, match="kubectl exec"):
        ask_workers()


@pytest.mark.broker
@pytest.mark.slow
def test_real_workers_hand_a_moved_queue_over_with_nothing_lost_or_out_of_order(
    open_office: Callable[[int], Office], settings: Settings, broker_url: str
) -> None:
    settings.POSTROAD = {**settings.POSTROAD, "BROKER_URL": broker_url}
    office = open_office(4)
    workers = {worker.name: worker for worker in (office.hire("threads", number=number) for number in (1, 2))}

    def ask() -> Serving:
        return {node: said for node, said in ask_workers().items() if node in workers}

    is_shared = wait_until(lambda: sorted(len(said.queues) for said in ask().values()) == [3, 4])
    serving = ask()
    queue = f"{office.name}.0"
    owner = next(node for node, said in serving.items() if queue in said.queues)
    served = ServedQueue(
        queue=queue, node=owner, service=office.name, pod="p", others=[node for node in workers if node != owner]
    )
    office.send(40)
    taker = move(FakeCluster(on_evict=lambda _: workers[owner].stop()), served, ask=ask)
    is_done = wait_until(lambda: office.written() == office.expected())

    assert is_shared
    assert [taker] == served.others
    assert is_done
