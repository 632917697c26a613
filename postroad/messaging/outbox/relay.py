"""The relay: outbox rows → broker, deleted when confirmed.  See also: `processes.relay`, for the process around it.

    lock partitions → take the oldest rows → publish with confirms → delete what was confirmed → COMMIT

Pattern: "Polling publisher" (Microservices Patterns, §3.3.7).  Several relays may run: a partition has one owner for the
length of a batch, by the lock on its row, so a dead owner's partitions are free when the database drops its connection.
Per-key order is commit order: a key has one lane, rows leave in id order, and writers of one key lock its aggregate.
A crash between confirm and commit sends a batch again; consumers drop the duplicates.

What becomes of a message that is not taken depends on why:

    UNKNOWN                 the broker is away: everything stays as it is, and is sent again
    REFUSED, UNROUTABLE     its destination is held and tried again with growing delay; the others flow (`holds`)
    UNROUTABLE, a reply     after RELAY_ATTEMPTS set aside: nobody will ever make that queue (`set_aside`)
    IMPOSSIBLE              set aside at once, the later ones of its key behind it

The first message after a delay goes alone, so that no later one of its key can overtake it.  After a loss messages go
one by one until all is well again, so that one which breaks the connection is found and holds up only its destination.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from django.db import Error, connection, transaction

from postroad.logs import logger
from postroad.messaging import watch
from postroad.messaging.broker import Publisher, PublishResult
from postroad.messaging.conf import MessagingSettings
from postroad.messaging.models import OutboxState
from postroad.messaging.outbox import holds, set_aside
from postroad.messaging.outbox import table as outbox
from postroad.messaging.outbox.holds import Batch, Place, place_of
from postroad.messaging.outbox.table import Outgoings, TakenRow
from postroad.messaging.outbox.wakeup import Wakeup
from postroad.messaging.retention import Expiring
from postroad.messaging.sweeper import Sweeper
from postroad.messaging.throttle import Throttle
from postroad.retry import Backoff
from postroad.schema.describing import describe_error

log = logger(__name__)

PARTITIONS_A_BATCH = outbox.PARTITIONS // 2
"""A relay leaves the other half to a second one; alone it alternates, which costs it nothing."""

MAX_UNDER_WAY = 1000
"""Messages a volatile broker may hold unhandled before the relay waits for it."""

_TURN_SECONDS = 1.0  # a rest is taken in pieces: a stop is noticed after this long at the latest
_CAREFUL_ROWS = 100  # rows of a turn that sends one by one: it holds its partitions for that long
_DESTINATION_FAILS = (PublishResult.REFUSED, PublishResult.UNROUTABLE)
_TAKEN_OVER = (PublishResult.CONFIRMED, PublishResult.ACCEPTED)
_FULL_SECONDS = 0.02  # wait for a volatile broker's consumers when it holds all it may


class Relay:
    """Moves outbox rows to one publisher.

    Concurrency: one thread an instance (and one of its sweeper), any number of instances and processes on one outbox.
    """

    def __init__(
        self, publisher: Publisher, wakeup: Wakeup, *, is_durable: bool, expiring: Sequence[Expiring] = ()
    ) -> None:
        """Take the publisher of a broker, durable or not, and the rows to delete beside relaying when they expire; reads the settings once."""
        self._publisher, self._wakeup, self._is_durable = publisher, wakeup, is_durable
        self._expiring, self._settings = expiring, MessagingSettings.current()
        self._under_way: dict[str, int] = {}
        self._troubles = 0
        self._is_careful, self._suspect = False, ""
        self._retry_at: float | None = None
        self._throttle = Throttle()
        self._has_begun = False

    def run(self, stop: threading.Event, *, beat: Callable[[], None] = lambda: None) -> None:
        """Relay until `stop` is set; a wait ends within a second, or at once if `Wakeup.ring` can end it.

        Survives the loss of broker and database: both are tried again with back-off.  Beside it a thread deletes
        expired rows.

        Args:
            stop: Ends the loop after the batch under way.
            beat: Called before every batch, and each second of a rest.
        """
        sweeper = Sweeper(self._expiring)
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
        """Relay one batch; return how many rows the broker took over or were put out of the way."""
        self._begin()
        if not self._is_durable:
            return self._run_volatile()
        with transaction.atomic():
            lanes = outbox.lock_partitions(maximum=PARTITIONS_A_BATCH)
            if not lanes:
                return 0
            batch = holds.next_batch(lanes, maximum=self._settings.relay_batch_rows)
            rows, results = self._publish(batch.rows)
            confirmed = [row.id for row, result in zip(rows, results, strict=True) if result is PublishResult.CONFIRMED]
            if confirmed:
                outbox.delete(confirmed)
            self._judge(batch, rows, results)
        _tell(rows, results)
        return len(confirmed) + batch.moved

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
        room = MAX_UNDER_WAY - len(self._under_way)
        if room <= 0:
            return len(done)
        present = set(self._under_way.values())
        with transaction.atomic():
            lanes = outbox.lock_partitions(maximum=outbox.PARTITIONS)
            batch = holds.next_batch(lanes, maximum=room + len(self._under_way), present=present) if lanes else Batch()
        rows = batch.rows = batch.rows[:room]
        if not rows:
            return len(done) + batch.moved
        outgoing = [row.outgoing() for row in rows]
        self._under_way |= {sent.envelope.id: row.id for sent, row in zip(outgoing, rows, strict=True)}
        results = self._publisher.publish(outgoing)
        for sent, result in zip(outgoing, results, strict=True):
            if result is not PublishResult.ACCEPTED:
                del self._under_way[sent.envelope.id]
        with transaction.atomic():
            if PublishResult.CONFIRMED in results:
                outbox.delete(
                    [row.id for row, result in zip(rows, results, strict=True) if result is PublishResult.CONFIRMED]
                )
            self._judge(batch, rows, results)
        _tell(rows, results)
        return len(done) + batch.moved + results.count(PublishResult.ACCEPTED) + results.count(PublishResult.CONFIRMED)

    def _begin(self) -> None:
        """Make the partitions, and try at once what failed before: whoever starts a relay may have mended the cause."""
        if not self._has_begun:
            outbox.make_partitions()
            with transaction.atomic():
                holds.restore()
            self._has_begun = True

    def _publish(self, rows: Sequence[TakenRow]) -> tuple[Sequence[TakenRow], list[PublishResult]]:
        """Publish a batch; return the rows that were tried, and their results."""
        if not self._is_careful:
            return rows, self._publisher.publish(Outgoings(rows))
        tried: list[TakenRow] = []
        results: list[PublishResult] = []
        stopped: set[object] = set()
        for row in self._suspect_last(rows)[:_CAREFUL_ROWS]:
            if row.address in stopped or _order_of(row) in stopped:
                continue
            [result] = self._publisher.publish([row.outgoing()])
            tried.append(row)
            results.append(result)
            if result is PublishResult.UNKNOWN:
                break
            if result not in _TAKEN_OVER:
                stopped.add(row.address if result in _DESTINATION_FAILS else _order_of(row))
        return tried, results

    def _suspect_last(self, rows: Sequence[TakenRow]) -> list[TakenRow]:
        """Return rows in an order in which each key keeps its own, those of the suspected destination last."""
        orders = {_order_of(row) for row in rows if row.address == self._suspect}
        return sorted(rows, key=lambda row: row.address == self._suspect or _order_of(row) in orders)

    def _judge(self, batch: Batch, rows: Sequence[TakenRow], results: Sequence[PublishResult]) -> None:
        """Decide what becomes of rows that were not taken, and of destinations that were held."""
        if all(result in _TAKEN_OVER for result in results):
            self._recover()
            if not batch.holds:
                return
        failed = {
            place_of(row): result for row, result in zip(rows, results, strict=True) if result in _DESTINATION_FAILS
        }
        failed |= self._judge_loss(batch, rows, results)
        taken = {place_of(row) for row, result in zip(rows, results, strict=True) if result in _TAKEN_OVER}
        holds.relieve(one for one in batch.holds if one.place in taken and one.place not in failed)
        for wanted in set(results) - {PublishResult.UNKNOWN, *_TAKEN_OVER}:
            self._keep([row for row, result in zip(rows, results, strict=True) if result is wanted], wanted)
        known = {one.place: one.attempts for one in batch.holds}
        for place, result in failed.items():
            batch.moved += self._hold(place, result, attempts=known.get(place, 0) + 1)
        holds.release(batch.holds)

    def _judge_loss(
        self, batch: Batch, rows: Sequence[TakenRow], results: Sequence[PublishResult]
    ) -> dict[Place, PublishResult]:
        """Tell a broker that is away from a message that breaks the connection; return the destination to blame."""
        lost = next((row for row, result in zip(rows, results, strict=True) if result is PublishResult.UNKNOWN), None)
        if lost is None:
            return {}
        is_away = not any(result in _TAKEN_OVER for result in results)
        is_blamed = self._is_careful and (not is_away or len({row.address for row in batch.rows}) == 1)
        self._troubles = self._troubles + 1 if is_away else 0
        self._is_careful, self._suspect = True, lost.address
        if is_away and self._throttle.due("broker") is not None:
            log.warning("broker does not answer; messages stay in the outbox", extra={"messages": len(batch.rows)})
        if not is_blamed:
            return {}
        outbox.fail([lost.id], error=PublishResult.UNKNOWN.value, state=OutboxState.HELD)
        return {place_of(lost): PublishResult.UNKNOWN}

    def _recover(self) -> None:
        """Note that the broker takes messages: what it did not answer for is tried again now."""
        if self._is_careful:
            holds.retry_now(error=PublishResult.UNKNOWN.value)
        self._troubles, self._is_careful, self._suspect = 0, False, ""

    def _keep(self, rows: Sequence[TakenRow], result: PublishResult) -> None:
        """Write the reason on rows that stay, and bring them out of the way."""
        ids = [row.id for row in rows]
        match result:
            case PublishResult.BEHIND:
                holds.move(ids, OutboxState.BEHIND)
            case PublishResult.IMPOSSIBLE:
                outbox.fail(ids, error=result.value, state=OutboxState.SET_ASIDE)
                self._log_set_aside(rows[0].address, result, len(ids))
            case _:
                outbox.fail(ids, error=result.value, state=OutboxState.HELD)

    def _hold(self, place: Place, result: PublishResult, *, attempts: int) -> int:
        """Let a destination wait, or, if it is a queue that nobody makes, set what is for it aside; return how many."""
        address = f"{place.channel} {place.route}".strip()
        moved, delay = 0, self._backoff().delay(attempts)
        if result is PublishResult.UNROUTABLE and not place.route and attempts >= self._settings.relay_attempts:
            moved, delay = set_aside.set_aside_held(place, error=result.value), 0.0
            self._log_set_aside(address, result, moved)
        elif (left_out := self._throttle.due(address if place.route else "a queue")) is not None:
            log.warning(
                "destination does not take messages; they stay in the outbox",
                extra={"address": address, "result": result.value, "retry_seconds": delay, "left_out": left_out},
            )
        holds.hold(place, attempts=attempts, error=result.value, seconds=delay)
        at = time.monotonic() + delay
        self._retry_at = at if self._retry_at is None else min(self._retry_at, at)
        return moved

    def _log_set_aside(self, address: str, result: PublishResult, messages: int) -> None:
        if (left_out := self._throttle.due("set aside")) is not None:
            log.error(
                "messages set aside; see: python manage.py outbox list",
                extra={"address": address, "result": result.value, "messages": messages, "left_out": left_out},
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
        now, pause = time.monotonic(), self._settings.relay_poll_seconds
        if self._retry_at is not None:
            pause = max(0.01, min(pause, self._retry_at - now))
            self._retry_at = None if self._retry_at <= now else self._retry_at
        if len(self._under_way) >= MAX_UNDER_WAY:
            pause = min(pause, _FULL_SECONDS)
        return max(pause, self._backoff().delay(self._troubles)) if self._troubles else pause

    def _backoff(self) -> Backoff:
        return Backoff(
            first_seconds=self._settings.relay_retry_first_seconds,
            ceiling_seconds=self._settings.relay_retry_ceiling_seconds,
        )

    def _report_database(self, error: Error) -> None:
        self._troubles += 1
        log.error("relay cannot use the database, and tries again", extra={"error": describe_error(error)})
        connection.close()


def _tell(rows: Sequence[TakenRow], results: Sequence[PublishResult]) -> None:
    taken_over = (row for row, result in zip(rows, results, strict=True) if result in _TAKEN_OVER)
    for channel, messages in Counter(row.channel if row.route else "replies" for row in taken_over).items():
        watch.tell(watch.Published(channel=channel, messages=messages))


def _order_of(row: TakenRow) -> tuple[str, str | int]:
    """Return within what a row has an order: channel and key; without key it is alone."""
    return row.channel, row.partition_key or row.id
