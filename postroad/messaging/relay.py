"""The relay: outbox rows → broker, deleted when confirmed.  Not: the process around it, which is `runtime.relay_process`.

    lock lanes → take the oldest rows → publish with confirms → delete what was confirmed → COMMIT

Pattern: "Polling publisher" (Microservices Patterns, §3.3.7).  Several relays may run: a lane has one owner for the
length of a batch, by the lock on its row, so a dead owner's lanes are free when the database drops its connection.
Per-key order is commit order: a key has one lane, rows leave in id order, and writers of one key lock its aggregate.
A crash between confirm and commit sends a batch again; consumers drop the duplicates.

A message that its destination does not take stays, and the destination waits with growing delay; the others flow.
The first message after such a wait goes alone, so that no later one of its key can overtake it.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import Error, connection, transaction

from postroad.conf import settings
from postroad.messaging import outbox, watch
from postroad.messaging.broker import Fate, Publisher
from postroad.messaging.outbox import Outgoings, TakenRow
from postroad.messaging.sweeper import Sweeper
from postroad.messaging.wakeup import Wakeup
from postroad.retry import Backoff

log = logging.getLogger(__name__)

LANES_A_BATCH = outbox.LANES // 2
"""A relay leaves the other half to a second one; alone it alternates, which costs it nothing."""

MOST_UNDER_WAY = 1000
"""Messages a volatile broker may hold unhandled before the relay waits for it."""

_TURN_SECONDS = 1.0  # a rest is taken in pieces: a stop is noticed after this long at the latest
_TAKEN_OVER = (Fate.CONFIRMED, Fate.ACCEPTED)
_FULL_SECONDS = 0.02  # wait for a volatile broker's consumers when it holds all it may


@dataclass(slots=True)
class _Block:
    """A destination that failed: how often in a row, and until when (monotonic) it is left alone."""

    failures: int = 0
    until: float = 0.0


class Relay:
    """Moves outbox rows to one publisher.

    Concurrency: one thread an instance (and one of its sweeper), any number of instances and processes on one outbox.
    """

    def __init__(self, publisher: Publisher, wakeup: Wakeup, *, is_durable: bool) -> None:
        self._publisher, self._wakeup, self._is_durable = publisher, wakeup, is_durable
        self._blocks: dict[str, _Block] = {}
        self._under_way: dict[str, int] = {}
        self._troubles = 0
        self._has_lanes = False

    def run(self, stop: threading.Event, *, beat: Callable[[], None] = lambda: None) -> None:
        """Relay until `stop` is set; a wait ends within a second, or at once if `Wakeup.ring` can end it.

        Survives the loss of broker and database: both are tried again with back-off.  Beside it a thread deletes
        expired rows.

        Args:
            stop: Ends the loop after the batch under way.
            beat: Called before every batch, and each second of a rest.
        """
        sweeper = Sweeper()
        sweeper.start()
        try:
            self._relay(stop, beat)
        finally:
            sweeper.stop()

    def _relay(self, stop: threading.Event, beat: Callable[[], None]) -> None:
        while not stop.is_set():
            beat()
            try:
                is_working = self.run_once() > 0 or self._look_again()
            except Error as error:
                self._report_database(error)
                is_working = False
            if not is_working:
                self._rest(stop, beat)

    def run_once(self) -> int:
        """Relay one batch; return how many rows the broker took over."""
        if not self._is_durable:
            return self._run_volatile()
        if not self._has_lanes:
            outbox.make_lanes()
            self._has_lanes = True
        with transaction.atomic():
            blocked = self._blocked()
            lanes = outbox.lock_lanes(blocked=blocked, most=LANES_A_BATCH)
            if not lanes:
                return 0
            rows = self._probing(outbox.take(lanes, blocked=blocked, most=settings().relay_batch_rows))
            fates = self._publisher.publish(Outgoings(rows))
            confirmed = [row.id for row, fate in zip(rows, fates, strict=True) if fate is Fate.CONFIRMED]
            if confirmed:
                outbox.delete(confirmed)
            self._judge(rows, fates)
        _tell(rows, fates)
        return len(confirmed)

    def close(self) -> None:
        """Give the publisher's connection back."""
        self._publisher.close()

    def _run_volatile(self) -> int:
        """Relay to a broker that forgets when the process dies: rows stay until every receiver has acknowledged."""
        done = [
            self._under_way.pop(message_id) for message_id in self._publisher.settled() if message_id in self._under_way
        ]
        if done:
            with transaction.atomic():
                outbox.delete(done)
        room = MOST_UNDER_WAY - len(self._under_way)
        if room <= 0:
            return len(done)
        taken = outbox.take(range(outbox.LANES), blocked=self._blocked(), most=room + len(self._under_way))
        present = set(self._under_way.values())
        rows = self._probing([row for row in taken if row.id not in present][:room])
        if not rows:
            return len(done)
        outgoing = [row.outgoing() for row in rows]
        self._under_way |= {sent.envelope.id: row.id for sent, row in zip(outgoing, rows, strict=True)}
        fates = self._publisher.publish(outgoing)
        for sent, fate in zip(outgoing, fates, strict=True):
            if fate is not Fate.ACCEPTED:
                del self._under_way[sent.envelope.id]
        with transaction.atomic():
            if Fate.CONFIRMED in fates:
                outbox.delete([row.id for row, fate in zip(rows, fates, strict=True) if fate is Fate.CONFIRMED])
            self._judge(rows, fates)
        _tell(rows, fates)
        return len(done) + fates.count(Fate.ACCEPTED) + fates.count(Fate.CONFIRMED)

    def _blocked(self) -> list[str]:
        now = time.monotonic()
        return [address for address, block in self._blocks.items() if block.until > now]

    def _probing(self, rows: Sequence[TakenRow]) -> list[TakenRow]:
        """Keep only the first row of each destination that failed last time."""
        if not self._blocks:
            return list(rows)
        kept, probed = [], set()
        for row in rows:
            if row.address in self._blocks:
                if row.address in probed:
                    continue
                probed.add(row.address)
            kept.append(row)
        return kept

    def _judge(self, rows: Sequence[TakenRow], fates: Sequence[Fate]) -> None:
        """Remember which destinations failed, and write the reason on the rows that stay."""
        if not self._blocks and all(fate is Fate.CONFIRMED for fate in fates):
            self._troubles = 0
            return
        taken_over = {row.address for row, fate in zip(rows, fates, strict=True) if fate in _TAKEN_OVER}
        failed = [(row, fate) for row, fate in zip(rows, fates, strict=True) if fate not in _TAKEN_OVER]
        addresses = {row.address: fate for row, fate in reversed(failed)}
        is_broker_away = bool(failed) and not taken_over and set(addresses.values()) == {Fate.UNKNOWN}
        self._troubles = self._troubles + 1 if is_broker_away else 0
        for address in taken_over - addresses.keys():
            self._blocks.pop(address, None)
        if is_broker_away and len(addresses) > 1:
            log.warning("broker does not answer; messages stay in the outbox", extra={"messages": len(failed)})
            return
        for address, fate in addresses.items():
            self._block(address, fate)
        for fate in dict.fromkeys(fate for _, fate in failed):
            outbox.fail([row.id for row, own in failed if own is fate], error=fate.value)

    def _block(self, address: str, fate: Fate) -> None:
        block = self._blocks.setdefault(address, _Block())
        block.failures += 1
        delay = _backoff().delay(block.failures)
        block.until = time.monotonic() + delay
        log.warning(
            "destination does not take messages; they stay in the outbox",
            extra={"address": address, "fate": fate.value, "retry_seconds": delay},
        )

    def _look_again(self) -> bool:
        """Say that we are about to sleep, then look once more: a writer that saw us awake sent no wake-up."""
        self._wakeup.idle()
        if self.run_once() == 0:
            return False
        self._wakeup.busy()
        return True

    def _rest(self, stop: threading.Event, beat: Callable[[], None]) -> None:
        until = time.monotonic() + self._pause_seconds()
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            beat()
            if self._wakeup.wait(min(left, _TURN_SECONDS)):
                break
        self._wakeup.busy()

    def _pause_seconds(self) -> float:
        now, pause = time.monotonic(), settings().relay_poll_seconds
        nearest = min((block.until - now for block in self._blocks.values()), default=pause)
        pause = max(0.01, min(pause, nearest))
        if len(self._under_way) >= MOST_UNDER_WAY:
            pause = min(pause, _FULL_SECONDS)
        return max(pause, _backoff().delay(self._troubles)) if self._troubles else pause

    def _report_database(self, error: Error) -> None:
        self._troubles += 1
        log.error("database does not answer the relay", extra={"error": str(error).strip()})
        connection.close()


def _tell(rows: Sequence[TakenRow], fates: Sequence[Fate]) -> None:
    taken_over = (row for row, fate in zip(rows, fates, strict=True) if fate in _TAKEN_OVER)
    for channel, messages in Counter(row.channel if row.route else "replies" for row in taken_over).items():
        watch.tell(watch.Published(channel=channel, messages=messages))


def _backoff() -> Backoff:
    return Backoff(
        first_seconds=settings().relay_retry_first_seconds, ceiling_seconds=settings().relay_retry_ceiling_seconds
    )
