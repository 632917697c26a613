"""`run_job`: what a worker's process or thread does with a job.  Not: choosing the job, which is `messaging.consumer`."""

import logging
import time
import traceback as tracebacks
from collections.abc import Callable, Iterable

from django.db import connection

from postroad.codecs.showing import shown_text
from postroad.errors import PermanentError
from postroad.messaging import deadletters
from postroad.messaging.consumer import Job, Mode, Outcome, Result
from postroad.messaging.message import Envelope
from postroad.messaging.pipeline import process
from postroad.messaging.transient import is_transient
from postroad.retry import Backoff
from postroad.runtime.bootstrap import platform

log = logging.getLogger(__name__)

_AT_ONCE = Backoff(first_seconds=0.01, ceiling_seconds=0.2)
_TRANSIENT_TRIES = 5
"""Runs of one transaction within a job: deadlocks pass in milliseconds; a lost database is for the lane to wait out."""


def run_job(job: Job) -> Result:
    """Run a job in this process; never raises, because the pools of Celery lose exceptions.

    Transient database errors are tried again at once and do not count; in mode LAST a failure parks the message.
    """
    for attempt in range(1, _TRANSIENT_TRIES + 1):
        try:
            return _run(job)
        except Exception as error:  # noqa: BLE001 - the consumer's loop: recorded, counted, delivered again
            if not is_transient(error):
                return _failed(job, error)
            line = _hide(_line(error), job.envelopes)
            log.warning("database conflict or loss; the job runs again", extra={"error": line})
            connection.close()
            if attempt == _TRANSIENT_TRIES:
                return Result(outcome=Outcome.TRANSIENT, error=line)
            time.sleep(_AT_ONCE.delay(attempt))
    return Result(outcome=Outcome.TRANSIENT)


def _run(job: Job) -> Result:
    if job.subscriber not in platform().subscriptions:
        _collect(job)
        parked = len(job.envelopes)
    elif job.mode is Mode.PARK:
        deadletters.park(job.subscriber, job.envelopes[0], reason=job.reason, attempts=job.attempts)
        parked = 1
    else:
        parked = process(platform().subscriptions[job.subscriber], job.envelopes)
    return Result(outcome=Outcome.DONE, parked=parked)


def _failed(job: Job, error: Exception) -> Result:
    is_final = len(job.envelopes) == 1 and (job.mode is Mode.LAST or isinstance(error, PermanentError))
    first = job.envelopes[0]
    line = _hide(_line(error), job.envelopes)
    log.warning(
        "message parked" if is_final else "handling failed",
        extra={"subscriber": job.subscriber, "message_id": first.id, "type": first.type, "error": line},
    )
    if not is_final:
        return Result(outcome=Outcome.FAILED, error=line)
    text = _hide("".join(tracebacks.format_exception(error)), job.envelopes)
    return _guarded(
        lambda: deadletters.park(job.subscriber, first, reason=line, traceback=text, attempts=job.attempts + 1)
    )


def _collect(job: Job) -> None:
    """Store what a dead-letter queue holds, each under the subscriber whose queue gave it up."""
    queues = platform().queues
    for envelope, (queue, reason) in zip(job.envelopes, job.dead, strict=True):
        subscriber = queues.get(queue, queue or job.subscriber)
        deadletters.collect(subscriber, envelope, reason=f"given up by the broker: {reason or 'no reason given'}")


def _guarded(park: Callable[[], None]) -> Result:
    try:
        park()
    except Exception as error:  # noqa: BLE001 - parking must not lose the message either: it is delivered again
        connection.close()
        return Result(outcome=Outcome.TRANSIENT, error=_line(error))
    return Result(outcome=Outcome.DONE, parked=1)


def _hide(text: str, envelopes: Iterable[Envelope]) -> str:
    """Return an error's text without what the messages of the job declare sensitive: a handler may quote them."""
    for envelope in envelopes:
        text = shown_text(text, envelope.type, envelope.body)
    return text


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".strip()
