"""What a pod answers when it is asked by its IP."""

import asyncio

import pytest
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from postroad.web import health
from postroad.web.probes import ProbeMiddleware
from tests.pod.program import POD_IP

PROBES = ["/livez", "/readyz", "/metrics"]


@pytest.fixture(autouse=True)
def _fresh(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    health._is_migrated.clear()


@pytest.mark.django_db
@pytest.mark.parametrize("path", PROBES)
def test_a_probe_is_answered_whatever_the_host(path: str) -> None:
    assert Client(headers={"host": POD_IP}).get(path).status_code == 200


def test_everything_else_is_refused_for_an_unknown_host() -> None:
    assert Client(headers={"host": POD_IP}).get("/").status_code == 400


def test_liveness_and_metrics_need_no_database() -> None:
    client = Client(headers={"host": POD_IP})

    assert [client.get(path).status_code for path in ("/livez", "/metrics")] == [200, 200]


@pytest.mark.django_db
def test_a_service_is_ready_once_all_migrations_are_applied(client: Client) -> None:
    recorder = MigrationRecorder(connection)
    last = MigrationLoader(connection).graph.leaf_nodes("postroad_messaging")[0]
    recorder.record_unapplied(*last)
    before = client.get("/readyz", headers={"host": POD_IP})
    recorder.record_applied(*last)
    after = client.get("/readyz", headers={"host": POD_IP})

    assert before.status_code == 503
    assert before.json()["migrations"] == f"1 not applied, the first is {last[0]}.{last[1]}"
    assert after.status_code == 200


@pytest.mark.django_db
def test_a_database_ahead_of_the_code_is_ready(client: Client) -> None:
    MigrationRecorder(connection).record_applied("postroad_messaging", "9999_of_the_next_version")

    assert client.get("/readyz", headers={"host": POD_IP}).status_code == 200


@pytest.mark.django_db
def test_a_ready_service_asks_its_database_one_thing(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/readyz", headers={"host": POD_IP})

    with django_assert_num_queries(1):
        client.get("/readyz", headers={"host": POD_IP})


@pytest.mark.django_db
def test_a_service_without_its_database_is_not_ready_and_says_why(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/readyz", headers={"host": POD_IP})

    def refuse() -> None:
        raise OperationalError("connection refused\n")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/readyz", headers={"host": POD_IP})

    assert (answer.status_code, answer.json()["database"]) == (503, "connection refused")


@pytest.mark.parametrize("path", PROBES)
def test_an_asynchronous_application_answers_the_same(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.schema, "has_database", lambda: False)

    async def refuse(request: HttpRequest) -> HttpResponse:
        raise AssertionError(request.path)

    answer = asyncio.run(ProbeMiddleware(refuse)(RequestFactory().get(path)))  # type: ignore[arg-type]  # a coroutine: `refuse` is one

    assert answer.status_code == 200
