"""Fixtures that several suites use."""

import gc
import os
from collections.abc import Iterator

import hypothesis
import pytest
from django.db import connections
from django.test import TransactionTestCase

from postroad.installation import installing
from postroad.testing.pump import Pump
from tests.support.shop import Shop

# Other processes make any deadline of an example fail now and then; the same examples every time make a failure one of the code.
hypothesis.settings.register_profile("postroad", deadline=None, derandomize=True)
hypothesis.settings.load_profile("postroad")

collect_ignore = [] if "E2E" in os.environ else ["cluster"]  # needs a Kubernetes of its own: make e2e


_OF_OURS = ("restarts", "virtual_hosts")
"""Marks of tests that command the broker."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what commands the broker if it was given to us (servers that are ours have a home); slow files first.

    What takes long begins early, so that at the end no process of pytest-xdist works through a long file alone.
    """
    is_given = "TEST_BROKER_URL" in os.environ and "POSTROAD_SERVERS_HOME" not in os.environ
    left_out = [item for item in items if is_given and any(map(item.get_closest_marker, _OF_OURS))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Leave all that was imported and collected out of garbage collections, which then have little to look at."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)  # new objects; Python's own 700 is for programs that keep little


_FILLED_BY_MIGRATE = {"django_content_type", "auth_permission"}


def empty_tables(case: TransactionTestCase) -> None:
    """Delete the rows of a test that commits.

    Django truncates all tables instead, which takes a second on a PostgreSQL that syncs its files, and then makes the
    permissions anew.
    """
    for alias in case._databases_names(include_mirrors=False):
        connection = connections[alias]
        tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
        quoted = [connection.ops.quote_name(table) for table in sorted(tables - _FILLED_BY_MIGRATE)]
        connection.ops.execute_sql_flush([f"DELETE FROM {table}" for table in quoted])  # noqa: S608 - ours


@pytest.fixture(autouse=True, scope="session")
def _empty_tables() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables)
        yield


@pytest.fixture
def shop() -> Iterator[Shop]:
    """The small shop in place of the installed services."""
    shop = Shop()
    with installing(shop.parts()):
        yield shop


@pytest.fixture
def pump(shop: Shop, db: None) -> Iterator[Pump]:
    """Relay and consumers of the shop, driven by hand."""
    pump = Pump()
    yield pump
    pump.close()
