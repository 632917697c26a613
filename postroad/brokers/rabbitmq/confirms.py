"""Matches the broker's answers to published messages: confirms, refusals and returns of one channel.

The broker counts the messages of a channel from 1 and answers with these numbers, one answer for many messages if possible
(rabbitmq.com/docs/confirms).  A message that no queue takes is first returned, complete but without its number, and then
confirmed like any other.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any

from postroad.messaging.broker import PublishResult
from postroad.messaging.message import Outgoing

_Name = tuple[str, str, str]  # exchange, routing key, message id


class Confirms:
    """Collects the publish results of one channel, one batch after the other.

    Attributes:
        left: Messages sent and not yet answered.
    """

    def __init__(self, channel: Any) -> None:
        self.left = 0
        self._next_tag = 1
        self._begin([], [])
        channel.events["basic_ack"].add(self._on_ack)
        channel.events["basic_nack"].add(self._on_nack)
        channel.events["basic_return"].add(self._on_return)
        channel.confirm_select()

    def begin(self, batch: Sequence[Outgoing], results: list[PublishResult]) -> None:
        """Start a batch whose results go into `results`; all earlier messages have been answered."""
        self._begin(batch, results)

    def expect(self, index: int) -> None:
        """Note that `batch[index]` is the next message sent."""
        self._sent.append(index)
        self._is_open.append(1)
        self._next_tag += 1
        self.left += 1

    def _begin(self, batch: Sequence[Outgoing], results: list[PublishResult]) -> None:
        self._batch, self._results = batch, results
        self._first_tag = self._next_tag
        self._sent: list[int] = []
        self._is_open = bytearray()
        self._low = 0
        self._names: defaultdict[_Name, deque[int]] = defaultdict(deque)
        self._named = 0

    def _on_ack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - called by py-amqp
        self._settle(tag, PublishResult.CONFIRMED, is_multiple=multiple)

    def _on_nack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - called by py-amqp
        self._settle(tag, PublishResult.REFUSED, is_multiple=multiple)

    def _settle(self, tag: int, result: PublishResult, *, is_multiple: bool) -> None:
        last = tag - self._first_tag
        is_open, results, sent = self._is_open, self._results, self._sent
        for position in range(self._low, last + 1) if is_multiple else (last,):
            if is_open[position]:
                is_open[position] = 0
                self.left -= 1
                if (
                    results[sent[position]] is PublishResult.UNKNOWN
                ):  # otherwise it was returned before, which is the result
                    results[sent[position]] = result
        if is_multiple:
            self._low = max(self._low, last + 1)

    def _on_return(self, _error: Exception, exchange: str, routing_key: str, message: Any) -> None:
        """Note a returned message.

        A return names only id and address.  If a batch has several messages with the same ones, the first that has not
        been returned yet is marked; each return marks one.
        """
        for index in self._sent[self._named :]:
            self._names[_name(self._batch[index])].append(index)
        self._named = len(self._sent)
        indices = self._names[exchange, routing_key, message.properties.get("message_id", "")]
        if indices:
            self._results[indices.popleft()] = PublishResult.UNROUTABLE


def _name(outgoing: Outgoing) -> _Name:
    address = outgoing.address
    exchange, key = (address.channel, address.route) if address.route else ("", address.channel)
    return exchange, key, outgoing.envelope.id
