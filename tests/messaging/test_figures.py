"""The figures of messages: what is counted, and what is read from the database when somebody scrapes."""

import threading
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from pytest_django import Settings

from postroad import clock
from postroad.commands.sender import send
from postroad.errors import InvalidSetting
from postroad.messaging import watch
from postroad.messaging.broker import PublishResult
from postroad.messaging.inbox import dead_letters
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.models import OutboxHold, OutboxMessage, OutboxState
from postroad.messaging.outbox.producer import put, unit_of_work
from postroad.messaging.outbox.relay import Relay
from postroad.messaging.outbox.wakeup import BellWakeup
from postroad.metrics import database as metrics_database
from postroad.metrics import server as metrics_server
from postroad.metrics.database import DatabaseCollector, read_figures
from postroad.metrics.messages import LagCollector, count
from postroad.metrics.port import serve_metrics
from postroad.metrics.registry import REGISTRY
from postroad.sagas.models import SagaInstance
from postroad.testing.pump import Pump
from tests.faults.deployment import free_port
from tests.support.publishers import ObedientPublisher
from tests.support.shop import Bake, Charge, Shop


@pytest.fixture(autouse=True)
def _counted() -> Iterator[None]:
    with watch.watching(count):
        yield


def read(*collectors: Collector) -> dict[tuple[str, ...], float]:
    """Return what collectors, or the process itself, show: name and values of labels → number."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    text = generate_latest(registry if collectors else REGISTRY).decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def grown(before: dict[tuple[str, ...], float], name: str) -> dict[tuple[str, ...], float]:
    """Return by how much the process's own figures of a name have grown, those that have not left out."""
    after = read()
    rises = {key[1:]: value - before.get(key, 0) for key, value in after.items() if key[0] == name}
    return {labels: rise for labels, rise in rises.items() if rise}


@pytest.mark.django_db
def test_confirmed_messages_are_counted_by_channel_and_all_replies_together() -> None:
    publisher = ObedientPublisher()
    publisher.judge = lambda sent: PublishResult.REFUSED if sent.address.channel == "till" else PublishResult.CONFIRMED
    before = read()
    with unit_of_work():
        send(Bake(order_id=1))
        send(Bake(order_id=2))
        send(Charge(order_id=1))
        envelope = Envelope(id="018f0000-0000-7000-8000-000000000001", type="x.Y", body=b"{}")
        put(Outgoing(address=Address(channel="amq.gen-1"), envelope=envelope))
    Relay(publisher, BellWakeup(), is_durable=True).run_once()

    assert grown(before, "postroad_messages_published_total") == {("bakery",): 2, ("replies",): 1}


def test_handled_messages_are_counted_by_how_their_jobs_ended(pump: Pump, shop: Shop) -> None:
    shop.failures = {13}
    before = read()
    with unit_of_work():
        send(Charge(order_id=1))
        send(Bake(order_id=13, loaves=1))
        send(Bake(order_id=13, loaves=2))
    pump.until_quiet()

    # both fail together, the first three times more and is parked at its fourth, the second is parked behind it
    assert grown(before, "postroad_messages_handled_total") == {
        ("till", "done"): 1,
        ("bakery", "failed"): 2 + 3,
        ("bakery", "parked"): 2,
    }


def test_a_channel_is_behind_as_its_lanes_say() -> None:
    shown = read(LagCollector(lambda _: {"bakery": 7.5, "till": 0.0}))

    assert shown == {("postroad_consumer_lag_seconds", "bakery"): 7.5, ("postroad_consumer_lag_seconds", "till"): 0}


@pytest.fixture
def collector(db: None) -> DatabaseCollector:
    return DatabaseCollector()


def figures() -> dict[tuple[str, ...], float]:
    class Read(Collector):
        def collect(self) -> Any:
            return read_figures()

    return read(Read())


