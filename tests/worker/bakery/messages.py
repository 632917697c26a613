from postroad.codecs.types import Message, Positive
from postroad.commands.messages import Done, command
from postroad.messaging.channels import CommandChannel

BAKERY = CommandChannel("bakery", shards=2)


@command("bakery.Bake", on=BAKERY, key="order_id", replies=(Done,))
class Bake(Message):
    order_id: Positive
    loaf: int
    mood: str = "good"
