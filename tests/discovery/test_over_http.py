"""Other people's client at our registry, and our client at it, over real HTTP."""

import asyncio
from collections.abc import Iterator

import pytest
from py_eureka_client.eureka_client import EurekaClient

from apps.registry.store import Registry
from postroad.calls.discovery.eureka.instance import Lease, Status
from postroad.calls.discovery.registration import Registration
from postroad.calls.discovery.registry_client import RegistryClient
from postroad.calls.discovery.registry_resolver import RegistryResolver
from postroad.errors import ServiceUnavailable
from tests.faults.deployment import until
from tests.support.registry import HandClock, instance
from tests.support.registry_server import RegistryServer

SHORT = Lease(renewal_seconds=1, duration_seconds=3)


@pytest.fixture
def server(served: list[Registry]) -> Iterator[RegistryServer]:
    server = RegistryServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def resolver(server: RegistryServer) -> Iterator[RegistryResolver]:
    resolver = RegistryResolver(RegistryClient([server.url]), fetch_seconds=0.1)
    yield resolver
    resolver.close()


def py_eureka(server: RegistryServer, name: str) -> EurekaClient:
    return EurekaClient(
        eureka_server=server.url,
        app_name=name,
        instance_host="127.0.0.1",
        instance_ip="127.0.0.1",
        instance_port=9090,
        metadata={"weight_class": "heavy"},
    )


def hosts(resolver: RegistryResolver, service: str) -> list[str]:
    try:
        return sorted(endpoint.url for endpoint in resolver.resolve(service))
    except ServiceUnavailable:
        return []


def test_another_client_registers_renews_and_is_found_by_our_resolver(
    server: RegistryServer, resolver: RegistryResolver, store: Registry, clock: HandClock
) -> None:
    client = py_eureka(server, "pantry")
    asyncio.run(client.start())
    found = until(lambda: hosts(resolver, "pantry"), seconds=10, what="it is found")
    clock.pass_by(60)
    asyncio.run(client.send_heartbeat())
    clock.pass_by(60)
    (registered,) = store.everything().instances

    assert found == ["http://127.0.0.1:9090"]
    assert registered.metadata["weight_class"] == "heavy"
    asyncio.run(client.stop())
    until(lambda: not hosts(resolver, "pantry"), seconds=10, what="it is gone")


def test_another_client_that_was_forgotten_registers_again_with_its_next_heartbeat(
    server: RegistryServer, served: list[Registry], clock: HandClock
) -> None:
    client = py_eureka(server, "pantry")
    asyncio.run(client.start())
    served[0] = Registry(clock=clock)
    with pytest.warns(DeprecationWarning, match="'warn' method"):  # how it logs the 404
        asyncio.run(client.send_heartbeat())

    assert [one.app for one in served[0].everything().instances] == ["PANTRY"]
    asyncio.run(client.stop())


def test_another_client_finds_what_we_registered_and_follows_the_changes(
    server: RegistryServer, store: Registry
) -> None:
    client = py_eureka(server, "pantry")
    registrar = RegistryClient([server.url])
    registrar.register(instance("kitchen"))
    asyncio.run(client.start())
    at_first = [one.hostName for one in client.applications.get_application("kitchen").up_instances]
    store.set_status("KITCHEN", "kitchen-1", Status.OUT_OF_SERVICE)
    registrar.register(instance("kitchen", 2))
    asyncio.run(client._EurekaClient__fetch_delta())

    assert at_first == ["10.0.0.1"]
    assert [one.hostName for one in client.applications.get_application("kitchen").up_instances] == ["10.0.0.2"]
    asyncio.run(client.stop())
    registrar.close()


def test_another_client_takes_itself_out_of_service_and_back(server: RegistryServer, store: Registry) -> None:
    client = py_eureka(server, "pantry")
    asyncio.run(client.start())
    asyncio.run(client.status_update("OUT_OF_SERVICE"))
    (out,) = store.everything().instances
    asyncio.run(client.delete_status_override())
    (back,) = store.everything().instances

    assert (out.status, back.status) == (Status.OUT_OF_SERVICE, Status.UP)
    asyncio.run(client.stop())


def test_when_the_registry_restarts_its_clients_go_on_and_fill_it_again(
    server: RegistryServer, served: list[Registry], resolver: RegistryResolver, clock: HandClock
) -> None:
    registration = Registration(RegistryClient([server.url]), instance(lease=SHORT))
    registration.start()
    until(lambda: hosts(resolver, "kitchen"), seconds=10, what="it is found")
    server.stop()
    while_away = hosts(resolver, "kitchen")
    served[0] = Registry(clock=clock)
    server.start()
    until(lambda: served[0].everything().instances, seconds=10, what="the new registry knows it")

    assert while_away == ["http://10.0.0.1:8000"] == hosts(resolver, "kitchen")
    registration.stop()
    until(lambda: not hosts(resolver, "kitchen"), seconds=10, what="it is gone")
