"""What the chart tells processes is what their settings understand."""

import pytest

from postroad.calls.discovery.conf import DiscoverySettings
from postroad.calls.discovery.selection import resolver_for
from postroad.checks.settings import problems
from postroad.conf_readers import read_addresses
from tests.support.helm import render
from tests.support.manifests import DEV, EXAMPLES, example, of_kind, one, settings_of


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_setting_of_every_service_exists_and_can_be_used(name: str) -> None:
    given = [settings_of(found) for found in of_kind(example(name), "ConfigMap")]

    assert [problem for settings in given for problem in problems(settings)] == []


def test_a_service_finds_the_others_where_the_chart_puts_them() -> None:
    rendered = render(DEV)
    given = settings_of(one(rendered, "ConfigMap", "shop-gateway"))
    addresses = read_addresses(given["ADDRESSES"])

    resolver = resolver_for(DiscoverySettings(dns_template=given["DNS_TEMPLATE"], addresses=addresses))

    assert resolver.resolve("order_history")[0].url == "http://shop-order-history:80"
    assert resolver.resolve("orders-grpc")[0].url == "http://shop-orders-grpc:9000"
