"""Commands for the small shop, sent or made by hand, and what is parked of them."""

from postroad import send, unit_of_work
from postroad.messaging.message import Envelope
from postroad.messaging.models import DeadLetter
from tests.support.shop import Bake


def bake(*orders: int, reply_to: str = "") -> list[str]:
    with unit_of_work():
        return [send(Bake(order_id=order), reply_to=reply_to) for order in orders]


def command(order: int, *, message_id: str = "01900000-0000-7000-8000-000000000001", reply_to: str = "") -> Envelope:
    return Envelope(
        id=message_id,
        type="bakery.Bake",
        body=b'{"orderId":%d}' % order,
        reply_to=reply_to,
        headers={"partition-key": str(order), "kind": "command"},
    )


def parked() -> list[tuple[str, str]]:
    return list(DeadLetter.objects.filter(state="parked").order_by("id").values_list("partition_key", "reason"))
