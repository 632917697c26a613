"""A broker inside this process that behaves like a real one.  Its queues end with the process; the outbox keeps the rows.

Delivery: at least once while the process runs; a message is settled only when every receiver has
    acknowledged it, so the relay keeps its outbox row until then and sends it again after a restart.
Ordering: per queue; an ordered queue has one active receiver, the next takes over when it closes.
Acknowledgement: one by one, from any thread; unacknowledged messages return to their place, marked redelivered.
Delay: none (the outbox delays).
Size limit (bytes): the memory of the process.
Connection URL: `memory://`.
"""

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from typing_extensions import override

from postroad.messaging.broker import Broker, Delivery, Inspection, Publisher, PublishResult, QueueState, Receiver
from postroad.messaging.message import Envelope, Outgoing
from postroad.messaging.topology import Binding, Exchange, ExchangeKind, Queue, Topology


@dataclass(slots=True)
class _Token:
    """One published message: the number of unacknowledged copies, and the publisher to notify."""

    message_id: str
    settle: Callable[[str], None]
    copies: int = 0


@dataclass(slots=True)
class _Copy:
    """One message in one queue."""

    tag: int
    envelope: Envelope
    token: _Token
    is_redelivered: bool = False
    dead_from: str = ""
    dead_reason: str = ""


@dataclass(slots=True)
class _Line:
    """One queue: ready messages, unacknowledged messages, and receivers (the first is the active one)."""

    queue: Queue
    ready: deque[_Copy] = field(default_factory=deque)
    out: dict[int, _Copy] = field(default_factory=dict)
    receivers: list["MemoryReceiver"] = field(default_factory=list)


class MemoryBroker(Broker):
    """All queues of this process.  Concurrency: every method is safe in threads."""

    is_durable = False

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self._exchanges: dict[str, Exchange] = {}
        self._bindings: dict[tuple[str, str], list[str]] = {}
        self._lines: dict[str, _Line] = {}
        self._tags = itertools.count(1)

    @override
    def declare(self, topology: Topology) -> None:
        with self.changed:
            self._exchanges |= {exchange.name: exchange for exchange in topology.exchanges}
            for queue in topology.queues:
                self._lines.setdefault(queue.name, _Line(queue))
            for binding in topology.bindings:
                is_fanout = self._exchanges[binding.exchange].kind is ExchangeKind.FANOUT
                queues = self._bindings.setdefault((binding.exchange, "" if is_fanout else binding.route), [])
                if binding.queue not in queues:
                    queues.append(binding.queue)

    @override
    def unbind(self, bindings: Sequence[Binding]) -> None:
        with self.changed:
            for binding in bindings:
                for route in (binding.route, ""):
                    queues = self._bindings.get((binding.exchange, route), [])
                    if binding.queue in queues:
                        queues.remove(binding.queue)
                        break

    @override
    def inspect(self, topology: Topology) -> Inspection:
        with self.changed:
            lines = [self._lines[queue.name] for queue in topology.queues if queue.name in self._lines]
            return Inspection(
                missing=(
                    *(f"exchange {one.name!r}" for one in topology.exchanges if one.name not in self._exchanges),
                    *(f"queue {one.name!r}" for one in topology.queues if one.name not in self._lines),
                ),
                queues=tuple(
                    QueueState(name=line.queue.name, messages=len(line.ready), consumers=len(line.receivers))
                    for line in lines
                ),
            )

    @override
    def publisher(self) -> "MemoryPublisher":
        return MemoryPublisher(self)

    @override
    def receiver(self, queues: Sequence[str], *, prefetch: int) -> "MemoryReceiver":
        receiver = MemoryReceiver(self, [self._lines[name] for name in queues], prefetch)
        with self.changed:
            for name in queues:
                self._lines[name].receivers.append(receiver)
        return receiver

    @override
    def close(self) -> None:
        with self.changed:
            self._lines.clear()

    def depth(self, queue: str) -> int:
        """Return the messages of a queue that are ready or unacknowledged."""
        with self.changed:
            line = self._lines[queue]
            return len(line.ready) + len(line.out)

    def deliver(self, outgoing: Outgoing, token: _Token) -> bool:
        """Put copies of a message into the queues that its address leads to; False if there is none."""
        with self.changed:
            queues = self._route(outgoing.address.channel, outgoing.address.route)
            token.copies = len(queues)
            for name in queues:
                self._lines[name].ready.append(_Copy(next(self._tags), outgoing.envelope, token))
            self.changed.notify_all()
            return bool(queues)

    def has_exchange(self, name: str) -> bool:
        """Whether an exchange of this name was declared."""
        return name in self._exchanges

    def done(self, copy: _Copy) -> None:
        """Count one copy as acknowledged; the last one settles the message."""
        copy.token.copies -= 1
        if copy.token.copies == 0:
            copy.token.settle(copy.token.message_id)

    def bury(self, line: _Line, copy: _Copy) -> None:
        """Move a rejected copy to its queue's dead-letter queue."""
        dead = self._lines.get(line.queue.dead_queue)
        if dead is None:
            self.done(copy)
            return
        copy.dead_from, copy.dead_reason, copy.is_redelivered = line.queue.name, "rejected", False
        dead.ready.append(copy)
        self.changed.notify_all()

    def _route(self, channel: str, route: str) -> list[str]:
        if not route:
            return [channel] if channel in self._lines else []
        exchange = self._exchanges.get(channel)
        while exchange is not None:
            key = "" if exchange.kind is ExchangeKind.FANOUT else route
            queues = self._bindings.get((exchange.name, key), [])
            if queues:
                return list(queues)
            exchange = self._exchanges.get(exchange.alternate)
        return []


