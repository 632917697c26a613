"""Addresses from a table and from DNS, without a network."""

import socket
from collections.abc import Sequence
from typing import Any

import pytest

from postroad.calls.discovery import headless
from postroad.calls.discovery.dns import DnsResolver
from postroad.calls.discovery.headless import HeadlessResolver
from postroad.calls.discovery.resolver import Endpoint
from postroad.calls.discovery.rotation import Rotation
from postroad.calls.discovery.static import StaticResolver
from postroad.calls.discovery.template import AddressTemplate
from postroad.errors import ServiceUnavailable, ServiceUnknown
from tests.support.registry import HandClock

A, B, C = (Endpoint(host=f"10.0.0.{number}", port=80) for number in (1, 2, 3))


class Dns:
    """A name server whose answers a test decides."""

    def __init__(self, *addresses: str) -> None:
        self.addresses: Sequence[str] = addresses
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        if not self.addresses:
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        return self.addresses


def hosts(endpoints: Sequence[Endpoint]) -> list[str]:
    return [endpoint.host for endpoint in endpoints]


@pytest.mark.parametrize(
    ("url", "endpoint", "shown"),
    [
        ("http://kitchen", Endpoint(host="kitchen", port=80), "http://kitchen:80"),
        ("https://kitchen", Endpoint(host="kitchen", port=443, is_secure=True), "https://kitchen:443"),
        ("http://[fd00::1]:8000", Endpoint(host="fd00::1", port=8000), "http://[fd00::1]:8000"),
    ],
)
def test_a_url_is_an_endpoint_and_back(url: str, endpoint: Endpoint, shown: str) -> None:
    assert Endpoint.at(url) == endpoint
    assert endpoint.url == shown


def test_each_call_begins_with_the_next_instance(clock: HandClock) -> None:
    rotation = Rotation(clock=clock)

    assert [rotation.order("kitchen", [C, A, B])[0] for _ in range(4)] == [A, B, C, A]


def test_every_order_has_every_instance_once(clock: HandClock) -> None:
    rotation = Rotation(clock=clock)
    rotation.report_failure(B)

    assert sorted(hosts(rotation.order("kitchen", [A, B, C, A]))) == hosts([A, B, C])


def test_an_instance_that_failed_is_tried_last_for_a_while(clock: HandClock) -> None:
    rotation = Rotation(clock=clock, rest_seconds=10)
    rotation.report_failure(A)
    resting = [rotation.order("kitchen", [A, B])[-1] for _ in range(3)]
    clock.pass_by(10)

    assert resting == [A, A, A]
    assert A in [rotation.order("kitchen", [A, B])[0] for _ in range(2)]


def test_failures_of_instances_that_are_long_gone_are_forgotten(clock: HandClock) -> None:
    rotation = Rotation(clock=clock, rest_seconds=10)
    rotation.report_failure(A)
    clock.pass_by(10)
    rotation.report_failure(B)

    assert list(rotation._rests_until) == [B]


def test_services_take_turns_of_their_own(clock: HandClock) -> None:
    rotation = Rotation(clock=clock)
    rotation.order("kitchen", [A, B])

    assert rotation.order("orders", [A, B])[0] == A


def test_the_table_has_several_instances_of_a_service() -> None:
    resolver = StaticResolver({"kitchen": ["http://10.0.0.1:80", "http://10.0.0.2:80"]})

    assert [hosts(resolver.resolve("kitchen")) for _ in range(2)] == [hosts([A, B]), hosts([B, A])]


def test_the_table_tries_a_failed_instance_last() -> None:
    resolver = StaticResolver({"kitchen": ["http://10.0.0.1:80", "http://10.0.0.2:80"]})
    resolver.report_failure("kitchen", A)

    assert hosts(resolver.resolve("kitchen")) == hosts([B, A])


def test_a_service_that_the_table_does_not_have_is_named_with_those_it_has() -> None:
    resolver = StaticResolver({"kitchen": ["http://a"], "orders": ["http://b"]})

    with pytest.raises(ServiceUnknown, match=r"POSTROAD\['ADDRESSES'\] has no address of 'kichen'.*: kitchen, orders"):
        resolver.resolve("kichen")


