"""Publishers that do as they are told."""

from collections.abc import Callable, Sequence

from typing_extensions import override

from postroad.messaging.broker import Publisher, PublishResult
from postroad.messaging.message import Outgoing


class ObedientPublisher(Publisher):
    """Keeps what it is given; `judge` says what becomes of each message."""

    def __init__(self) -> None:
        self.batches: list[list[Outgoing]] = []
        self.judge: Callable[[Outgoing], PublishResult] = lambda _: PublishResult.CONFIRMED
        self.crash: Exception | None = None

    @property
    def keys(self) -> list[str]:
        """Partition keys in the order they were published."""
        return [sent.envelope.key for batch in self.batches for sent in batch]

    @override
    def publish(self, batch: Sequence[Outgoing]) -> list[PublishResult]:
        self.batches.append(list(batch))
        if self.crash is not None:
            raise self.crash
        return [self.judge(sent) for sent in batch]

    @override
    def settled(self) -> list[str]:
        return []

    @override
    def close(self) -> None:
        pass