class MemoryPublisher(Publisher):
    """Puts messages into queues at once; see `PublishResult.ACCEPTED`."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._settled: deque[str] = deque()

    @override
    def publish(self, batch: Sequence[Outgoing]) -> list[PublishResult]:
        return [self._publish(outgoing) for outgoing in batch]

    @override
    def settled(self) -> list[str]:
        return [self._settled.popleft() for _ in range(len(self._settled))]

    @override
    def close(self) -> None:
        self._settled.clear()

    def _publish(self, outgoing: Outgoing) -> PublishResult:
        token = _Token(outgoing.envelope.id, self._settled.append)
        if self._broker.deliver(outgoing, token):
            return PublishResult.ACCEPTED
        if outgoing.is_broadcast and self._broker.has_exchange(outgoing.address.channel):
            return PublishResult.CONFIRMED  # an event without subscriber: there is nothing to wait for
        return PublishResult.UNROUTABLE


class MemoryReceiver(Receiver):
    """Takes copies out of queues."""

    def __init__(self, broker: MemoryBroker, lines: Sequence[_Line], prefetch: int) -> None:
        self._broker, self._prefetch = broker, prefetch
        self._lines = {line.queue.name: line for line in lines}
        self._held: dict[str, set[int]] = {name: set() for name in self._lines}

    @override
    def receive(self, *, limit: int, timeout_seconds: float) -> list[Delivery]:
        until = time.monotonic() + timeout_seconds
        with self._broker.changed:
            while True:
                taken = self._take(limit)
                left = until - time.monotonic()
                if taken or left <= 0:
                    return taken
                self._broker.changed.wait(left)

    @override
    def ack(self, deliveries: Sequence[Delivery]) -> None:
        with self._broker.changed:
            for delivery in deliveries:
                copy = self._settle(delivery)
                if copy is not None:
                    self._broker.done(copy)

    @override
    def reject(self, delivery: Delivery) -> None:
        with self._broker.changed:
            copy = self._settle(delivery)
            if copy is not None:
                self._broker.bury(self._lines[delivery.queue], copy)

    @override
    def close(self) -> None:
        with self._broker.changed:
            for name, line in self._lines.items():
                for tag in sorted(self._held[name], reverse=True):
                    copy = line.out.pop(tag)
                    copy.is_redelivered = True
                    line.ready.appendleft(copy)
                self._held[name].clear()
                if self in line.receivers:
                    line.receivers.remove(self)
            self._broker.changed.notify_all()

    def wake(self) -> None:
        """End a wait in `receive` from another thread."""
        with self._broker.changed:
            self._broker.changed.notify_all()

    def _take(self, limit: int) -> list[Delivery]:
        taken: list[Delivery] = []
        for name, line in self._lines.items():
            if line.queue.is_ordered and line.receivers[:1] != [self]:
                continue
            held = self._held[name]
            while line.ready and len(taken) < limit and len(held) < self._prefetch:
                copy = line.ready.popleft()
                line.out[copy.tag] = copy
                held.add(copy.tag)
                taken.append(_delivery(name, copy))
        return taken

    def _settle(self, delivery: Delivery) -> _Copy | None:
        held = self._held.get(delivery.queue, set())
        if delivery.tag not in held:
            return None
        held.discard(delivery.tag)
        return self._lines[delivery.queue].out.pop(delivery.tag, None)


def _delivery(queue: str, copy: _Copy) -> Delivery:
    return Delivery(
        queue=queue,
        envelope=copy.envelope,
        tag=copy.tag,
        is_redelivered=copy.is_redelivered,
        dead_from=copy.dead_from,
        dead_reason=copy.dead_reason,
    )
