"""Our client against our registry: what it knows, and what it goes on with when the registry is away."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from apps.registry.store import Registry
from postroad.calls.discovery.eureka.instance import Lease, Port, Status
from postroad.calls.discovery.registry_client import RegistryClient
from postroad.calls.discovery.registry_resolver import RegistryResolver
from postroad.errors import ServiceUnavailable
from tests.faults.deployment import until
from tests.support.registry import HandClock, Line, instance

LONG = Lease(renewal_seconds=3600, duration_seconds=7200)


@pytest.fixture
def resolver(client_of_registry: RegistryClient, clock: HandClock) -> Iterator[RegistryResolver]:
    resolver = RegistryResolver(client_of_registry, fetch_seconds=3600, clock=clock)  # a test refreshes by hand
    yield resolver
    resolver.close()


def hosts(resolver: RegistryResolver, service: str = "kitchen") -> Sequence[str]:
    return sorted(endpoint.host for endpoint in resolver.resolve(service))


def test_instances_that_are_up_are_found_and_take_turns(resolver: RegistryResolver, store: Registry) -> None:
    store.register(instance(number=1))
    store.register(instance(number=2))
    store.register(instance(number=3, status=Status.STARTING))

    assert [resolver.resolve("kitchen")[0].url for _ in range(3)] == [
        "http://10.0.0.1:8000",
        "http://10.0.0.2:8000",
        "http://10.0.0.1:8000",
    ]


@pytest.mark.parametrize("registered", ["ORDER-HISTORY", "order_history"])
def test_a_hyphen_is_the_same_as_an_underscore(resolver: RegistryResolver, store: Registry, registered: str) -> None:
    store.register(instance(registered))

    assert hosts(resolver, "order_history") == ["10.0.0.1"]


def test_an_instance_that_has_only_a_secure_port_is_called_there(resolver: RegistryResolver, store: Registry) -> None:
    secure, plain = Port(number=8443, is_enabled=True), Port(number=8000, is_enabled=False)
    store.register(replace(instance(), port=plain, secure_port=secure))

    assert resolver.resolve("kitchen")[0].url == "https://10.0.0.1:8443"


def test_a_failed_instance_is_tried_last(resolver: RegistryResolver, store: Registry) -> None:
    store.register(instance(number=1))
    store.register(instance(number=2))
    resolver.report_failure("kitchen", resolver.resolve("kitchen")[0])

    assert [resolver.resolve("kitchen")[-1].host for _ in range(2)] == ["10.0.0.1", "10.0.0.1"]


def test_a_service_without_instance_is_unavailable_and_the_known_ones_are_named(
    resolver: RegistryResolver, store: Registry
) -> None:
    store.register(instance("orders"))

    with pytest.raises(ServiceUnavailable, match=r"'kitchen' is UP.*REGISTRY_URL.*it knows: ORDERS"):
        resolver.resolve("kitchen")


def test_everything_is_fetched_once_and_then_the_changes(
    resolver: RegistryResolver, store: Registry, line: Line
) -> None:
    store.register(instance(number=1))
    hosts(resolver)
    store.register(instance(number=2))
    store.set_status("KITCHEN", "kitchen-1", Status.OUT_OF_SERVICE)
    resolver.refresh()

    assert hosts(resolver) == ["10.0.0.2"]
    assert line.requests == ["GET /eureka/apps", "GET /eureka/apps/delta"]


def test_when_the_changes_do_not_suffice_everything_is_fetched_again(
    resolver: RegistryResolver, store: Registry, clock: HandClock, line: Line
) -> None:
    store.register(instance(number=1, lease=LONG))
    hosts(resolver)
    store.register(instance(number=2, lease=LONG))
    clock.pass_by(600)
    resolver.refresh()

    assert hosts(resolver) == ["10.0.0.1", "10.0.0.2"]
    assert line.requests[-2:] == ["GET /eureka/apps/delta", "GET /eureka/apps"]


def test_an_instance_that_dies_is_gone_after_its_lease(
    resolver: RegistryResolver, store: Registry, clock: HandClock
) -> None:
    store.register(instance(number=1))
    store.register(instance(number=2, lease=LONG))
    before = hosts(resolver)
    clock.pass_by(90)
    resolver.refresh()

    assert (before, hosts(resolver)) == (["10.0.0.1", "10.0.0.2"], ["10.0.0.2"])


def test_the_last_answer_is_used_while_the_registry_is_away(
    resolver: RegistryResolver, store: Registry, line: Line, clock: HandClock
) -> None:
    store.register(instance())
    hosts(resolver)
    line.is_cut = True
    waits = [resolver.refresh() for _ in range(3)]
    clock.pass_by(86_400)

    assert waits == [1, 2, 4]
    assert hosts(resolver) == ["10.0.0.1"]


def test_a_registry_that_is_away_at_first_is_found_later(
    resolver: RegistryResolver, store: Registry, line: Line
) -> None:
    store.register(instance())
    line.is_cut = True
    with pytest.raises(ServiceUnavailable, match="it knows: none"):
        resolver.resolve("kitchen")
    line.is_cut = False
    resolver.refresh()

    assert hosts(resolver) == ["10.0.0.1"]


def test_a_restarted_registry_that_knows_nobody_yet_is_not_believed_for_a_lease(
    resolver: RegistryResolver, store: Registry, served: list[Registry], clock: HandClock
) -> None:
    store.register(instance(number=1))
    store.register(instance(number=2))
    hosts(resolver)
    served[0] = Registry(clock=clock)
    resolver.refresh()
    at_once = hosts(resolver)
    served[0].register(instance(number=1))
    clock.pass_by(30)
    resolver.refresh()
    after_one_came_back = hosts(resolver)
    clock.pass_by(60)

    assert at_once == after_one_came_back == ["10.0.0.1", "10.0.0.2"]
    assert hosts(resolver) == ["10.0.0.1"]


def test_a_registry_that_restarts_twice_is_not_believed_either(
    resolver: RegistryResolver, store: Registry, served: list[Registry], clock: HandClock
) -> None:
    store.register(instance(number=1))
    store.register(instance(number=2))
    hosts(resolver)
    served[0] = Registry(clock=clock)
    served[0].register(instance(number=1))
    resolver.refresh()
    served[0] = Registry(clock=clock)
    resolver.refresh()

    assert hosts(resolver) == ["10.0.0.1", "10.0.0.2"]


def test_an_instance_that_came_back_to_a_restarted_registry_and_went_is_gone_at_once(
    resolver: RegistryResolver, store: Registry, served: list[Registry], clock: HandClock
) -> None:
    store.register(instance(number=1))
    store.register(instance(number=2))
    hosts(resolver)
    served[0] = Registry(clock=clock)
    resolver.refresh()
    served[0].register(instance(number=2))
    served[0].cancel("KITCHEN", "kitchen-2")
    resolver.refresh()

    assert hosts(resolver) == ["10.0.0.1"]


def test_an_instance_that_is_deleted_in_the_delta_is_gone_at_once(resolver: RegistryResolver, store: Registry) -> None:
    store.register(instance(number=1))
    store.register(instance(number=2))
    hosts(resolver)
    store.cancel("KITCHEN", "kitchen-1")
    resolver.refresh()

    assert hosts(resolver) == ["10.0.0.2"]


def test_the_changes_are_fetched_by_a_thread_of_its_own(
    client_of_registry: RegistryClient, store: Registry, clock: HandClock
) -> None:
    resolver = RegistryResolver(client_of_registry, fetch_seconds=0.05, clock=clock)
    store.register(instance(number=1))
    hosts(resolver)
    store.register(instance(number=2))

    until(lambda: hosts(resolver) == ["10.0.0.1", "10.0.0.2"], seconds=10, what="the second instance is known")
    resolver.close()
