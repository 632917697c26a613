"""The limit of publishing: frames packed beforehand, written a window at a time, every one confirmed.  No database."""

from collections.abc import Sequence
from typing import Any

WINDOW_MESSAGES = 1000


class RawFrames:
    """Writes finished frames to one channel and waits for their confirms."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        channel = connection.channel()
        self.channel_id: int = channel.channel_id
        self._sent = self._low = 0
        self._gaps: set[int] = set()
        channel.confirm_select()
        channel.events["basic_ack"].add(self._on_ack)
        channel.events["basic_nack"].add(self._refuse)
        channel.events["basic_return"].add(self._refuse)

    def publish(self, frames: Sequence[bytes]) -> None:
        """Send messages, each the bytes of its frames, and return when the broker has confirmed all."""
        for start in range(0, len(frames), WINDOW_MESSAGES):
            window = frames[start : start + WINDOW_MESSAGES]
            self._connection.transport.write(b"".join(window))
            self._sent += len(window)
            while self._low < self._sent:
                self._connection.drain_events(timeout=self._connection.sock.gettimeout())

    def _on_ack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - called by py-amqp
        if multiple:
            self._low = max(self._low, tag)
            self._gaps = {gap for gap in self._gaps if gap > tag}
        else:
            self._gaps.add(tag)
        while self._low + 1 in self._gaps:
            self._low += 1
            self._gaps.discard(self._low)

    def _refuse(self, *_arguments: Any) -> None:
        raise RuntimeError("the broker refused or returned a message of the limit; its queues are not as declared")
