"""`Message`, the base of every typed message, and the value types its fields use.

    class CreateTicket(Message):
        order_id: Positive
        line_items: NonEmpty[tuple[TicketLine, ...]]
        allergies: Annotated[str, Sensitive] = ""

A message is immutable, takes keyword arguments only, has camelCase names on the wire, ignores unknown fields and enforces
the limits in its types when it is decoded (msgspec).  A field that is marked `Sensitive` is sent and stored in full, but
never shown.
"""

from decimal import Decimal
from typing import Annotated, Any, TypeVar

import msgspec
from typing_extensions import dataclass_transform, override

from postroad.codecs.sensitive import MASK, Sensitive, fields_of, has_sensitive

__all__ = ["Message", "Money", "NonEmpty", "NonNegative", "Positive", "Sensitive", "Text"]

_T = TypeVar("_T")

Positive = Annotated[int, msgspec.Meta(gt=0, le=2**63 - 1)]
NonNegative = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
NonEmpty = Annotated[_T, msgspec.Meta(min_length=1)]
Money = Decimal
"""An amount as a decimal string on the wire, exact to the cent."""


class MessageMeta(msgspec.StructMeta):
    """Makes each subclass frozen and keyword-only, with camelCase names on the wire."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> "MessageMeta":
        """Create the class with the defaults of a message; `config` may override them."""
        defaults: dict[str, Any] = {"frozen": True, "kw_only": True, "rename": "camel"}
        return super().__new__(mcls, name, bases, namespace, **{**defaults, **config})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Message(msgspec.Struct, metaclass=MessageMeta, frozen=True):
    """Base of commands, replies, events and the values inside them."""

    @override
    def __repr__(self) -> str:
        """Show all fields except sensitive ones, because a message may be part of a log line or an error."""
        return (
            f"{type(self).__qualname__}({', '.join(f'{name}={_shown(self, name)}' for name in self.__struct_fields__)})"
        )


def _shown(message: Message, name: str) -> str:
    value = getattr(message, name)
    is_open = isinstance(value, Message) or not has_sensitive(fields_of(type(message)).get(name, Sensitive))
    return repr(value) if is_open else MASK