@pytest.mark.django_db
def test_an_empty_database_shows_zeros() -> None:
    assert figures() == {
        ("postroad_outbox_oldest_age_seconds",): 0,
        ("postroad_outbox_rows",): 0,
        ("postroad_outbox_held",): 0,
        ("postroad_outbox_set_aside",): 0,
        ("postroad_dead_letters",): 0,
        ("postroad_sagas_pending", "running"): 0,
        ("postroad_sagas_pending", "compensating"): 0,
        ("postroad_sagas_pending", "stuck"): 0,
    }


@pytest.mark.django_db
def test_the_oldest_due_row_says_how_far_the_outbox_is_behind_and_delayed_ones_do_not() -> None:
    with unit_of_work():
        send(Bake(order_id=1), delay_seconds=3600)
        send(Bake(order_id=2))
        send(Bake(order_id=3))
    waiting = OutboxMessage.objects.filter(partition_key="2")
    waiting.update(available_at=clock.now() - timedelta(seconds=90))
    shown = figures()

    assert 90 <= shown["postroad_outbox_oldest_age_seconds",] < 120
    assert shown["postroad_outbox_rows",] == 3


@pytest.mark.django_db
def test_what_is_set_aside_or_held_is_counted_and_only_what_is_held_ages() -> None:
    with unit_of_work():
        for order in (1, 2, 3):
            send(Bake(order_id=order))
    waiting = OutboxMessage.objects.order_by("id")
    waiting.update(available_at=clock.now() - timedelta(seconds=900))
    OutboxMessage.objects.filter(pk__in=waiting[:2]).update(state=OutboxState.SET_ASIDE)
    OutboxMessage.objects.filter(state=OutboxState.READY).update(state=OutboxState.HELD)
    set_aside_only = figures()
    since = clock.now() - timedelta(seconds=90)
    OutboxHold.objects.create(lane=1, channel="bakery", route="0", since=since, retry_at=since)
    shown = figures()

    assert (shown["postroad_outbox_set_aside",], shown["postroad_outbox_held",]) == (2, 1)
    assert set_aside_only["postroad_outbox_oldest_age_seconds",] == 0
    assert 90 <= shown["postroad_outbox_oldest_age_seconds",] < 120


@pytest.mark.django_db
def test_parked_messages_and_unended_sagas_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_database, "MAX_COUNTED", 2)
    for number in range(3):
        dead_letters.park("bakery", Envelope(id=f"m-{number}", type="x.Y", body=b"{}"), reason="no")
    for status in ("STUCK", "COMPLETED", "COMPENSATED"):
        own = f"018f0000-0000-7000-8000-{len(status):012d}"
        SagaInstance.objects.create(id=own, type="sale", version=1, key="1", status=status, data={})
    shown = figures()

    assert shown["postroad_dead_letters",] == 2
    assert shown["postroad_sagas_pending", "stuck"] == 1
    assert shown["postroad_sagas_pending", "running"] == 0


@pytest.mark.django_db(transaction=True)
def test_a_scrape_reads_on_a_connection_of_its_own(collector: DatabaseCollector) -> None:
    with unit_of_work():
        send(Bake(order_id=1))
    shown = read(collector)

    assert (shown["postroad_outbox_rows",], shown["postroad_scrape_errors_total",]) == (1, 0)


def test_a_database_that_fails_costs_its_figures_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise metrics_database.Error("the server closed the connection")

    monkeypatch.setattr(metrics_database, "read_figures", fail)
    collector = DatabaseCollector()
    shown = [read(collector), read(collector)]

    assert shown == [{("postroad_scrape_errors_total",): 1}, {("postroad_scrape_errors_total",): 2}]


