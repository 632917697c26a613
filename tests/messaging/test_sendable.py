"""What no broker or database could carry is refused when it is sent, with its name."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.codecs.types import Message
from postroad.commands.messages import command
from postroad.commands.sender import send
from postroad.errors import InvalidMessage
from postroad.ids import new_id
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.models import OutboxMessage
from postroad.messaging.outbox import table as outbox
from postroad.messaging.outbox.producer import put, unit_of_work
from postroad.messaging.outbox.relay import Relay
from postroad.messaging.outbox.wakeup import BellWakeup
from tests.support.publishers import ObedientPublisher
from tests.support.shop import BAKERY, Bake

pytestmark = pytest.mark.django_db


@command("bakery.Name", on=BAKERY, key="name")
class Name(Message):
    name: str


def outgoing(**fields: Any) -> Outgoing:
    address = fields.pop("address", Address(channel="bakery.0"))
    return Outgoing(address=address, envelope=replace(Envelope(id=new_id(), type="x.Y", body=b"{}"), **fields))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"headers": {"x": "a\0"}}, r"header 'x' = 'a\x00' has a NUL character"),
        ({"headers": {"x": "\ud800"}}, r"header 'x' = '\ud800' has half of a surrogate pair"),
        ({"headers": {"x\0": "a"}}, r"the name of a header = 'x\x00' has a NUL character"),
        ({"headers": {"x" * 256: "a"}}, "has 256 bytes; AMQP carries 255"),
        ({"headers": {"ü" * 128: "a"}}, "has 256 bytes; AMQP carries 255"),
        ({"headers": {"x": 7}}, "header 'x' = 7 is not a str but int"),
        ({"headers": {"x": None}}, "header 'x' = None is not a str but NoneType"),
        ({"headers": {"x": b"a"}}, "header 'x' = b'a' is not a str but bytes"),
        ({"reply_to": "r" * 256}, "reply_to = 'rrr"),
        ({"reply_to": "\0"}, r"reply_to = '\x00' has a NUL character"),
        ({"correlation_id": "\udcff"}, r"correlation_id = '\udcff' has half of a surrogate pair"),
        ({"app_id": "a" * 300}, "app_id = 'aaa"),
        ({"content_type": "c" * 300}, "content_type = 'ccc"),
        ({"type": "t" * 256}, "its type = 'ttt"),
        ({"address": Address(channel="c" * 256)}, "its channel = 'ccc"),
        ({"address": Address(channel="c", route="r" * 256)}, "its route = 'rrr"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_its_name(fields: dict[str, Any], said: str) -> None:
    with transaction.atomic(), pytest.raises(InvalidMessage) as caught:
        put(outgoing(**fields))

    assert "cannot be sent" in str(caught.value)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("delay", [float("nan"), float("inf"), -1.0, 1e300, -0.001])
def test_a_delay_that_is_no_time_is_refused(delay: float) -> None:
    with unit_of_work(), pytest.raises(InvalidMessage, match=r"bakery\.Bake. cannot be sent: delay_seconds = "):
        send(Bake(order_id=1), delay_seconds=delay)

    assert not OutboxMessage.objects.exists()


def test_what_is_just_small_enough_is_sent() -> None:
    fields = {
        "headers": {"x" * 255: "y" * 50_000, "ü" * 127: "ключ"},
        "reply_to": "r" * 255,
        "correlation_id": "c" * 255,
        "address": Address(channel="c" * 255, route="é" * 127),
    }
    with unit_of_work():
        put(outgoing(**fields), delay_seconds=0)

    assert OutboxMessage.objects.get().headers == fields["headers"]


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "\udfff\ud800"])
def test_a_key_that_is_no_text_is_refused_with_its_field(name: str) -> None:
    with unit_of_work(), pytest.raises(InvalidMessage, match=r"bakery.Name cannot be written: \$\.name = "):
        send(Name(name=name))

    assert not OutboxMessage.objects.exists()


TEXT = st.one_of(st.text(max_size=300), st.text(st.characters(codec=None), max_size=5), st.sampled_from(["\0", ""]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(headers=st.dictionaries(TEXT, TEXT, max_size=4), reply_to=TEXT, name=TEXT)
def test_what_is_sent_reaches_the_publisher_as_it_was(headers: dict[str, str], reply_to: str, name: str) -> None:
    publisher = ObedientPublisher()
    outbox.make_partitions()
    try:
        with unit_of_work():
            send(Name(name=name), headers=headers, reply_to=reply_to)
    except InvalidMessage:
        assert not OutboxMessage.objects.exists()
        return
    Relay(publisher, BellWakeup(), is_durable=True).run_once()
    ((sent,),) = publisher.batches

    assert {header: sent.envelope.headers[header] for header in headers} == headers
    assert (sent.envelope.reply_to, sent.envelope.key) == (reply_to, headers.get("partition-key", name))
