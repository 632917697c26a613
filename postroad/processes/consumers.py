"""Consumers without Celery, in threads of this process; for the one-process mode and tests.

`messaging.inbox.consumer` makes the decisions, as in a Celery worker.
"""

import threading
import time
from collections.abc import Iterable, Mapping

from django.db import connections

from postroad.composition import Postroad
from postroad.errors import BrokerUnavailable
from postroad.logs import logger
from postroad.messaging.broker import Broker
from postroad.messaging.conf import MessagingSettings
from postroad.messaging.inbox.consumer import Job, JobQueue, Result, policy
from postroad.processes.ignored import tell_ignored
from postroad.processes.jobs import handle_job
from postroad.retry import Backoff
from postroad.threads import VitalThread

log = logger(__name__)

_AWAY = Backoff(first_seconds=0.2, ceiling_seconds=5.0)
_IDLE_SECONDS = 0.5  # longest wait in one receive, so that a stop is noticed


class QueueRunner:
    """Receives from some queues and runs their jobs in the calling thread.  For one thread."""

    def __init__(self, postroad: Postroad, broker: Broker, queues: Mapping[str, str]) -> None:
        """Take what handles the messages, a broker, and the queues to read: name → subscriber."""
        self._postroad = postroad
        conf = MessagingSettings.current()
        self._limit = conf.consumer_prefetch_messages
        self._receiver = broker.receiver(list(queues), prefetch=self._limit)
        self._job_queues = {
            name: JobQueue(subscriber=subscriber, policy=policy()) for name, subscriber in queues.items()
        }

    def step(self, *, timeout_seconds: float, is_patient: bool = True) -> bool:
        """Receive the waiting messages, then run one job of each queue; return whether anything was received or run.

        Args:
            timeout_seconds: Longest wait for messages.
            is_patient: Whether to keep the delays between attempts; a test does not.

        Raises:
            BrokerUnavailable: The connection is lost; step again.
        """
        try:
            deliveries = self._receiver.receive(limit=self._limit, timeout_seconds=self._pause(timeout_seconds))
        except BrokerUnavailable:
            for jobs in self._job_queues.values():
                jobs.forget()
            raise
        for delivery in deliveries:
            self._job_queues[delivery.queue].offer(delivery)
        ran = [self._run(jobs, is_patient=is_patient) for jobs in self._job_queues.values() if jobs.has_work]
        return bool(deliveries) or any(ran)

    def close(self) -> None:
        """Hand unacknowledged messages back."""
        self._receiver.close()

    def _pause(self, timeout_seconds: float) -> float:
        now = time.monotonic()
        waits = [jobs.wait_until - now for jobs in self._job_queues.values() if jobs.has_work]
        return max(0.0, min([timeout_seconds, *waits]))

    def _run(self, jobs: JobQueue, *, is_patient: bool) -> bool:
        self._receiver.ack(jobs.duplicates())
        job = jobs.next_job(time.monotonic() if is_patient else float("inf"))
        if job is None:
            return False
        result = _run_guarded(self._postroad, job)
        if isinstance(result, str):
            jobs.crashed(result)
            return True
        settlement = jobs.finish(result)
        self._receiver.ack(settlement.ack)
        tell_ignored(self._postroad, jobs.subscriber, settlement.ack)
        for delivery in settlement.reject:
            self._receiver.reject(delivery)
        return True


class ConsumerThread(VitalThread):
    """Runs a share of the queues until it is stopped; after a lost connection it connects again, with back-off."""

    def __init__(
        self, postroad: Postroad, broker: Broker, queues: Mapping[str, str], stop: threading.Event, *, number: int
    ) -> None:
        """Take what a `QueueRunner` takes, and what ends the thread."""
        super().__init__(self._consume, name=f"postroad-consumer-{number}", is_told=stop.is_set)
        self._postroad, self._broker, self._queues, self._stopping = postroad, broker, queues, stop

    def _consume(self) -> None:
        runner = QueueRunner(self._postroad, self._broker, self._queues)
        failures = 0
        try:
            while not self._stopping.is_set():
                try:
                    runner.step(timeout_seconds=_IDLE_SECONDS)
                    failures = 0
                except BrokerUnavailable as error:
                    failures += 1
                    log.warning("broker does not answer the consumer", extra={"error": str(error)})
                    self._stopping.wait(_AWAY.delay(failures))
        finally:
            runner.close()
            connections.close_all()


def _run_guarded(postroad: Postroad, job: Job) -> Result | str:
    """Return a job's result; or what a handler raised that would have ended a Celery worker's process.

    `handle_job` handles every `Exception`.  Others (`SystemExit`, `asyncio.CancelledError`, …) would end this thread; the
    `JobQueue` counts them like a lost process.  Ctrl-C in the main thread is raised.
    """
    try:
        return handle_job(postroad, job)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
            raise
        first = job.envelopes[0]
        log.error(  # noqa: TRY400 - the letter has the reason; a traceback of an exit says nothing
            "handler raised what ends a process",
            extra={"subscriber": job.subscriber, "message_id": first.id, "type": first.type, "error": repr(error)},
        )
        return repr(error)


def shares(queues: Mapping[str, str], count: int) -> Iterable[dict[str, str]]:
    """Split queues into `count` shares of almost equal size, the same every time."""
    names = sorted(queues)
    for number in range(count):
        share = {name: queues[name] for name in names[number::count]}
        if share:
            yield share
