"""A broker of Celery's that is not the one of BROKER_URL is told, by `check` and when a worker starts."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from amqp.exceptions import NotFound
from django.core.checks import CheckMessage
from pytest_django import Settings

from postroad.checks.settings import check_settings
from postroad.errors import MisconfiguredError
from postroad.worker.celery_broker import ensure_same, is_elsewhere

OURS = "amqp://me:hush@broker:5672/shop"
SAME = [
    OURS,
    "amqp://other:secret@BROKER/shop",
    "amqp://x:secret@away/shop;amqp://x:secret@broker/shop",
    ["amqp://x:secret@away/shop", "amqp://x:secret@broker/shop"],
]
OTHERS = [
    "amqp://x:secret@away/shop",
    "amqp://x:secret@broker/",
    "amqp://x:secret@broker:5673/shop",
    "redis://:secret@h/0",
]


class Connection:
    """Celery's, to a broker that has some queues."""

    def __init__(self, *queues: str) -> None:
        self._queues = queues

    @contextmanager
    def channel(self) -> Iterator["Connection"]:
        yield self

    def queue_declare(self, queue: str, *, passive: bool) -> None:
        assert passive
        if queue not in self._queues:
            raise NotFound(queue)


@pytest.mark.parametrize("theirs", SAME)
def test_the_same_broker_is_known_by_host_port_and_virtual_host(theirs: str | list[str]) -> None:
    assert not is_elsewhere(OURS, theirs)


@pytest.mark.parametrize("theirs", OTHERS)
def test_check_warns_of_another_broker_without_a_secret(
    theirs: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.POSTROAD = {"BROKER_URL": OURS}
    settings.CELERY_BROKER_URL = theirs
    by_setting = check_settings(None)
    del settings.CELERY_BROKER_URL
    monkeypatch.setenv("CELERY_BROKER_URL", theirs)
    by_variable = check_settings(None)

    for found in (by_setting, by_variable):
        assert [one.id for one in found] == ["postroad.W001"]
        assert "CELERY_BROKER_URL is" in found[0].msg
        assert "secret" not in found[0].msg
        assert "hush" not in found[0].msg


def test_check_is_silent_about_the_same_broker_and_without_one(settings: Settings) -> None:
    found: list[CheckMessage] = []
    settings.CELERY_BROKER_URL = OURS
    for url in (OURS, "memory://"):
        settings.POSTROAD = {"BROKER_URL": url}
        found += check_settings(None)

    assert found == []


def test_a_worker_that_does_not_find_our_queues_at_its_broker_ends_with_the_way_out() -> None:
    with pytest.raises(MisconfiguredError, match="Is CELERY_BROKER_URL another broker") as raised:
        ensure_same(OURS, OTHERS[1], Connection("x.0"), "shop.0")

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("theirs", [OTHERS[0], OURS])
def test_another_name_of_the_same_broker_is_taken(theirs: str) -> None:
    ensure_same(OURS, theirs, Connection("shop.0"), "shop.0")
