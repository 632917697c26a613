"""Fixtures that several suites use."""

from collections.abc import Iterator

import pytest

from postroad.runtime import bootstrap, jobs, redrive
from postroad.sagas import catalog
from postroad.testing.pump import Pump
from tests.support.shop import Shop


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The small shop in place of the installed services."""
    shop = Shop()
    parts = shop.parts()
    for module in (bootstrap, jobs, redrive):
        monkeypatch.setattr(module, "platform", lambda: parts)
    before = dict(catalog._entries)
    catalog.install(parts.sagas)
    yield shop
    catalog._entries.clear()
    catalog._entries.update(before)


@pytest.fixture
def pump(shop: Shop, db: None) -> Iterator[Pump]:
    """Relay and consumers of the shop, driven by hand."""
    pump = Pump(jobs.platform())
    yield pump
    pump.close()
