"""`refuse`: how a use case refuses a command."""

from typing import NoReturn

from postroad.codecs.types import Message
from postroad.commands.messages import reply_description
from postroad.errors import InvalidDeclaration


class Refusal(Exception):
    """Passes a refusal to the dispatcher, which undoes the handler's changes and sends it as the reply."""

    def __init__(self, reply: Message) -> None:
        super().__init__(reply)
        self.reply = reply


def refuse(reply: Message) -> NoReturn:
    """Undo the changes of this use case and send `reply`.

    Raises:
        InvalidDeclaration: `reply` is not declared with @refusal.
    """
    description = reply_description(type(reply))
    if not description.is_refusal:
        raise InvalidDeclaration(f"{description.name} is not a refusal; return it, or declare it with @refusal.")
    raise Refusal(reply)
