"""RabbitMQ and the network at their worst: cut, silent, refused, restarted."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from postroad.brokers.rabbitmq import consumer as rabbitmq_consumer
from postroad.brokers.rabbitmq import publisher as rabbitmq_publisher
from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.brokers.rabbitmq.connection import collect, connect, read_url
from postroad.brokers.rabbitmq.consumer import QueueConsumer
from postroad.errors import BrokerUnavailable
from postroad.messaging.broker import Delivery, Publisher, PublishResult, Receiver
from postroad.testing.broker_stage import PATIENCE_SECONDS, Stage, letter, numbers, to_queue
from tests.brokers.proxy import Proxy

pytestmark = pytest.mark.broker
SERVERS = Path(__file__).resolve().parents[2] / "scripts" / "servers.py"


@pytest.fixture
def publisher(proxied: RabbitMQ) -> Iterator[Publisher]:
    publisher = proxied.publisher()
    yield publisher
    publisher.close()


@pytest.fixture
def receiver(proxied: RabbitMQ, stage: Stage) -> Iterator[Receiver]:
    receiver = proxied.receiver([stage.queue], prefetch=100)
    yield receiver
    receiver.close()


def publish_until_taken(publisher: Publisher, queue: str, count: int) -> None:
    """Send letters again and again until each is confirmed, as the relay does."""
    left, until = list(range(count)), time.monotonic() + PATIENCE_SECONDS
    while left and time.monotonic() < until:
        results = publisher.publish(to_queue(queue, *[letter(number) for number in left]))
        left = [number for number, result in zip(left, results, strict=True) if result is not PublishResult.CONFIRMED]
    assert left == []


def receive_through(receiver: Receiver, count: int) -> list[Delivery]:
    """Receive in spite of lost connections until `count` are there."""
    found: list[Delivery] = []
    until = time.monotonic() + PATIENCE_SECONDS
    while len(found) < count and time.monotonic() < until:
        try:
            found += receiver.receive(limit=count - len(found), timeout_seconds=0.5)
        except BrokerUnavailable:
            continue
    return found


def take_and_ack(stage: Stage, receiver: Receiver) -> list[int]:
    """Take what is there, acknowledge ten of it, and read on, so that the acknowledgement is out."""
    deliveries = stage.rest(receiver)
    receiver.ack(deliveries[:10])
    stage.rest(receiver)
    return numbers(deliveries[:10])


def cut_and_notice(receiver: Receiver, proxy: Proxy) -> None:
    """Cut, and let the receiver find out: there is nothing left to read."""
    proxy.cut()
    with pytest.raises(BrokerUnavailable):
        receiver.receive(limit=100, timeout_seconds=5)


def test_a_cut_while_publishing_leaves_results_unknown_and_the_next_call_connects_again(
    stage: Stage, publisher: Publisher, proxy: Proxy
) -> None:
    batch = to_queue(stage.queue, *[letter(number, body=b"x" * 500) for number in range(3000)])
    proxy.most_bytes = 900_000
    results = publisher.publish(batch)
    proxy.most_bytes = 0
    again = publisher.publish(batch)
    arrived = numbers(stage.rest(stage.receiver()))
    confirmed = [number for number, result in enumerate(results) if result is PublishResult.CONFIRMED]

    assert set(results) == {PublishResult.CONFIRMED, PublishResult.UNKNOWN}
    assert set(confirmed) <= set(arrived[: -len(batch)])
    assert again == [PublishResult.CONFIRMED] * 3000
    assert list(dict.fromkeys(arrived)) == list(range(3000))


def test_a_silent_broker_ends_the_wait_after_confirm_seconds(
    stage: Stage, publisher: Publisher, proxy: Proxy, settings: Settings
) -> None:
    settings.POSTROAD = {"CONFIRM_SECONDS": 0.5}
    before = publisher.publish(to_queue(stage.queue, letter(1)))
    proxy.is_deaf = True
    began = time.monotonic()
    silent = publisher.publish(to_queue(stage.queue, letter(2)))
    waited = time.monotonic() - began
    proxy.is_deaf = False
    after = publisher.publish(to_queue(stage.queue, letter(3)))

    assert (before, silent, after) == ([PublishResult.CONFIRMED], [PublishResult.UNKNOWN], [PublishResult.CONFIRMED])
    assert waited < 5


def test_a_cut_while_idle_costs_no_message(
    stage: Stage, publisher: Publisher, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq_publisher, "_IDLE_SECONDS", 0.0)
    first = publisher.publish(to_queue(stage.queue, letter(1)))
    proxy.cut()
    second = publisher.publish(to_queue(stage.queue, letter(2)))

    assert (first, second, proxy.connections) == ([PublishResult.CONFIRMED], [PublishResult.CONFIRMED], 2)


def test_publishing_to_nobody_never_raises(publisher: Publisher, proxy: Proxy) -> None:
    proxy.close()

    assert publisher.publish(to_queue("anywhere", letter(1), letter(2))) == [PublishResult.UNKNOWN] * 2


def test_after_a_cut_everything_unacknowledged_comes_again_flagged(
    stage: Stage, receiver: Receiver, proxy: Proxy
) -> None:
    stage.send(*[letter(number) for number in range(5)])
    old = stage.take(receiver, 5)
    receiver.ack(old[:1])
    stage.rest(receiver)
    proxy.cut()
    with pytest.raises(BrokerUnavailable, match="connection broke"):
        receiver.receive(limit=10, timeout_seconds=5)
    receiver.ack(old)
    receiver.reject(old[4])
    new = stage.take(receiver, 4)
    receiver.ack(new)
    receiver.close()

    assert numbers(new) == [1, 2, 3, 4]
    assert [delivery.is_redelivered for delivery in new] == [True] * 4
    assert min(delivery.tag for delivery in new) > max(delivery.tag for delivery in old)
    assert stage.rest(stage.receiver()) == []


def test_an_acknowledgement_into_a_cut_is_told_by_the_next_receive(
    stage: Stage, receiver: Receiver, proxy: Proxy
) -> None:
    stage.send(letter(1), letter(2))
    old = stage.take(receiver, 2)
    proxy.cut()
    receiver.ack(old[:1])
    receiver.ack(old[1:])
    with pytest.raises(BrokerUnavailable):
        receiver.receive(limit=10, timeout_seconds=5)

    assert numbers(stage.take(receiver, 2)) == [1, 2]


def test_receiving_survives_any_number_of_cuts(stage: Stage, receiver: Receiver, proxy: Proxy) -> None:
    stage.send(*[letter(number, body=b"x" * 100_000) for number in range(30)])
    first = take_and_ack(stage, receiver)
    cut_and_notice(receiver, proxy)
    second = take_and_ack(stage, receiver)
    cut_and_notice(receiver, proxy)
    third = take_and_ack(stage, receiver)

    assert first + second + third == list(range(30))


def test_nobody_there_is_said_with_the_way_out_and_without_the_password(proxied: RabbitMQ, proxy: Proxy) -> None:
    proxy.close()
    way_out = r"connection refused or unknown host\. Start RabbitMQ \(\"make servers\"\), or unset BROKER_URL"
    with pytest.raises(BrokerUnavailable, match=way_out) as told:
        proxied.receiver(["any"], prefetch=1).receive(limit=1, timeout_seconds=1)

    assert ":**@127.0.0.1" in str(told.value)


def test_a_wrong_password_is_said_and_not_shown(broker_url: str, stage: Stage) -> None:
    server = read_url(broker_url)
    broker = RabbitMQ(f"amqp://nobody:secret@{server.host}:{server.port}/")
    with pytest.raises(BrokerUnavailable, match="user 'nobody' is refused") as told:
        broker.declare(stage.topology)

    assert "secret" not in str(told.value)


def test_a_broker_that_never_lets_a_consumer_in_is_left_after_a_while(
    monkeypatch: pytest.MonkeyPatch, broker_url: str, proxy: Proxy, stage: Stage
) -> None:
    monkeypatch.setattr(rabbitmq_consumer, "OPEN_SECONDS", 0.3)
    server = read_url(broker_url.replace(f":{read_url(broker_url).port}", f":{proxy.port}"))
    connection = connect(server, timeout_seconds=60)
    connection.sock.settimeout(None)  # as Celery's own connection has it
    proxy.is_deaf = True

    with pytest.raises(TimeoutError):
        QueueConsumer(connection, stage.queue, prefetch=1, on_delivery=lambda _: None)
    collect(connection)


def test_a_missing_vhost_is_said(broker_url: str, stage: Stage) -> None:
    server = read_url(broker_url)
    broker = RabbitMQ(f"amqp://{server.user}:{server.password}@{server.host}:{server.port}/missing")
    with pytest.raises(BrokerUnavailable, match="vhost 'missing'"):
        broker.declare(stage.topology)


@pytest.mark.slow
@pytest.mark.restarts
def test_a_restart_of_the_broker_loses_nothing(stage: Stage) -> None:
    receiver = stage.receiver()
    publish_until_taken(stage.publisher, stage.queue, 200)
    first = stage.take(receiver, 50)
    receiver.ack(first)
    stage.rest(receiver)
    subprocess.run([sys.executable, str(SERVERS), "restart-broker"], check=True)
    publish_until_taken(stage.publisher, stage.queue, 300)
    arrived = numbers(receive_through(receiver, 450))

    assert numbers(first) == list(range(50))
    assert list(dict.fromkeys(arrived[:150])) == list(range(50, 200))
    assert list(dict.fromkeys(arrived[150:])) == list(range(300))
