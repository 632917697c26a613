"""What a saga that changes an approved order does with a refusal: it keeps the reason, which the order shows."""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from apps.accounting.messages import ChargeRefused
from apps.kitchen.messages import TicketRefused
from apps.orders.participants import ChangeOrderData
from postroad import Message, Rejected

D = TypeVar("D", bound=ChangeOrderData)


def remember_reason(data: D, reply: TicketRefused | ChargeRefused | Rejected) -> D:
    """Keep the participant's reason."""
    return replace(data, refusal_reason=reply.reason)


def if_refused(refusal: type[TicketRefused | ChargeRefused]) -> dict[type[Message], Callable[[D, Any], D]]:
    """Return what a step does with the refusal of its participant, and with a command that could not be read."""
    return {refusal: remember_reason, Rejected: remember_reason}