def test_the_platform_has_one_address_for_all_instances() -> None:
    resolver = DnsResolver(AddressTemplate("http://shop-{service}:8080"))

    assert resolver.resolve("order_history") == (Endpoint(host="shop-order-history", port=8080),)


def test_an_address_that_the_template_cannot_say_is_given() -> None:
    resolver = DnsResolver(
        AddressTemplate("http://{service}:80"), addresses={"kitchen-grpc": ["http://kitchen-pods:9000"]}
    )

    assert resolver.resolve("kitchen-grpc") == (Endpoint(host="kitchen-pods", port=9000),)
    assert hosts(resolver.resolve("kitchen")) == ["kitchen"]


def test_the_platforms_address_stays_when_a_call_failed() -> None:
    resolver = DnsResolver(AddressTemplate("http://{service}:80"))
    resolver.report_failure("kitchen", resolver.resolve("kitchen")[0])

    assert hosts(resolver.resolve("kitchen")) == ["kitchen"]


@pytest.mark.parametrize("service", ["", "kit chen", "kitchen.evil.example", "kitchen:1", "a@b", "k" * 64, "küche"])
def test_a_name_that_no_host_can_have_is_refused(service: str) -> None:
    with pytest.raises(ServiceUnknown, match="DNS_TEMPLATE"):
        DnsResolver(AddressTemplate("http://{service}:80")).resolve(service)


@pytest.fixture
def dns() -> Dns:
    return Dns("10.0.0.2", "10.0.0.1", "fd00::1", "10.0.0.1")


@pytest.fixture
def headless_resolver(dns: Dns, clock: HandClock) -> HeadlessResolver:
    return HeadlessResolver(AddressTemplate("http://{service}-grpc:9000"), ttl_seconds=5, look_up=dns, clock=clock)


def test_every_address_of_a_name_is_an_instance_and_they_take_turns(headless_resolver: HeadlessResolver) -> None:
    first, second = (headless_resolver.resolve("kitchen") for _ in range(2))

    assert hosts(first) == ["10.0.0.1", "10.0.0.2", "fd00::1"]
    assert hosts(second) == ["10.0.0.2", "fd00::1", "10.0.0.1"]
    assert {endpoint.port for endpoint in first} == {9000}


def test_an_answer_is_used_until_its_time_is_over(
    headless_resolver: HeadlessResolver, dns: Dns, clock: HandClock
) -> None:
    headless_resolver.resolve("kitchen")
    clock.pass_by(4)
    headless_resolver.resolve("kitchen")
    before = len(dns.asked)
    clock.pass_by(1)
    dns.addresses = ["10.0.0.9"]

    assert before == 1
    assert hosts(headless_resolver.resolve("kitchen")) == ["10.0.0.9"]


def test_the_last_answer_is_used_while_dns_fails_and_dns_is_not_flooded(
    headless_resolver: HeadlessResolver, dns: Dns, clock: HandClock
) -> None:
    headless_resolver.resolve("kitchen")
    clock.pass_by(60)
    dns.addresses = []
    found = [len(headless_resolver.resolve("kitchen")) for _ in range(3)]

    assert found == [3, 3, 3]
    assert dns.asked == [("kitchen-grpc", 9000)] * 2


def test_without_any_answer_the_service_is_unavailable(headless_resolver: HeadlessResolver, dns: Dns) -> None:
    dns.addresses = []

    with pytest.raises(ServiceUnavailable, match=r"DNS has no address of 'kitchen' \(kitchen-grpc"):
        headless_resolver.resolve("kitchen")


def test_a_failed_address_is_tried_last(headless_resolver: HeadlessResolver) -> None:
    headless_resolver.report_failure("kitchen", Endpoint(host="10.0.0.1", port=9000))

    assert hosts(headless_resolver.resolve("kitchen"))[-1] == "10.0.0.1"


def test_both_families_of_addresses_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(host: str, port: int, *, type: int) -> list[Any]:  # noqa: A002 - the real one's name
        return [
            (socket.AF_INET6, type, 6, "", ("fd00::1", port, 0, 0)),
            (socket.AF_INET, type, 6, "", ("10.0.0.1", port)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    assert headless.look_up("kitchen", 80) == ["fd00::1", "10.0.0.1"]
