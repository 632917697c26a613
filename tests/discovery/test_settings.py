"""How services are found is a matter of settings alone."""

from collections.abc import Iterator
from typing import Any

import pytest

from postroad import conf
from postroad.calls.discovery.conf import DiscoverySettings, RegistrySettings
from postroad.calls.discovery.dns import DnsResolver
from postroad.calls.discovery.headless import HeadlessResolver
from postroad.calls.discovery.registry_resolver import RegistryResolver
from postroad.calls.discovery.selection import resolver_for
from postroad.calls.discovery.static import StaticResolver
from postroad.checks.settings import problems


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    conf.forget()
    yield monkeypatch
    monkeypatch.undo()
    conf.forget()


def test_the_platform_finds_services_by_default() -> None:
    resolver = resolver_for(DiscoverySettings())

    assert isinstance(resolver, DnsResolver)
    assert resolver.resolve("kitchen")[0].url == "http://kitchen:80"


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("dns", DnsResolver),
        ("headless", HeadlessResolver),
        ("static", StaticResolver),
        ("registry", RegistryResolver),
    ],
)
def test_one_setting_chooses_how_services_are_found(settings: Any, kind: str, type_: type) -> None:
    settings.POSTROAD = {"DISCOVERY": kind}

    assert type(resolver_for(DiscoverySettings.current())) is type_


@pytest.mark.parametrize(
    "text",
    [
        "kitchen=http://a:1,kitchen=http://b:2",
        " kitchen = http://a:1/ , kitchen=http://b:2, ",
        '{"kitchen": ["http://a:1", "http://b:2"]}',
        '{"kitchen": "http://a:1, http://b:2"}',
    ],
)
def test_addresses_are_read_from_the_environment(environment: pytest.MonkeyPatch, text: str) -> None:
    environment.setenv("POSTROAD_DISCOVERY", "static")
    environment.setenv("POSTROAD_ADDRESSES", text)

    found = resolver_for(DiscoverySettings.current()).resolve("kitchen")
    assert [endpoint.url for endpoint in found] == ["http://a:1", "http://b:2"]


def test_a_template_needs_no_scheme(settings: Any) -> None:
    settings.POSTROAD = {"DNS_TEMPLATE": "shop-{service}:8080"}

    assert resolver_for(DiscoverySettings.current()).resolve("kitchen")[0].url == "http://shop-kitchen:8080"


def test_several_registries_are_one_setting(settings: Any) -> None:
    settings.POSTROAD = {"REGISTRY_URL": "http://a:8761/eureka/, http://b:8761/eureka"}

    assert DiscoverySettings.current().registry_url == ("http://a:8761/eureka", "http://b:8761/eureka")


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("no", False), (False, False)])
def test_a_yes_or_no_is_read(settings: Any, text: object, value: object) -> None:
    settings.POSTROAD = {"REGISTRY_SELF_PRESERVATION": text}

    assert RegistrySettings.current().registry_self_preservation is value


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("DISCOVERY", "regisry", "must be one of dns, headless, static, registry; did you mean 'registry'?"),
        ("DISCOVERY", None, "must be one of dns"),
        ("DNS_TEMPLATE", "http://kitchen:80", "must have {service} once"),
        ("DNS_TEMPLATE", "ftp://{service}", "is not a URL such as http://host:8000"),
        ("DNS_TEMPLATE", "http://{service}/api", "must end behind the port"),
        ("DNS_TEMPLATE", 5, "must have {service} once"),
        ("ADDRESSES", {"kitchen": "kitchen:80"}, "the address of 'kitchen' cannot be used: 'kitchen:80' is not a URL"),
        ("ADDRESSES", {"kitchen": 5}, "the address of 'kitchen' cannot be used: it must be a URL"),
        ("ADDRESSES", {"kitchen": []}, "the address of 'kitchen' cannot be used"),
        ("ADDRESSES", {"kitchen": "http://a:80/v1"}, "must end behind the port"),
        ("ADDRESSES", "kitchen", "'kitchen' is not name=url"),
        ("ADDRESSES", "{kitchen", "starts like JSON but is not valid JSON"),
        ("ADDRESSES", [1], "must be a dict, JSON"),
        ("REGISTRY_URL", "", "is not a URL"),
        ("REGISTRY_URL", "registry:8761", "is not a URL"),
        ("REGISTRY_SELF_PRESERVATION", "perhaps", "must be true or false"),
        ("INSTANCE_URL", "orders:8001", "is not a URL"),
        ("REGISTRY_RENEW_SECONDS", 0, "the minimum is 1"),
    ],
)
def test_a_wrong_value_is_named_with_the_way_out(key: str, value: object, says: str) -> None:
    (problem,) = problems({key: value})

    assert problem.startswith(f"POSTROAD[{key!r}] is {value!r}; ")
    assert says in problem
