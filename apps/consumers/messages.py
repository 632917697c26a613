"""The contract of consumers: one command with its replies, and the event of a new consumer."""

from typing import Annotated

from postroad import CommandChannel, EventChannel, Message, Money, Positive, Sensitive, command, event, refusal, reply

CONSUMERS = CommandChannel("consumers", shards=4)
CONSUMER_EVENTS = EventChannel("consumers.Consumer", shards=4)


@reply("consumers.OrderValidated")
class OrderValidated(Message):
    """The consumer may place the order."""


@refusal("consumers.OrderRefused")
class OrderRefused(Message):
    """The consumer may not; `unknown_consumer`."""

    reason: str


@command("consumers.ValidateOrderByConsumer", on=CONSUMERS, key="consumer_id", replies=(OrderValidated, OrderRefused))
class ValidateOrderByConsumer(Message):
    """Ask whether a consumer may place an order of this total; keyed by consumer, whose rules it concerns."""

    consumer_id: Positive
    order_id: Positive
    order_total: Money


@event("consumers.ConsumerCreated", of=CONSUMER_EVENTS, key="consumer_id")
class ConsumerCreated(Message):
    """A consumer has registered."""

    consumer_id: Positive
    first_name: Annotated[str, Sensitive]
    last_name: Annotated[str, Sensitive]
