"""What RabbitMQ has beyond the conformance suite: foreign clients, refusals, dead letters by the broker itself."""

import struct
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import amqp
import pytest
from pytest_django import Settings

from postroad.brokers.rabbitmq import publisher as rabbitmq_publisher
from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.brokers.rabbitmq.frames import Packer
from postroad.errors import BrokerUnavailable, MisconfiguredError
from postroad.messaging.broker import PublishResult
from postroad.messaging.message import Address, Envelope, Kind, Outgoing
from postroad.messaging.topology import Topology
from postroad.testing.broker_stage import Stage, letter, numbers, to_queue
from tests.support.amqp import connected

pytestmark = pytest.mark.broker
LONG = "é" * 128  # 256 bytes


def publish_alien(url: str, exchange: str, key: str, **properties: Any) -> None:
    with connected(url) as connection:
        channel = connection.channel()
        channel.basic_publish_confirm(amqp.Message(b"{}", **properties), exchange=exchange, routing_key=key)


def test_headers_of_other_clients_become_text(stage: Stage, broker_url: str) -> None:
    headers = {
        "text": "ü",
        "bytes": b"\xff",
        "whole": 7,
        "broken": 0.5,
        "yes": True,
        "when": datetime(2026, 1, 2, tzinfo=UTC),
        "table": {"a": 1},
        "list": [1],
        "none": None,
    }
    publish_alien(broker_url, "", stage.queue, application_headers=headers)
    [delivery] = stage.take(stage.receiver(), 1)

    assert delivery.envelope == Envelope(
        id="",
        type="",
        body=b"{}",
        content_type="",
        headers={
            "text": "ü",
            "bytes": r"\xff",
            "whole": "7",
            "broken": "0.5",
            "yes": "true",
            "when": "2026-01-02T00:00:00",
        },
    )


def test_a_body_is_bytes_whatever_its_encoding_says(stage: Stage, broker_url: str) -> None:
    publish_alien(broker_url, "", stage.queue, content_encoding="utf-8", content_type="text/plain")
    [delivery] = stage.take(stage.receiver(), 1)

    assert delivery.envelope.body == b"{}"


def test_a_time_in_milliseconds_is_no_time(stage: Stage, broker_url: str) -> None:
    publish_alien(broker_url, "", stage.queue, timestamp=1_700_000_000_000)
    [delivery] = stage.take(stage.receiver(), 1)

    assert delivery.envelope.sent_at == 0


def test_properties_that_are_not_utf8_do_not_break_the_receiver(stage: Stage, broker_url: str) -> None:
    headers = b"\x04whenT" + struct.pack(">Q", 1_700_000_000_000)
    properties = struct.pack(">HI", 0x2080, len(headers)) + headers + b"\x03a\xffb"
    with connected(broker_url) as connection:
        channel = connection.channel()
        channel.confirm_select()
        key = stage.queue.encode()
        frames = [
            (1, struct.pack(">HHHBB", 60, 40, 0, 0, len(key)) + key + b"\0"),
            (2, struct.pack(">HHQ", 60, 0, 2) + properties),
            (3, b"{}"),
        ]
        data = b"".join(struct.pack(">BHI", kind, 1, len(load)) + load + b"\xce" for kind, load in frames)
        connection.transport.write(data)
        channel.wait(amqp.spec.Basic.Ack)
    stage.send(letter(2))
    first, second = stage.take(stage.receiver(), 2)

    assert first.envelope == Envelope(id=r"a\xffb", type="", body=b"{}", content_type="")
    assert second.envelope.id == "id-2"


def test_a_foreign_client_needs_no_shards(stage: Stage, broker_url: str) -> None:
    publish_alien(broker_url, stage.name, "no shard", message_id="id-1")

    assert numbers(stage.take(stage.receiver(f"{stage.name}.any"), 1)) == [1]


def test_an_event_without_subscribers_is_taken_over(stage: Stage) -> None:
    stage.subscribe("a", "x.Made")
    event = Envelope(id="id-1", type="x.Sold", body=b"{}", headers={"kind": Kind.EVENT})
    sold = Outgoing(address=stage.events.address("k", "x.Sold"), envelope=event)
    lost = Outgoing(address=Address(channel=f"{stage.name}.missing", route="0.x.Sold"), envelope=event)

    assert stage.publisher.publish([sold]) == [PublishResult.CONFIRMED]
    assert stage.publisher.publish([lost, sold]) == [PublishResult.UNROUTABLE, PublishResult.CONFIRMED]