def test_a_database_that_does_not_answer_holds_up_no_scrape_and_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = list[int](), threading.Event()

    def hang() -> list[Any]:
        asked.append(1)
        answer.wait(30)
        return []

    monkeypatch.setattr(metrics_database, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(metrics_database, "read_figures", hang)
    collector = DatabaseCollector()
    shown = [read(collector), read(collector)]
    answer.set()

    assert shown == [{("postroad_scrape_errors_total",): 1}, {("postroad_scrape_errors_total",): 2}]
    assert len(asked) == 1


@pytest.mark.postgres
@pytest.mark.django_db
def test_no_figure_reads_a_whole_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("ANALYZE postroad_outbox, postroad_dead_letter, postroad_saga_instance")
        with CaptureQueriesContext(connection) as seen:
            read_figures()
        plans = [explain(query["sql"]) for query in seen.captured_queries]

    assert len(plans) == 6 + 4  # of the oldest row: which one, how old, and of the oldest hold; of what is set aside
    assert [plan for plan in plans if "Seq Scan" in plan or "Sort" in plan] == []


FILL = """
    INSERT INTO postroad_outbox (message_id, type, channel, route, partition_key, lane, content_type, headers,
        correlation_id, reply_to, app_id, body) SELECT gen_random_uuid(), 'x.Y', 'x', '0', n::text, n %% 16, '', '{}',
        '', '', '', '' FROM generate_series(1, 30000) AS n;
    INSERT INTO postroad_dead_letter (subscriber, message_id, type, partition_key, content_type, headers,
        correlation_id, reply_to, app_id, sent_at, body, reason, traceback, attempts, state) SELECT 'x', n::text, '', '',
        '', '{}', '', '', '', 0, '', '', '', 1, CASE WHEN n %% 3 = 0 THEN 'parked' ELSE 'redriven' END
        FROM generate_series(1, 60000) AS n;
    INSERT INTO postroad_saga_instance (id, type, version, key, status, step, request_id, failures, reason, data, locks)
        SELECT gen_random_uuid(), 'x', 1, n::text, CASE WHEN n %% 3 = 0 THEN 'RUNNING' ELSE 'COMPLETED' END, '', '', 0,
        '', '{}', '[]' FROM generate_series(1, 60000) AS n""".replace("%%", "%")


def explain(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.fixture
def served(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port on which this process serves its figures."""
    monkeypatch.setattr(metrics_server, "REGISTRY", CollectorRegistry())
    settings.POSTROAD = {"METRICS_PORT": free_port()}
    servers: list[Any] = []
    start = metrics_server.start_http_server

    def started(*arguments: Any, **options: Any) -> Any:
        servers.append(start(*arguments, **options))
        return servers[-1]

    monkeypatch.setattr(metrics_server, "start_http_server", started)
    monkeypatch.setattr(metrics_server.os, "register_at_fork", lambda **_: None)
    yield settings.POSTROAD["METRICS_PORT"]
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def test_figures_are_served_on_the_port_that_is_set(served: int) -> None:
    serve_metrics(lags=lambda _: {"bakery": 3.0})
    with urllib.request.urlopen(f"http://127.0.0.1:{served}/metrics") as answer:
        text = answer.read().decode()

    assert 'postroad_consumer_lag_seconds{channel="bakery"} 3.0' in text


def test_a_port_that_is_taken_is_named_with_the_way_out(served: int) -> None:
    serve_metrics()

    with pytest.raises(InvalidSetting, match=f"METRICS_PORT {served} cannot be listened on .*in use.*or 0 for none"):
        serve_metrics()


def test_without_a_port_nothing_is_served(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[int] = []
    monkeypatch.setattr("postroad.metrics.server.serve", lambda port, **_: served.append(port))
    settings.POSTROAD = {"METRICS_PORT": 0}
    serve_metrics()

    assert served == []


def test_a_missing_library_is_named_with_the_way_out(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise ModuleNotFoundError(name="prometheus_client")

    settings.POSTROAD = {"METRICS_PORT": 9100}
    monkeypatch.setattr("postroad.metrics.port.import_string", missing)

    with pytest.raises(InvalidSetting, match=r"prometheus_client is missing; pip install 'postroad\[metrics\]'"):
        serve_metrics()
