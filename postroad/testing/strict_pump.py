"""`StrictPump`: a pump that remembers what was sent, and raises what a handler has raised."""

import logging
from collections.abc import Sequence
from typing import TypeVar

from typing_extensions import override

from postroad.brokers.memory import MemoryBroker
from postroad.codecs.names import description_of
from postroad.codecs.registry import codec_for
from postroad.codecs.types import Message
from postroad.messaging.broker import Publisher, PublishResult
from postroad.messaging.message import Outgoing
from postroad.testing.pump import Pump

M = TypeVar("M", bound=Message)


class StrictPump(Pump):
    """As `Pump`; for tests of a service, in which no handler is expected to fail."""

    def __init__(self) -> None:
        self._sent: list[Outgoing] = []
        self._parked = _Parked()
        super().__init__()
        self._log = logging.getLogger("postroad.processes.jobs")
        self._log.addHandler(self._parked)

    @override
    def publisher(self, broker: MemoryBroker) -> Publisher:
        return _Recording(broker.publisher(), self._sent)

    @override
    def until_quiet(self) -> int:
        """Relay and handle until nothing moves; return the rounds it took.

        Raises:
            AssertionError: A handler failed until its message was parked; its own error is the cause.  Or it never ends.
        """
        rounds = super().until_quiet()
        if self._parked.records:
            record = self._parked.records.pop(0)
            raise AssertionError(record.getMessage()) from (record.exc_info[1] if record.exc_info else None)
        return rounds

    def sent(self, message: type[M]) -> list[M]:
        """Return the messages of a class that were sent, in their order, by whichever service."""
        wanted = description_of(message).name
        found = [outgoing.envelope for outgoing in self._sent if outgoing.envelope.type == wanted]
        return [codec_for(envelope.content_type).decode(envelope.body, message) for envelope in found]

    @override
    def close(self) -> None:
        self._log.removeHandler(self._parked)
        super().close()


class _Recording(Publisher):
    """Publishes, and keeps what it has published."""

    def __init__(self, publisher: Publisher, sent: list[Outgoing]) -> None:
        self._publisher, self._sent = publisher, sent

    @override
    def publish(self, batch: Sequence[Outgoing]) -> list[PublishResult]:
        self._sent.extend(batch)
        return self._publisher.publish(batch)

    @override
    def settled(self) -> list[str]:
        return self._publisher.settled()

    @override
    def close(self) -> None:
        self._publisher.close()


class _Parked(logging.Handler):
    """Keeps what is logged about messages that were parked."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
