"""The bootstep that consumes message queues in a Celery worker.  See also: `worker.install`, for its configuration.

Each queue has a driver with its own channel, what has arrived, and at most one job on the worker's pool.  Jobs begin from the
event loop's timer, never in the callback of a message, which may come before the pool is ready.  The messages come over
a connection of our own to BROKER_URL (`link`), whatever the broker of Celery's tasks is.  The ordered queues of
a service are distributed over its live workers, which announce themselves by gossip (`members`); single active consumer
keeps the order while they disagree.

Pattern: "Competing consumers" on sharded channels (Microservices Patterns, §3.3.5).
"""

import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

from amqp.exceptions import AMQPError
from celery import bootsteps
from celery.worker import state
from typing_extensions import override

from postroad.brokers.rabbitmq.connection import LOST, describe
from postroad.composition import Postroad, installed
from postroad.errors import BrokerUnavailable, MisconfiguredError
from postroad.ids import digest
from postroad.logs import logger
from postroad.messaging.conf import MessagingSettings
from postroad.messaging.inbox.consumer import JobQueue, policy
from postroad.processes.lifecycle import tell_started, tell_stopped
from postroad.retry import Backoff
from postroad.threads import end_process
from postroad.worker.balance import assign
from postroad.worker.binding_removal import BindingKeeper
from postroad.worker.choice import ensure_possible, runs_handlers
from postroad.worker.conf import WorkerSettings
from postroad.worker.jam import JamWatch
from postroad.worker.link import BrokerLink, lost
from postroad.worker.members import EVENT, ROUTE, SAY_SECONDS, Announcement, Members, unique
from postroad.worker.pool import JobRunner
from postroad.worker.queues import QueueDriver

log = logger(__name__)

_AGAIN = Backoff(first_seconds=1.0, ceiling_seconds=30.0)
"""Between attempts to reach the broker; an attempt blocks the worker's event loop for CONNECT_SECONDS at most."""


