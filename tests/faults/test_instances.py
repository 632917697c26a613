"""Several processes of one service: all get calls, and one that is killed costs none.  Found by DNS or by the registry."""

import functools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

import apps.kitchen.rpc.v1.kitchen_pb2  # noqa: F401 - describes the method called below
from bench.orders import ORDERS, ROWS
from postroad.calls.declaration import get, proxy
from postroad.calls.discovery.headless import HeadlessResolver
from postroad.calls.discovery.template import AddressTemplate
from postroad.calls.grpc.transport import GrpcTransport
from postroad.calls.policies.selection import new_policy
from postroad.calls.proxy import client_of
from tests.faults.deployment import Deployment, deployed, free_port, until
from tests.support.faultproxy import FaultProxy

pytestmark = [pytest.mark.broker, pytest.mark.postgres, pytest.mark.slow]

CALLS = 60
FAST = {
    "POSTROAD_DISCOVERY": "registry",
    "POSTROAD_REGISTRY_RENEW_SECONDS": "1",
    "POSTROAD_REGISTRY_LEASE_SECONDS": "3",
    "POSTROAD_REGISTRY_FETCH_SECONDS": "0.5",
}


@proxy("kitchen")
class Tickets(Protocol):
    @get("/v1/tickets/{ticket_id}", grpc="postroad.kitchen.v1.Kitchen/GetTicket", deadline=5.0)
    def ticket(self, ticket_id: int) -> dict[str, Any]: ...


@pytest.fixture
def kitchens(tmp_path: Path) -> Iterator[Deployment]:
    with deployed(("kitchen",), tmp_path) as deployment:
        deployment.execute("kitchen", ROWS["kitchen"])
        for number in (1, 2):
            deployment.start("kitchen", "grpc", number=number)
        deployment.wait_for_grpc()
        yield deployment


@pytest.fixture
def doors(kitchens: Deployment) -> Iterator[list[FaultProxy]]:
    """One port at two addresses, as the pods of a headless Service have it; each leads to a process of its own."""
    port = free_port()
    doors = [
        FaultProxy(kitchens.ports[f"kitchen-grpc-{number}"], host=f"127.0.0.{number}", port=port) for number in (1, 2)
    ]
    yield doors
    for door in doors:
        door.close()


def test_both_grpc_servers_behind_a_headless_name_get_calls_and_a_killed_one_costs_none(
    kitchens: Deployment, doors: list[FaultProxy]
) -> None:
    template = AddressTemplate(f"http://{{service}}.test:{doors[0].port}")
    resolver = HeadlessResolver(template, ttl_seconds=1, look_up=lambda host, port: ["127.0.0.1", "127.0.0.2"])
    transport = GrpcTransport(resolver)
    tickets = client_of(Tickets, transport=transport, policy=functools.cache(new_policy))

    before = [tickets.ticket(ORDERS[number])["ticketId"] for number in range(CALLS)]
    shares = [door.answer_bytes for door in doors]
    kitchens.kill("kitchen-grpc-1")
    after = [tickets.ticket(ORDERS[number])["ticketId"] for number in range(CALLS)]
    transport.close()

    assert [int(ticket) for ticket in before + after] == [*ORDERS[:CALLS], *ORDERS[:CALLS]]
    assert min(shares) > max(shares) / 2


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A registry, two instances of orders that register there, and a gateway that looks them up there."""
    with deployed(("orders",), tmp_path_factory.mktemp("logs")) as deployment:
        deployment.execute("orders", ROWS["orders"])
        found = {**FAST, "POSTROAD_REGISTRY_URL": f"{deployment.address('registry-web-1')}/eureka"}
        deployment.start("registry", "web", environment={"POSTROAD_REGISTRY_SELF_PRESERVATION": "false"})
        for number in (1, 2):
            deployment.start("orders", "web", number=number, environment=found)
        deployment.start("gateway", "web", environment=found)
        deployment.wait_for_web()
        until(lambda: instances(deployment) == 2, seconds=30, what="both instances are registered")
        until(lambda: statuses(deployment, 1) == {200: 1}, seconds=30, what="the gateway has found them")
        yield deployment


def instances(deployment: Deployment) -> int:
    """Return how many instances of orders the registry lists."""
    url = f"{deployment.address('registry-web-1')}/eureka/apps/ORDERS"
    try:
        answer = httpx.get(url, headers={"Accept": "application/json"}, trust_env=False)
    except httpx.TransportError:
        return 0
    return len(answer.json()["application"]["instance"]) if answer.is_success else 0


def statuses(deployment: Deployment, calls: int) -> Counter[int]:
    with httpx.Client(base_url=deployment.address("gateway-web-1"), trust_env=False, timeout=30) as client:
        return Counter(client.get(f"/v1/orders/{ORDERS[number]}/contents").status_code for number in range(calls))


def test_a_killed_instance_costs_no_call_and_its_lease_ends(registered: Deployment) -> None:
    registered.kill("orders-web-1")
    answered = statuses(registered, CALLS)

    assert answered == {200: CALLS}
    until(lambda: instances(registered) == 1, seconds=15, what="the lease of the killed instance has ended")
    assert statuses(registered, CALLS) == {200: CALLS}


def test_without_the_registry_the_gateway_goes_on_and_afterwards_everybody_is_there_again(
    registered: Deployment,
) -> None:
    everybody = instances(registered)
    registered.kill("registry-web-1")
    until(
        lambda: "registry does not answer" in registered.log("gateway-web-1"),
        seconds=15,
        what="the gateway has noticed",
    )
    answered = statuses(registered, CALLS)
    registered.restart("registry-web-1")

    assert answered == {200: CALLS}
    until(lambda: instances(registered) == everybody, seconds=30, what="everybody has registered again")
    assert statuses(registered, CALLS) == {200: CALLS}
