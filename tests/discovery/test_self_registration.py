"""What a process says of itself, and when it says anything."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from postroad.calls.discovery import self_registration
from postroad.calls.discovery.conf import DiscoverySettings
from postroad.calls.discovery.eureka.instance import Lease, Port
from postroad.calls.discovery.self_registration import grpc_instance, register_web_process, web_instance


@pytest.fixture
def _forgotten() -> Iterator[None]:
    register_web_process.cache_clear()
    yield
    register_web_process.cache_clear()


def test_a_process_is_found_at_the_address_with_which_it_reaches_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8007")
    one = web_instance(DiscoverySettings(service="order_history", registry_url=("http://127.0.0.1:8761/eureka",)))

    assert (one.app, one.vip, one.id) == ("ORDER-HISTORY", "order-history", "127.0.0.1:order-history:8007")
    assert (one.host, one.port) == ("127.0.0.1", Port(number=8007, is_enabled=True))


def test_a_setting_says_where_others_reach_the_process() -> None:
    one = web_instance(DiscoverySettings(service="orders", instance_url="https://orders.example"))

    assert (one.host, one.port.is_enabled) == ("orders.example", False)
    assert one.secure_port == Port(number=443, is_enabled=True)
    assert one.extras["healthCheckUrl"] == "https://orders.example:443/readyz"


def test_the_lease_is_what_the_settings_say() -> None:
    one = web_instance(DiscoverySettings(service="orders", registry_renew_seconds=5, registry_lease_seconds=15))

    assert one.lease == Lease(renewal_seconds=5, duration_seconds=15)


@pytest.mark.parametrize("given", ["", "https://127.0.0.1:8443"])
def test_a_grpc_server_is_found_under_a_name_of_its_own_in_clear_text(given: str) -> None:
    settings = DiscoverySettings(service="orders", registry_url=("http://127.0.0.1:8761/eureka",), instance_url=given)
    one = grpc_instance(settings, 9001)

    assert (one.app, one.vip, one.id) == ("ORDERS-GRPC", "orders-grpc", "127.0.0.1:orders-grpc:9001")
    assert (one.host, one.port) == ("127.0.0.1", Port(number=9001, is_enabled=True))
    assert one.extras == {}


def test_without_a_way_to_the_registry_the_process_has_its_own_name() -> None:
    one = web_instance(DiscoverySettings(service="orders", registry_url=("http://registry.invalid:8761",)))

    assert one.host == socket.gethostname()


@pytest.mark.usefixtures("_forgotten")
@pytest.mark.parametrize(
    "given",
    [{"SERVICE": "orders"}, {"SERVICE": "orders", "DISCOVERY": "static"}, {"DISCOVERY": "registry"}],
)
def test_a_process_does_not_register_when_the_platform_does_it_or_it_is_no_one_service(
    settings: Any, given: dict[str, str]
) -> None:
    settings.POSTROAD = given

    assert register_web_process() is None


@pytest.mark.usefixtures("_forgotten")
def test_a_process_registers_once_until_it_ends(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.POSTROAD = {
        "SERVICE": "orders",
        "DISCOVERY": "registry",
        "REGISTRY_URL": "http://127.0.0.1:1/eureka",  # nobody is there, and that is no reason not to serve
    }
    at_exit = []
    monkeypatch.setattr(self_registration.atexit, "register", at_exit.append)
    registration = register_web_process()

    assert registration is not None
    assert register_web_process() is registration
    assert at_exit == [registration.stop]
    registration.stop()
