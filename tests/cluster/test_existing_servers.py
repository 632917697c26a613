"""A second release beside the first, on servers that are there, with logins in Secrets of the forms that operators make."""

import time
from pathlib import Path

import pytest

from tests.cluster.release import SERVICES, Release
from tests.cluster.report import Record
from tests.cluster.tools import until

SHOP, PASSWORD = "shop", "a-password-of-the-shop"
KEY = "only-for-tests-which-sign-nothing-that-leaves-them"
VALUES = Path(__file__).with_name("shop.yaml")


@pytest.fixture(scope="module")
def shop(release: Release) -> Release:
    """The second release; the first one's servers have a virtual host, a user and databases for it."""
    namespace = release.namespace
    for service in SERVICES:
        database = f"shop_{service.replace('-', '_')}"
        if service == SERVICES[0]:
            release.rows(service, f"CREATE ROLE {SHOP} LOGIN PASSWORD '{PASSWORD}'")
        release.rows(service, f"CREATE DATABASE {database} OWNER {SHOP}")
        secret(release, f"shop-{service}-db-app", f"{release.name}-postgresql", 5432, dbname=database)
        namespace.kubectl("create", "secret", "generic", f"shop-{service}-django", f"--from-literal=SECRET_KEY={KEY}")
    namespace.kubectl("create", "secret", "generic", "shop-gateway-django", f"--from-literal=SECRET_KEY={KEY}")
    secret(release, "shop-rabbit-default-user", f"{release.name}-rabbitmq", 5672)
    for command in (
        ("add_vhost", SHOP),
        ("add_user", SHOP, PASSWORD),
        ("set_permissions", "-p", SHOP, SHOP, ".*", ".*", ".*"),
    ):
        namespace.kubectl("exec", f"{release.name}-rabbitmq-0", "--", "rabbitmqctl", *command)
    return Release(namespace, SHOP)


def secret(release: Release, name: str, host: str, port: int, **more: str) -> None:
    """Make a Secret as CloudNativePG and RabbitMQ's cluster operator do."""
    values = {"host": host, "port": str(port), "username": SHOP, "password": PASSWORD, **more}
    literals = [f"--from-literal={key}={value}" for key, value in values.items()]
    release.namespace.kubectl("create", "secret", "generic", name, *literals)


def test_two_releases_in_one_namespace_do_not_touch_each_other(shop: Release, release: Release, record: Record) -> None:
    pods = {pod["metadata"]["uid"] for pod in release.pods()}
    orders = len(release.rows("orders", "SELECT id FROM orders_order"))

    began = time.monotonic()
    shop.install(VALUES)
    seconds = time.monotonic() - began
    told = shop.demo()

    assert "APPROVED" in told
    assert len(release.rows("orders", "SELECT id FROM orders_order")) == orders
    assert "APPROVED" in release.demo()
    assert len(release.rows("shop_orders", "SELECT id FROM orders_order")) == 1
    assert {pod["metadata"]["uid"] for pod in release.pods()} == pods
    record.add("a second release, on servers and Secrets that were there: everything ready", seconds)


def test_what_is_uninstalled_is_gone_and_the_other_release_goes_on(shop: Release, release: Release) -> None:
    before = release.objects()

    shop.uninstall()

    until(lambda: shop.objects() == set(), seconds=180, what="everything of the second release is gone")
    assert release.objects() == before
    assert len(release.rows("shop_orders", "SELECT id FROM orders_order")) == 1
    assert "APPROVED" in release.demo()
