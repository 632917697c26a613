"""The relay: outbox rows → broker, deleted when confirmed.  See also: `processes.relay`, for the process around it.

    lock partitions → take the oldest rows → publish with confirms → delete what was confirmed → COMMIT

Pattern: "Polling publisher" (Microservices Patterns, §3.3.7).  Several relays may run: a partition has one owner for the
length of a batch, by the lock on its row, so the partitions of a crashed owner are free when the database closes its
connection.  The order within a key is commit order: a key has one partition, rows are sent in id order, and writers of one
key lock its aggregate.  A crash between confirm and commit sends a batch again; consumers drop the duplicates.

A message that the broker did not take is treated according to the publish result:

    UNKNOWN                 the broker does not answer: all rows stay as they are, and are sent again
    REFUSED, UNROUTABLE     its destination is held and tried again after a growing delay; others are sent (`holds`)
    UNROUTABLE, a reply     set aside after RELAY_ATTEMPTS: that queue is not expected to exist again (`set_aside`)
    IMPOSSIBLE              set aside at once, the later messages of its key behind it

The first message after a delay is sent alone, so that no later one of its key can overtake it.  After a lost connection
messages are sent one by one until all have been confirmed, so that a message that breaks the connection is found and
delays only its destination.
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
from postroad.messaging.outbox.sweeper import Sweeper
from postroad.messaging.outbox.table import Outgoings, TakenRow
from postroad.messaging.outbox.wakeup import Wakeup
from postroad.messaging.retention import Expiring
from postroad.messaging.throttle import Throttle
from postroad.retry import Backoff
from postroad.schema.describing import describe_error

log = logger(__name__)

PARTITIONS_A_BATCH = outbox.PARTITIONS // 2
"""Partitions that one turn locks: half, so that a second relay can have the others; a single relay alternates at no cost."""

MAX_UNDER_WAY = 1000
"""Maximum of unhandled messages in a volatile broker; at this number the relay waits."""

_TURN_SECONDS = 1.0  # longest single wait, so a stop is noticed after this long at the latest
_CAREFUL_ROWS = 100  # rows of a turn that sends one by one; fewer, because the turn locks its partitions meanwhile
_DESTINATION_FAILS = (PublishResult.REFUSED, PublishResult.UNROUTABLE)
_TAKEN_OVER = (PublishResult.CONFIRMED, PublishResult.ACCEPTED)
_FULL_SECONDS = 0.02  # wait for a volatile broker's consumers when it holds its maximum


class Relay:
    """Moves outbox rows to one publisher.

    Concurrency: one thread for each instance (and one for its sweeper); any number of instances and processes on one outbox.
    """

    def __init__(
        self, publisher: Publisher, wakeup: Wakeup, *, is_durable: bool, expiring: Sequence[Expiring] = ()
    ) -> None:
        """Get a publisher from the broker, and read the settings once.  `expiring`: the rows to delete when they expire."""
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

        If the broker or the database fails, it is tried again after a growing delay.  A second thread deletes expired
        rows.

        Args:
            stop: Ends the loop after the current batch.
            beat: Called before every batch, and every second of a wait.
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
        """Relay one batch; return how many rows were sent or marked as waiting."""
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
        """Close the publisher's connection."""
        self._publisher.close()

    def _run_volatile(self) -> int:
        """Relay to a broker that keeps messages in this process only: rows stay until every receiver has acknowledged."""
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
        """Create the partitions, and make all holds due: a relay is often restarted after the cause was fixed."""
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
        """Hold, set aside or keep the rows that were not taken, and release the destinations that work again."""
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
        """Distinguish a broker that does not answer from a message that breaks the connection.

        Returns the destination of such a message.
        """
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
        """Note that the broker takes messages; destinations held because it did not answer are due now."""
        if self._is_careful:
            holds.retry_now(error=PublishResult.UNKNOWN.value)
        self._troubles, self._is_careful, self._suspect = 0, False, ""

    def _keep(self, rows: Sequence[TakenRow], result: PublishResult) -> None:
        """Store the reason in rows that stay, and set the state in which they wait."""
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
        """Hold a destination; if it is a reply queue that does not exist, set its rows aside and return how many."""
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
        """Mark the relay as idle, then look for rows once more: a writer that committed before the mark sent no wake-up."""
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
    """Return what a row is ordered by: channel and key; a row without key has no order."""
    return row.channel, row.partition_key or row.id
