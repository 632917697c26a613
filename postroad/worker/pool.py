"""Runs jobs on a Celery worker's own pool: prefork, threads or solo.  See also: `queues`, which chooses the jobs."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from postroad.logs import logger
from postroad.messaging.inbox.consumer import Job, Outcome, Result
from postroad.processes.jobs import run_job

log = logger(__name__)


def run(job: Job) -> Result:
    """Run a job in the pool.  Never raises: a pool of threads loses exceptions, and the queue would wait for ever."""
    try:
        return run_job(job)
    except Exception as error:
        log.exception("job raised", extra={"subscriber": job.subscriber})
        return Result(outcome=Outcome.FAILED, error=f"{type(error).__name__}: {error}")


class Ticket:
    """A job given to the pool.

    Attributes:
        is_accepted: Whether a process or thread has begun it.  Until then the pool may drop it when the connection is lost.
    """

    def __init__(self, ended: Callable[["Ticket", Result | str], None]) -> None:
        self.is_accepted = False
        self._ended = ended

    def accept(self, *_: Any) -> None:
        """Record that it was begun."""
        self.is_accepted = True

    def end(self, result: Any) -> None:
        """Report how it ended; if the process was lost, the pool passes something other than a `Result`."""
        self._ended(self, result if isinstance(result, Result) else _explain(result))


class JobRunner:
    """Gives jobs to the pool and reports their results in the main thread."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._main = threading.get_ident()

    @property
    def forgets(self) -> bool:
        """Whether the pool drops what no process has begun when the connection is lost (`asynpool.flush`)."""
        return bool(self._consumer.pool.uses_semaphore)

    def submit(self, job: Job, ended: Callable[[Ticket, Result | str], None]) -> Ticket:
        """Run a job; `ended` is called in the main thread with its result, or with the reason why there is none.

        The pool's slots are shared with ordinary tasks, first come first served.
        """
        ticket = Ticket(ended)
        semaphore = self._semaphore()
        if semaphore is None:
            self._send(job, ticket)
        else:
            semaphore.acquire(self._send, job, ticket)
        return ticket

    def _semaphore(self) -> Any:
        uses_one = self._consumer.pool.uses_semaphore
        return getattr(self._consumer.controller, "semaphore", None) if uses_one else None

    def _send(self, job: Job, ticket: Ticket) -> None:
        try:
            self._consumer.pool.apply_async(
                run,
                (job,),
                accept_callback=ticket.accept,
                callback=partial(self._bring, ticket),
                error_callback=partial(self._bring, ticket),
            )
        except Exception as error:
            log.exception("job not given to the pool", extra={"subscriber": job.subscriber})
            semaphore = self._semaphore()
            if semaphore is not None:
                semaphore.release()
            self._consumer.timer.call_after(0, ticket.end, (f"not given to the pool: {error!r}",))

    def _bring(self, ticket: Ticket, result: Any) -> None:
        """Call `ended` in the main thread; from a pool's thread the event loop must be woken."""
        if threading.get_ident() == self._main:
            ticket.end(result)
        else:
            self._consumer.hub.call_soon(ticket.end, result)


def _explain(result: Any) -> str:
    """Return why there is no result: a text, or the exception that billiard has wrapped."""
    if isinstance(result, str):
        return result
    wrapped = getattr(result, "exception", result)
    error = getattr(wrapped, "exc", wrapped)
    return f"{type(error).__name__}: {error}"
