"""The adapter's pure parts: addresses, frames, alien properties."""

import struct

import amqp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.brokers.rabbitmq.connection import celery_broker, read_url
from postroad.brokers.rabbitmq.declare import queue_arguments
from postroad.brokers.rabbitmq.envelope import envelope_of, forgive_alien_properties
from postroad.brokers.rabbitmq.frames import Packer
from postroad.errors import InvalidSetting, MisconfiguredError
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.topology import Queue

FRAME_MAX = 4096
short = st.text(max_size=60)
envelopes = st.builds(
    Envelope,
    id=short,
    type=short,
    body=st.binary(max_size=3 * FRAME_MAX),
    content_type=short,
    correlation_id=short,
    reply_to=short,
    app_id=short,
    sent_at=st.integers(min_value=0, max_value=253_402_300_799),
    headers=st.dictionaries(short.filter(lambda name: not name.startswith("x-")), short, max_size=5),
)


def frames_of(data: bytes) -> list[tuple[int, int, bytes]]:
    """Return kind, channel and payload of each frame."""
    found = []
    while data:
        kind, channel, size = struct.unpack(">BHI", data[:7])
        assert data[7 + size] == 0xCE
        assert size + 8 <= FRAME_MAX
        found.append((kind, channel, data[7 : 7 + size]))
        data = data[8 + size :]
    return found


def read_back(data: bytes) -> Envelope:
    """Return the envelope that py-amqp reads from the frames of one message."""
    (_, _, _), (kind, _, header), *bodies = frames_of(data)
    assert kind == 2
    message = amqp.Message()
    message.inbound_header(header)
    for _, _, body in bodies:
        message.inbound_body(body)
    assert message.ready
    message.body = message.body or b""
    return envelope_of(message)


@given(envelopes)
def test_what_is_packed_is_what_py_amqp_reads(envelope: Envelope) -> None:
    packer = Packer(channel=3, frame_max=FRAME_MAX)
    outgoing = Outgoing(address=Address(channel="kitchen", route="3"), envelope=envelope)

    assert read_back(packer.pack(outgoing)) == envelope
    assert {channel for _, channel, _ in frames_of(packer.pack(outgoing))} == {3}


def sized(letter: bytes) -> st.SearchStrategy[bytes]:
    return st.binary(max_size=20).map(lambda value: letter + struct.pack(">I", len(value)) + value)


alien_values = st.one_of(
    sized(b"S"),
    sized(b"x"),
    st.binary(min_size=8, max_size=8).map(lambda value: b"T" + value),
    st.binary(min_size=8, max_size=8).map(lambda value: b"l" + value),
    st.binary(min_size=8, max_size=8).map(lambda value: b"F" + struct.pack(">I", 11) + b"\x01aT" + value),
    st.just(b"V"),
)
alien_entries = st.tuples(st.binary(min_size=2, max_size=20), alien_values)


@given(st.binary(max_size=255), st.lists(alien_entries, max_size=5))
def test_alien_properties_never_raise_and_harm_no_other(message_id: bytes, entries: list[tuple[bytes, bytes]]) -> None:
    forgive_alien_properties()
    alien = b"".join(bytes([len(name)]) + name + value for name, value in entries)
    table = b"\x01aS\x00\x00\x00\x011" + alien + b"\x01bS\x00\x00\x00\x012"
    header = struct.pack(">HHQHI", 60, 0, 0, 0x2080, len(table)) + table + bytes([len(message_id)]) + message_id
    message = amqp.Message()
    message.inbound_header(header)
    envelope = envelope_of(message)

    assert envelope.id == message_id.decode(errors="backslashreplace")
    assert (envelope.headers["a"], envelope.headers["b"]) == ("1", "2")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("amqp://", ("localhost", 5672, "guest", "guest", "/")),
        ("amqp://mq", ("mq", 5672, "guest", "guest", "/")),
        ("amqp://mq:5673//", ("mq", 5673, "guest", "guest", "/")),
        ("amqp://a%40b:p%2Fq@mq/%2F", ("mq", 5672, "a@b", "p/q", "/")),
        ("amqp://u:p@[::1]:5673/orders", ("::1", 5673, "u", "p", "orders")),
        ("amqps://mq/orders?verify=verify_none", ("mq", 5671, "guest", "guest", "orders")),
    ],
)
def test_a_url_is_read(url: str, expected: tuple[object, ...]) -> None:
    server = read_url(url)

    assert (server.host, server.port, server.user, server.password, server.vhost) == expected


def test_tls_verifies_the_host_unless_told_otherwise() -> None:
    assert read_url("amqp://mq").tls == {}
    assert read_url("amqps://mq").tls == {"server_hostname": "mq"}
    assert read_url("amqps://mq?cacertfile=/ca.pem&server_name_indication=other").tls == {
        "server_hostname": "other",
        "ca_certs": "/ca.pem",
    }


def test_celery_gets_the_url_without_its_options() -> None:
    assert celery_broker("amqp://u:p@mq/v?x=y") == {"broker_url": "amqp://u:p@mq:5672/v", "broker_use_ssl": None}
    assert celery_broker("amqps://mq?cacertfile=/ca.pem") == {
        "broker_url": "amqps://guest:guest@mq:5671/%2F",
        "broker_use_ssl": {"server_hostname": "mq", "ca_certs": "/ca.pem"},
    }


def test_celery_without_rabbitmq_is_told_the_way_out() -> None:
    with pytest.raises(MisconfiguredError, match=r"'memory://' has no queues .* write amqp://.*make run"):
        celery_broker("memory://")


@pytest.mark.parametrize("url", ["amqp://mq:port/", "http://mq", "amqp://mq:99999"])
def test_a_url_that_cannot_be_read_is_shown_without_its_password(url: str) -> None:
    with pytest.raises(InvalidSetting, match=r"write amqp://user:password@host"):
        read_url(url)


def test_a_dead_letter_queue_has_no_limit_and_no_dead_letter_queue() -> None:
    assert queue_arguments(Queue(name="a.dead", subscriber="a.dead", is_ordered=False)) == {"x-queue-type": "quorum"}
