"""What no broker takes is refused where it is sent, with the way out."""

import logging
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from postroad.brokers.rabbitmq.frames import Packer
from postroad.commands.sender import send
from postroad.errors import InvalidMessage, MessageTooLarge, PostroadError
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.models import OutboxMessage
from postroad.messaging.outbox import sendable
from postroad.messaging.outbox.producer import put, unit_of_work
from tests.support.shop import Bake

LETTER = Envelope(id="01900000-0000-7000-8000-000000000001", type="x.Y", body=b"{}")
NOWHERE = Address(channel="x", route="0")
FRAME_BYTES = 131_072


def letter(**changes: object) -> Outgoing:
    return Outgoing(address=NOWHERE, envelope=replace(LETTER, **changes))


@pytest.mark.django_db
def test_a_body_above_the_limit_is_refused_in_the_senders_transaction(settings: Settings) -> None:
    settings.POSTROAD = {"MESSAGE_BODY_BYTES": 100}
    with unit_of_work():
        put(letter(body=b"x" * 100))
        with pytest.raises(MessageTooLarge, match=r"body of 101 bytes; the maximum is 100 \(MESSAGE_BODY_BYTES\)"):
            put(letter(id="01900000-0000-7000-8000-000000000002", body=b"x" * 101))

    assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db
def test_a_key_above_the_limit_of_headers_is_refused_in_the_senders_transaction() -> None:
    with pytest.raises(MessageTooLarge, match="its key included"), unit_of_work():
        send(Bake(order_id=1), headers={"partition-key": "k" * 140_000})

    assert OutboxMessage.objects.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "i" * 256},
        {"type": "é" * 128},
        {"content_type": "c" * 256},
        {"correlation_id": "c" * 256},
        {"reply_to": "r" * 256},
        {"app_id": "a" * 256},
        {"headers": {"n" * 256: ""}},
    ],
)
def test_a_name_that_amqp_cannot_carry_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(MessageTooLarge, match="256 bytes"):
        sendable.check(letter(**changes))


@pytest.mark.parametrize("address", [Address(channel="c" * 256), Address(channel="x", route="r" * 256)])
def test_an_address_that_amqp_cannot_carry_is_refused(address: Address) -> None:
    with pytest.raises(MessageTooLarge, match="256 bytes"):
        sendable.check(Outgoing(address=address, envelope=LETTER))


@pytest.mark.parametrize("headers", [{"a": "\ud800"}, {"\udfff": "a"}, {"CC": "x"}, {"BCC": "x"}])
def test_what_is_no_text_or_the_brokers_own_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidMessage):
        sendable.check(letter(headers=headers))


def test_a_body_above_a_megabyte_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        sendable.check(letter(body=b"x" * 1_000_000))
        sendable.check(letter(body=b"x" * 1_000_001))

    assert [record.__dict__["body_bytes"] for record in caplog.records] == [1_000_001]


text = st.one_of(st.text(max_size=300), st.integers(200, 70_000).map(lambda size: "x" * size))


@given(
    st.builds(
        Envelope,
        id=text,
        type=text,
        body=st.just(b""),
        correlation_id=text,
        reply_to=text,
        app_id=text,
        headers=st.dictionaries(text, text, max_size=4),
    ),
    text,
    text,
)
def test_whatever_is_not_refused_fits_a_frame(envelope: Envelope, channel: str, route: str) -> None:
    outgoing = Outgoing(address=Address(channel=channel, route=route), envelope=envelope)
    try:
        sendable.check(outgoing)
    except PostroadError:
        return
    header_frame = Packer(channel=1, frame_max=FRAME_BYTES).pack(outgoing)

    assert len(header_frame) < FRAME_BYTES