@pytest.mark.parametrize(
    "odd",
    [
        Envelope(id=LONG, type="x.Y", body=b""),
        Envelope(id="a", type=LONG, body=b""),
        Envelope(id="a", type="x.Y", body=b"", correlation_id=LONG),
        Envelope(id="a", type="x.Y", body=b"", headers={LONG: "a"}),
        Envelope(id="a", type="x.Y", body=b"", headers={"a": "x" * 200_000}),
        Envelope(id="a", type="x.Y", body=b"", headers={"a": "\ud800"}),
        Envelope(id="a", type="x.Y", body=b"", headers={"CC": "text where the broker wants a list"}),
    ],
)
def test_a_message_that_does_not_fit_amqp_is_refused_and_harms_no_other(stage: Stage, odd: Envelope) -> None:
    results = stage.send(letter(1), odd, letter(2))
    arrived = numbers(stage.rest(stage.receiver()))

    assert results == [PublishResult.CONFIRMED, PublishResult.IMPOSSIBLE, PublishResult.CONFIRMED]
    assert sorted(set(arrived)) == [1, 2]


def test_a_message_that_ends_the_channel_is_impossible_and_holds_back_only_its_key(stage: Stage) -> None:
    odd = replace(letter(2), headers={"CC": "text where the broker wants a list", "partition-key": "b"})
    results = stage.send(letter(1, key="a"), odd, letter(3, key="b"), letter(4, key="a"), letter(5, key="c"))
    again = stage.send(letter(6, key="b"))
    arrived = numbers(stage.rest(stage.receiver()))

    assert results == [
        PublishResult.CONFIRMED,
        PublishResult.IMPOSSIBLE,
        PublishResult.BEHIND,
        PublishResult.CONFIRMED,
        PublishResult.CONFIRMED,
    ]
    assert again == [PublishResult.CONFIRMED]
    assert sorted(set(arrived)) == [1, 4, 5, 6]


def test_a_message_that_no_frame_holds_is_impossible_and_holds_back_only_its_key(stage: Stage) -> None:
    large = replace(letter(2), headers={"a": "x" * 200_000, "partition-key": "b"})
    results = stage.send(letter(1, key="a"), large, letter(3, key="b"), letter(4, key="a"))

    assert results == [PublishResult.CONFIRMED, PublishResult.IMPOSSIBLE, PublishResult.BEHIND, PublishResult.CONFIRMED]
    assert sorted(numbers(stage.rest(stage.receiver()))) == [1, 4]


def test_a_message_that_ends_the_connection_is_found_when_it_comes_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        rabbitmq_publisher, "Packer", lambda *, channel, frame_max: Packer(channel=channel, frame_max=10 * frame_max)
    )
    large = replace(letter(2), headers={"a": "x" * 200_000})
    together = stage.send(letter(1), large, letter(3))
    alone = [stage.send(one) for one in (letter(1), large, letter(3))]

    assert together[1] is PublishResult.UNKNOWN
    assert alone == [[PublishResult.CONFIRMED], [PublishResult.IMPOSSIBLE], [PublishResult.CONFIRMED]]


def test_a_destination_that_may_not_be_written_to_is_not_the_messages_fault(stage: Stage) -> None:
    internal = Outgoing(address=Address(channel="amq.rabbitmq.trace", route="0"), envelope=letter(1))
    results = stage.publisher.publish([internal, *to_queue(stage.queue, letter(2))])

    assert results == [PublishResult.REFUSED, PublishResult.CONFIRMED]


def test_an_address_that_does_not_fit_amqp_is_refused(stage: Stage) -> None:
    batch = [*to_queue(LONG, letter(1)), Outgoing(address=Address(channel=stage.name, route=LONG), envelope=letter(2))]

    assert stage.publisher.publish([*batch, *to_queue(stage.queue, letter(3))]) == [
        PublishResult.IMPOSSIBLE,
        PublishResult.IMPOSSIBLE,
        PublishResult.CONFIRMED,
    ]


