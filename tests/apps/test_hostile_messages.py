"""Messages that are well-formed but hostile: answered or taken, never a failure of the handler that parks a key."""

import json
from typing import Any

import pytest

from postroad.ids import new_id
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.models import DeadLetter
from postroad.messaging.topology import Queue, Topology
from postroad.testing import Pump

pytestmark = pytest.mark.django_db

BIG = 2**63 - 1
LINE = {"menuItemId": "1", "name": "n", "quantity": 1}
TICKET = {"restaurantId": 1, "orderId": 5, "lineItems": [LINE]}
CHARGE = {"consumerId": 1, "orderId": 1, "orderTotal": "12.30"}


@pytest.fixture
def pump() -> Pump:
    pump = Pump()
    pump.broker.declare(Topology(queues=(Queue(name="client", subscriber="client"),)))
    return pump


def ask(pump: Pump, name: str, body: Any) -> tuple[str, Any]:
    """Send a command, run everything, and return the answer's type and body."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    envelope = Envelope(id=new_id(), type=name, body=raw, reply_to="client", headers={"kind": "command"})
    channel = name.partition(".")[0]
    pump.broker.publisher().publish([Outgoing(address=Address(channel=channel, route="any"), envelope=envelope)])
    pump.until_quiet()
    (delivery,) = pump.broker.receiver(["client"], prefetch=9).receive(limit=9, timeout_seconds=0)
    return delivery.envelope.type, json.loads(delivery.envelope.body)


@pytest.mark.parametrize(
    ("name", "body", "answer"),
    [
        ("kitchen.CreateTicket", {**TICKET, "lineItems": [{**LINE, "name": "n\x00"}]}, "postroad.Rejected"),
        ("kitchen.CreateTicket", {**TICKET, "lineItems": []}, "postroad.Rejected"),
        ("kitchen.CreateTicket", {**TICKET, "restaurantId": BIG, "orderId": BIG}, "kitchen.TicketRefused"),
        ("kitchen.CreateTicket", {**TICKET, "restaurantId": BIG + 1}, "postroad.Rejected"),
        (
            "kitchen.CreateTicket",
            b'{"restaurantId":1,"orderId":5,"lineItems":[{"name":"\\ud800"}]}',
            "postroad.Rejected",
        ),
        ("kitchen.CancelCreateTicket", {"ticketId": 77, "restaurantId": 1}, "postroad.Done"),
        ("kitchen.CancelCreateTicket", {"ticketId": 0, "restaurantId": 1}, "postroad.Rejected"),
        ("consumers.ValidateOrderByConsumer", {**CHARGE, "consumerId": BIG}, "consumers.OrderRefused"),
        ("accounting.AuthorizeCharge", {**CHARGE, "orderTotal": "NaN"}, "postroad.Rejected"),
        ("accounting.AuthorizeCharge", {**CHARGE, "orderTotal": "Infinity"}, "postroad.Rejected"),
        ("accounting.AuthorizeCharge", {**CHARGE, "orderTotal": "1e999999999"}, "postroad.Rejected"),
        ("accounting.AuthorizeCharge", {**CHARGE, "orderTotal": "-1"}, "postroad.Rejected"),
        ("accounting.AuthorizeCharge", {**CHARGE, "orderTotal": "9." + "9" * 40_000}, "postroad.Rejected"),
        ("accounting.AuthorizeCharge", {**CHARGE, "orderTotal": "9999999999.99"}, "accounting.ChargeRefused"),
        (
            "accounting.AuthorizeCharge",
            {"consumerId": BIG, "orderId": BIG, "orderTotal": "10.00"},
            "accounting.ChargeAuthorized",
        ),
    ],
)
def test_a_hostile_command_is_answered_and_parks_nothing(pump: Pump, name: str, body: Any, answer: str) -> None:
    answered, content = ask(pump, name, body)

    assert answered == answer
    assert len(json.dumps(content)) < 1000
    assert not DeadLetter.objects.exists()
