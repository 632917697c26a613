"""One queue inside a Celery worker: its AMQP consumer, its jobs and the one that is in the pool.  Main thread only.

See also: `messaging.inbox.consumer`, for what is done next with the messages; `step`, for which queues a worker consumes.
"""

from collections.abc import Callable
from typing import Any

from postroad.brokers.rabbitmq.connection import LOST, describe
from postroad.brokers.rabbitmq.consumer import QueueConsumer
from postroad.composition import Postroad
from postroad.logs import logger
from postroad.messaging.broker import Delivery
from postroad.messaging.inbox.consumer import JobQueue, Result, Settlement
from postroad.processes.ignored import tell_ignored
from postroad.worker.pool import JobRunner, Ticket

log = logger(__name__)


class QueueDriver:
    """Moves messages from a queue to the pool and back, one job at a time.

    Attributes:
        queue: Its name.
    """

    def __init__(
        self, queue: str, jobs: JobQueue, runner: JobRunner, *, postroad: Postroad, wake: Callable[[], None]
    ) -> None:
        self.queue, self._postroad = queue, postroad
        self._jobs, self._runner, self._wake = jobs, runner, wake
        self._consumer: QueueConsumer | None = None
        self._ticket: Ticket | None = None
        self._is_releasing = False
        self._last_tag = 0

    @property
    def is_open(self) -> bool:
        """Whether messages are consumed."""
        return self._consumer is not None

    @property
    def is_lost(self) -> bool:
        """Whether the broker cancelled the consumer; Celery may have suppressed that error."""
        return self._consumer is not None and self._consumer.is_lost

    @property
    def is_ready(self) -> bool:
        """Whether a job could begin if there were messages."""
        return self.is_open and not self._jobs.is_busy and not self._is_releasing

    @property
    def is_running(self) -> bool:
        """Whether a process or thread has begun a job of this queue."""
        return self._ticket is not None and self._ticket.is_accepted

    def is_waiting(self, now: float) -> bool:
        """Whether a job waits for the pool, or messages wait whose delay is over."""
        is_due = self._jobs.has_work and now >= self._jobs.wait_until
        return self.is_open and (self._jobs.is_busy or is_due)

    @property
    def channel(self) -> str:
        """The subscriber whose messages they are."""
        return self._jobs.subscriber

    def lag_seconds(self, now: float) -> float:
        """Return the age of the message that is handled or comes next; see `JobQueue.lag_seconds`."""
        return self._jobs.lag_seconds(now)

    def open(self, connection: Any, *, prefetch: int) -> None:
        """Start consuming, or continue if the queue was being handed over."""
        self._is_releasing = False
        if self._consumer is None:
            self._consumer = QueueConsumer(
                connection, self.queue, prefetch=prefetch, on_delivery=self._on_delivery, base=self._last_tag
            )

    def step(self, now: float) -> float | None:
        """Begin the next job, if there is one; return the monotonic time of the next call, if one is needed."""
        if self._consumer is None or not self.is_ready:
            return None
        duplicates = self._jobs.duplicates()
        if duplicates:
            self._consumer.ack(duplicates)
        job = self._jobs.next_job(now)
        if job is not None:
            self._ticket = None
            ticket = self._runner.submit(job, self._on_end)
            self._ticket = ticket if self._jobs.is_busy else None
            return None
        return self._jobs.wait_until if self._jobs.has_work else None

    def release(self) -> None:
        """Hand the queue over in order: let the job in flight end and be acknowledged, then close the channel."""
        if self._consumer is not None:
            self._is_releasing = True
            if not self._jobs.is_busy:
                self.close()

    def close(self) -> None:
        """Stop consuming; unacknowledged messages return to their places in the queue."""
        consumer, self._consumer = self._consumer, None
        self._jobs.clear()
        self._is_releasing = False
        if consumer is not None:
            self._last_tag = consumer.last
            try:
                consumer.close()
            except LOST as error:
                log.info("channel was gone", extra={"queue": self.queue, "error": describe(error)})

    def lose(self) -> None:
        """Record that the connection is lost; unacknowledged messages will be delivered again.

        A job that a process has begun still ends here; the pool silently drops one that no process had begun.
        """
        if self._consumer is not None:
            self._last_tag = self._consumer.last
            self._consumer.lose()
        self._consumer = None
        self._is_releasing = False
        self._jobs.forget()
        if self._ticket is not None and not self._ticket.is_accepted and self._runner.forgets:
            self._ticket = None
            self._jobs.abandon()

    def fail(self, error: str) -> None:
        """Record that an error of this library kept the job in flight from being run."""
        self._ticket = None
        self._jobs.crashed(error)

    def _on_delivery(self, delivery: Delivery) -> None:
        self._jobs.offer(delivery)
        self._wake()

    def _on_end(self, ticket: Ticket, result: Result | str) -> None:
        if self._ticket is not None and ticket is not self._ticket:
            return  # abandoned when the connection was lost, but it ran after all
        self._ticket = None
        if isinstance(result, Result):
            self._settle(self._jobs.finish(result))
        else:
            log.error("job lost", extra={"queue": self.queue, "error": result})
            self._jobs.crashed(result)
        if self._is_releasing:
            self.close()
        self._wake()

    def _settle(self, settlement: Settlement) -> None:
        if self._consumer is None:
            return
        try:
            self._consumer.ack(settlement.ack)
            tell_ignored(self._postroad, self.channel, settlement.ack)
            for delivery in settlement.reject:
                self._consumer.reject(delivery)
        except LOST as error:  # the event loop notices too; the messages come again and are dropped as duplicates
            log.warning("not acknowledged", extra={"queue": self.queue, "error": describe(error)})