def test_several_missing_exchanges_in_a_large_batch_harm_only_their_own(stage: Stage) -> None:
    known = to_queue(stage.queue, *[letter(number) for number in range(2500)])
    missing = [
        Outgoing(address=Address(channel=f"{stage.name}.missing{number % 3}", route="0"), envelope=letter(number))
        for number in range(10)
    ]
    results = stage.publisher.publish([*missing[:5], *known[:2000], *missing[5:], *known[2000:]])
    arrived = numbers(stage.rest(stage.receiver()))

    assert results == [
        *[PublishResult.UNROUTABLE] * 5,
        *[PublishResult.CONFIRMED] * 2000,
        *[PublishResult.UNROUTABLE] * 5,
        *[PublishResult.CONFIRMED] * 500,
    ]
    assert list(dict.fromkeys(arrived)) == list(range(2500))


def test_a_full_queue_refuses(stage: Stage, broker_url: str) -> None:
    name = f"{stage.name}.full"
    with connected(broker_url) as connection:
        channel = connection.channel()
        limits = {"x-max-length": 2, "x-overflow": "reject-publish"}
        channel.queue_declare(name, durable=True, auto_delete=False, arguments=limits)
        results = stage.publisher.publish(to_queue(name, *[letter(number) for number in range(5)]))
        channel.queue_delete(name)

    assert results == [PublishResult.CONFIRMED] * 2 + [PublishResult.REFUSED] * 3


def test_the_broker_gives_up_a_message_delivered_too_often(rabbitmq: RabbitMQ, settings: Settings) -> None:
    settings.POSTROAD = {"DELIVERY_LIMIT": 1}
    stage = Stage(rabbitmq)
    stage.send(letter(1))
    first, second = stage.receiver(), stage.receiver()
    stage.take(first, 1)
    first.close()
    stage.take(second, 1)
    second.close()
    [dead] = stage.take(stage.receiver(stage.dead), 1)
    stage.close()

    assert (dead.envelope.id, dead.dead_from, dead.dead_reason) == ("id-1", stage.queue, "delivery_limit")


def test_a_queue_with_other_properties_is_named_with_the_way_out(rabbitmq: RabbitMQ, settings: Settings) -> None:
    stage = Stage(rabbitmq)
    settings.POSTROAD = {"DELIVERY_LIMIT": 7}
    with pytest.raises(MisconfiguredError, match=rf"queue '{stage.queue}' exists .*DELIVERY_LIMIT.*delete_queue"):
        rabbitmq.declare(stage.topology)
    settings.POSTROAD = {}
    rabbitmq.declare(stage.topology)
    stage.close()


def test_a_missing_queue_is_named_with_the_way_out(stage: Stage) -> None:
    receiver = stage.receiver(stage.queue, f"{stage.name}.missing")
    with pytest.raises(BrokerUnavailable, match=rf"queue '{stage.name}.missing' does not exist.*declare_channels"):
        receiver.receive(limit=1, timeout_seconds=1)
    stage.subscribe("missing")


def test_an_inspection_tells_what_stands_there_with_other_properties(stage: Stage, broker_url: str) -> None:
    with connected(broker_url) as connection:
        channel = connection.channel()
        channel.queue_delete(stage.queue)
        channel.queue_declare(stage.queue, durable=True, auto_delete=False, arguments={"x-queue-type": "classic"})
        channel.exchange_delete(stage.name)
        channel.exchange_declare(stage.name, "direct", durable=True, auto_delete=False)

    found = stage.broker.inspect(stage.topology)

    assert found.missing == ()
    assert len(found.differing) == 2
    assert f"exchange '{stage.name}' exists at the broker with other properties" in found.differing[0]
    assert f"queue '{stage.queue}' exists at the broker with other properties" in found.differing[1]
    assert stage.queue not in {state.name for state in found.queues}


def test_an_inspection_of_a_broker_that_is_away_says_so() -> None:
    with pytest.raises(BrokerUnavailable, match="connection refused or unknown host"):
        RabbitMQ("amqp://guest:guest@127.0.0.1:1/").inspect(Topology())