class Consumers(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Consumes the queues of the installed services.

    `start` runs on every connection, `stop` on its loss and before the pool drains at the end, `shutdown` after that.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)
    label = "Postroad"

    def __init__(self, c: Any, **options: Any) -> None:
        super().__init__(c, **options)
        self._is_wanted = runs_handlers(c.controller)
        if self._is_wanted:
            self._prepare(c)
        else:
            tell_started("worker", "runs tasks only, no message handlers (option --handlers)")

    @override
    def include_if(self, parent: Any) -> bool:
        """Whether to take part: not if this worker runs only tasks.  Celery asks after it has made the step."""
        return self._is_wanted

    def _prepare(self, c: Any) -> None:
        ensure_possible(c)
        self._c = c
        self._link = BrokerLink(c.hub, burst=MessagingSettings.current().consumer_prefetch_messages)
        self._parts = installed()
        runner = JobRunner(c)
        self._drivers = {
            queue: QueueDriver(
                queue,
                JobQueue(subscriber=subscriber, policy=policy()),
                runner,
                postroad=self._parts,
                wake=self._wake,
            )
            for queue, subscriber in self._parts.queues.items()
        }
        self._shared = _shared_queues(self._parts)
        self._bindings = BindingKeeper(self._parts)
        self._said = Announcement(
            member=unique(),
            node=c.hostname,
            service=",".join(self._parts.services),
            topology=digest(self._parts.queues),
            bindings=self._bindings.digest,
        )
        self._members = Members(self._said.member)
        self._say_at = 0.0
        self._watch = JamWatch(patience_seconds=WorkerSettings.current().consumer_jam_seconds)
        self._prefetch = MessagingSettings.current().consumer_prefetch_messages
        self._tick: Any = None
        self._alarm: Any = None
        self._next_try: Any = None
        self._failures = 0
        self._is_armed = self._is_stopping = self._has_begun = False
        c.lags = self.lags

    @override
    def start(self, c: Any) -> None:
        """Connect, declare the channels and consume our share of the queues.

        Raises:
            MisconfiguredError: A queue exists with other arguments; ends the worker.
        """
        self._is_armed = self._is_stopping = False  # a timer of the former connection may have been cancelled
        c.gossip.event_handlers[ROUTE] = self._hear
        self._say_at = 0.0
        self._begin()

    @override
    def stop(self, c: Any) -> None:
        """Forget a lost connection.  At the end of the worker: begin no more jobs and hand over every queue, idle ones at once.

        The channel of a queue that is at work stays open until its job has been acknowledged on it.
        """
        for timer in (self._tick, self._next_try):
            if timer is not None:
                timer.cancel()
        if c.connection is None:
            self._lose()
        else:
            self._is_stopping = True
            for driver in self._drivers.values():
                driver.release()
            self._say(is_leaving=True)

    def shutdown(self, _c: Any) -> None:
        """Hand back what is still open; the pool has drained."""
        for driver in self._drivers.values():
            driver.close()
        self._link.close()
        if self._has_begun:
            tell_stopped("worker", self._describe())

    def _describe(self) -> str:
        where = f"{len(self._drivers)} queues at {self._link.url}"
        return f"message handlers of {self._said.service or 'no service'}, {where}, as {self._said.node}"

    def _begin(self) -> None:
        """Connect and consume; while the broker is unavailable, tasks run and the connection is tried again."""
        try:
            self._link.open(self._parts.topology)
            self._share_out()
        except (BrokerUnavailable, *LOST) as error:
            self._begin_later(error)
            return
        self._failures, self._has_begun = 0, True
        tell_started("worker", self._describe())
        self._tick = self._c.timer.call_repeatedly(WorkerSettings.current().balance_seconds, self._share_out)

    def _begin_later(self, error: BaseException) -> None:
        self._lose()
        self._failures += 1
        seconds = _AGAIN.delay(self._failures)
        log.error("message handlers wait for the broker, next attempt in %.0f s: %s", seconds, describe(error))
        self._next_try = self._c.timer.call_after(seconds, self._try_again)

    def _try_again(self) -> None:
        if self._is_stopping or self._c.connection is None:
            return
        try:
            self._begin()
        except MisconfiguredError as error:  # a timer cannot end the worker, and an operator may mend it
            self._begin_later(error)

    def _lose(self) -> None:
        for driver in self._drivers.values():
            driver.lose()
        self._link.drop()

    @override
    def info(self, _c: Any) -> dict[str, Any]:
        """List the queues that this worker serves in `celery inspect stats`."""
        if not self._is_wanted:
            return {}
        return {"postroad": {"queues": [queue for queue, driver in self._drivers.items() if driver.is_open]}}

    def lags(self, now: float) -> dict[str, float]:
        """Return the lag of each channel of which we serve a queue; see `metrics.messages`.  Safe in any thread."""
        found: dict[str, float] = {}
        for driver in self._drivers.values():
            if driver.is_open:
                found[driver.channel] = max(found.get(driver.channel, 0.0), driver.lag_seconds(now))
        return found

    def _share_out(self) -> None:
        """Open the queues of our share and hand over the others; runs every `balance_seconds`.

        Raises:
            OSError: The connection or a consumer is lost: Celery connects again, and so do we.
        """
        if self._is_stopping or not self._link.is_open:
            return
        gone = [queue for queue, driver in self._drivers.items() if driver.is_lost]
        if gone:
            raise ConnectionError(f"the broker closed the consumers of {', '.join(gone)}")
        try:
            self._open_share()
        except AMQPError as error:
            raise lost(error) from error
        if time.monotonic() >= self._say_at:
            self._say()
        self._bindings.look(self._members.others(), can_hear=self._c.gossip.enabled)
        self._wake()
        self._end_if_jammed()

    def _open_share(self) -> None:
        peers = self._members.peers(self._said.topology)
        own = self._said.member
        table = assign(self._drivers.keys() - self._shared, [own, *peers])
        for queue, driver in self._drivers.items():
            if table.get(queue, own) == own:
                if not driver.is_open:
                    log.debug("consuming %s", queue, extra={"queue": queue})
                driver.open(self._link.connection, prefetch=self._prefetch)
            elif driver.is_open:
                to = peers[table[queue]]
                log.debug("handing over %s to %s", queue, to, extra={"queue": queue, "to": to})
                driver.release()

    def _end_if_jammed(self) -> None:
        """End the process, as a crash would, when messages wait and the pool runs nothing for too long."""
        now, drivers = time.monotonic(), self._drivers.values()
        is_waiting = any(driver.is_waiting(now) for driver in drivers)
        is_running = bool(state.active_requests) or any(driver.is_running for driver in drivers)
        if not self._watch.is_jammed(now, is_waiting=is_waiting, is_running=is_running):
            return
        log.critical(
            "pool runs nothing although messages wait; the worker ends", extra={"seconds": self._watch.patience_seconds}
        )
        for process in self._c.pool.info.get("processes", ()):  # only prefork has any
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        end_process()

    def _say(self, *, is_leaving: bool = False) -> None:
        """Announce what this worker serves; without events or gossip no worker hears it, and single active consumer alone decides."""
        self._say_at = time.monotonic() + SAY_SECONDS
        queues = tuple(queue for queue, driver in self._drivers.items() if driver.is_open)
        said = replace(self._said, queues=queues, is_leaving=is_leaving)
        if self._c.event_dispatcher is not None:
            self._c.event_dispatcher.send(EVENT, **said.fields())

    def _hear(self, event: object) -> None:
        """Record an announcement; a new worker is answered at the next turn, so that it need not wait for our next announcement.

        Raises:
            ValueError: The event is not an announcement.
        """
        if self._members.hear(Announcement.read(event)):
            self._say_at = 0.0

    def _wake(self) -> None:
        """Look at all queues once this burst of messages has been read.

        A timer of 0 s fires before the event loop polls again; its `call_soon` may sleep for a whole poll first.
        """
        if not self._is_armed:
            self._is_armed = True
            self._c.timer.call_after(0, self._pump)

    def _pump(self) -> None:
        """Begin the jobs that can begin, and set a timer for the next delay."""
        if self._is_stopping or not self._link.is_open:
            self._is_armed = False
            return
        try:
            self._pump_once()
        except LOST as error:
            raise lost(error) from error  # ends the event loop's run: Celery connects again, and so do we

    def _pump_once(self) -> None:
        try:
            if any(driver.is_ready for driver in self._drivers.values()):
                self._link.read()  # what has already arrived makes one batch
        finally:
            self._is_armed = False
        now = time.monotonic()
        moments = [moment for driver in self._drivers.values() if (moment := self._step(driver, now))]
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if moments:
            self._alarm = self._c.timer.call_after(max(0.0, min(moments) - now), self._wake)

    def _step(self, driver: QueueDriver, now: float) -> float | None:
        if _is_asked_to_stop():
            return None
        try:
            return driver.step(now)
        except LOST:
            raise
        except Exception as error:
            log.exception("queue failed", extra={"queue": driver.queue})  # the event loop would only log it
            driver.fail(f"{type(error).__name__}: {error}")
            return None


def _is_asked_to_stop() -> bool:
    """Whether a signal has come that Celery has not looked at yet; a solo pool would continue to work until it does."""
    return state.should_stop is not None and state.should_stop is not False  # 0 is an exit code


def _shared_queues(parts: Postroad) -> set[str]:
    """Return the queues that every worker consumes: those without order, which are the dead-letter queues."""
    return {queue.name for queue in parts.topology.queues if not queue.is_ordered}
