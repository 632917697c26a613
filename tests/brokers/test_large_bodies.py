"""Bodies that are too large to be read, and many that would be too much in memory, from a real broker."""

import errno
import random
import tempfile
from pathlib import Path

import pytest
from pytest_django import Settings

from postroad.brokers.rabbitmq.bodies import BodyGate
from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.brokers.rabbitmq.connection import close, connect
from postroad.brokers.rabbitmq.consumer import QueueConsumer
from postroad.errors import BrokerUnavailable
from postroad.messaging.broker import Delivery, PublishResult, Receiver
from postroad.messaging.message import Envelope
from postroad.testing.broker_stage import Stage

pytestmark = pytest.mark.broker
LIMIT = 100_000


@pytest.fixture
def receiver(stage: Stage, settings: Settings) -> Receiver:
    settings.POSTROAD = {**settings.POSTROAD, "CONSUMER_MESSAGE_BYTES": LIMIT}
    return stage.receiver(prefetch=20)


def content(number: int, size: int) -> bytes:
    return random.Random(number).randbytes(size)


def send(stage: Stage, *sizes: int) -> None:
    sent = [Envelope(id=str(number), type="x", body=content(number, size)) for number, size in enumerate(sizes)]
    assert set(stage.send(*sent)) == {PublishResult.CONFIRMED}


def bodies(deliveries: list[Delivery]) -> list[bytes]:
    return [Path(one.body_path).read_bytes() if one.body_path else one.envelope.body for one in deliveries]


def held(deliveries: list[Delivery]) -> int:
    return sum(len(one.envelope.body) for one in deliveries)


def test_a_body_that_is_too_large_comes_in_a_file_which_goes_when_it_is_settled(
    stage: Stage, receiver: Receiver
) -> None:
    send(stage, LIMIT + 1)

    [large] = stage.rest(receiver)
    there = bodies([large])
    receiver.ack([large])

    assert (large.envelope.id, large.envelope.type, large.envelope.body) == ("0", "x", b"")
    assert large.body_bytes == LIMIT + 1
    assert there == [content(0, LIMIT + 1)]
    assert not Path(large.body_path).exists()
    assert stage.rest(receiver) == []


def test_a_body_of_just_the_limit_is_read(stage: Stage, receiver: Receiver) -> None:
    send(stage, LIMIT)

    [delivery] = stage.rest(receiver)

    assert (delivery.envelope.body, delivery.body_path) == (content(0, LIMIT), "")


def test_no_more_bytes_are_in_memory_than_one_message_may_have(stage: Stage, receiver: Receiver) -> None:
    send(stage, *[40_000] * 12)

    found = stage.rest(receiver)

    assert [one.envelope.id for one in found] == [str(number) for number in range(12)]
    assert bodies(found) == [content(number, 40_000) for number in range(12)]
    assert held(found) <= LIMIT
    assert [one.body_bytes for one in found] == [0, 0, *[40_000] * 10]


@pytest.mark.parametrize("seed", range(3))
def test_messages_of_any_sizes_all_come_in_their_order(stage: Stage, receiver: Receiver, seed: int) -> None:
    dice = random.Random(seed)
    sizes = [dice.choice([0, 1, 10, 9_000, 60_000, LIMIT, LIMIT + 1, 400_000]) for _ in range(60)]
    send(stage, *sizes)

    found: list[tuple[str, bytes]] = []
    open_ones: list[Delivery] = []
    while len(found) < len(sizes):
        open_ones += receiver.receive(limit=7, timeout_seconds=5)
        assert held(open_ones) <= LIMIT
        count = dice.randint(1, 4)
        settled, open_ones = open_ones[:count], open_ones[count:]
        found += zip([one.envelope.id for one in settled], bodies(settled), strict=True)
        receiver.ack(settled)

    assert found == [(str(number), content(number, size)) for number, size in enumerate(sizes)]


def test_what_is_settled_makes_room(stage: Stage, receiver: Receiver) -> None:
    send(stage, *[60_000] * 6)

    found = []
    for _ in range(6):
        [one] = stage.take(receiver, 1)
        found.append(one.body_bytes)
        receiver.ack([one])
    send(stage, 60_000)
    [last] = stage.take(receiver, 1)

    assert last.body_bytes == 0
    assert len(last.envelope.body) == 60_000
    assert found[0] == 0


def test_a_file_goes_with_its_connection(stage: Stage, receiver: Receiver) -> None:
    send(stage, LIMIT + 1)
    [large] = stage.rest(receiver)
    receiver.close()

    again = stage.take(stage.receiver(prefetch=1), 1)

    assert not Path(large.body_path).exists()
    assert bodies(again) == [content(0, LIMIT + 1)]


def test_a_rejected_one_goes_whole_to_the_dead_letter_queue(stage: Stage, receiver: Receiver) -> None:
    send(stage, LIMIT + 1)
    [large] = stage.rest(receiver)
    receiver.reject(large)

    [found] = stage.take(stage.receiver(stage.dead, prefetch=1), 1)

    assert (found.dead_from, bodies([found])) == (stage.queue, [content(0, LIMIT + 1)])


def test_without_room_for_files_the_connection_is_given_up_and_nothing_is_lost(
    stage: Stage, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    send(stage, 10, LIMIT + 1, 10)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    with pytest.raises(BrokerUnavailable, match="No space left on device"):
        stage.rest(receiver)
    monkeypatch.undo()

    found = stage.take(receiver, 3)

    assert bodies(found) == [content(0, 10), content(1, LIMIT + 1), content(2, 10)]


def test_a_channel_that_is_closed_while_large_bodies_arrive_keeps_nothing(stage: Stage, rabbitmq: RabbitMQ) -> None:
    send(stage, *[60_000] * 30)
    connection = connect(rabbitmq._server, timeout_seconds=5)
    consumer = QueueConsumer(connection, stage.queue, prefetch=30, on_delivery=lambda _: None)
    connection.drain_events(timeout=5)
    consumer.close()

    assert BodyGate.of(connection).held == 0
    assert not consumer._open
    close(connection)
