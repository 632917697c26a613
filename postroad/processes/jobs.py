"""`run_job`: what a worker's process or thread does with a job.  See also: `messaging.inbox.consumer`, which chooses the job."""

import time
import traceback as tracebacks
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from django.db import Error, connection

from postroad.codecs.showing import shown_text
from postroad.composition import Postroad, installed
from postroad.errors import ForeignMessage, PermanentError, summary
from postroad.logs import logger
from postroad.messaging.inbox import dead_letters
from postroad.messaging.inbox.consumer import Job, Mode, Outcome, Result
from postroad.messaging.inbox.pipeline import is_foreign, process
from postroad.messaging.message import Envelope
from postroad.messaging.transient import is_transient
from postroad.retry import Backoff
from postroad.schema.describing import describe_error, is_table_missing

log = logger(__name__)

_AT_ONCE = Backoff(first_seconds=0.01, ceiling_seconds=0.2)
_TRANSIENT_TRIES = 5
"""Runs of one transaction within a job: deadlocks pass in milliseconds; after the loss of the database the queue waits."""


def run_job(job: Job) -> Result:
    """Run a job with what is installed in this process, as a worker's pool does: only the job itself is sent to it."""
    return handle_job(installed(), job)


def handle_job(postroad: Postroad, job: Job) -> Result:
    """Run a job; never raises, because the pools of Celery lose exceptions.

    Transient database errors are tried again at once and do not count; in mode LAST a failure parks the message.
    """
    try:
        job = _loaded(job)
    except (
        OSError
    ) as error:  # it was deleted with its connection and the message is delivered again, or the disk has a fault
        log.warning("file of a body cannot be read", extra=_about(job) | {"error": summary(error)})
        return Result(outcome=Outcome.TRANSIENT, error=summary(error))
    for attempt in range(1, _TRANSIENT_TRIES + 1):
        try:
            return _run(postroad, job)
        except Exception as error:  # noqa: BLE001 - the consumer's loop: recorded, counted, delivered again
            if not is_transient(error):
                return _failed(job, error)
            line = _hide(summary(error), job.envelopes)
            log.warning("database conflict or loss; the job runs again", extra={"error": line})
            connection.close()
            if attempt == _TRANSIENT_TRIES:
                return Result(outcome=Outcome.TRANSIENT, error=line)
            time.sleep(_AT_ONCE.delay(attempt))
    return Result(outcome=Outcome.TRANSIENT)


def _loaded(job: Job) -> Job:
    """Return a job with the bodies that came in files; the body of a message that is only to be parked is not read."""
    if job.mode is Mode.PARK or not any(job.body_paths):
        return job
    envelopes = [
        replace(envelope, body=Path(path).read_bytes()) if path else envelope
        for envelope, path in zip(job.envelopes, job.body_paths, strict=True)
    ]
    return replace(job, envelopes=tuple(envelopes), body_paths=())


def _run(postroad: Postroad, job: Job) -> Result:
    if job.subscriber not in postroad.subscriptions:
        _collect(postroad, job)
        return Result(outcome=Outcome.DONE, parked=len(job.envelopes))
    subscription = postroad.subscriptions[job.subscriber]
    if job.mode is Mode.PARK:
        is_alone = is_foreign(subscription, job.envelopes[0])
        return _park(job, reason=job.reason, is_alone=is_alone)
    return Result(outcome=Outcome.DONE, parked=process(subscription, job.envelopes))


def _failed(job: Job, error: Exception) -> Result:
    line = _hide(summary(error), job.envelopes)
    if len(job.envelopes) == 1 and (job.mode is Mode.LAST or isinstance(error, PermanentError)):
        whole = "".join(tracebacks.format_exception(error))
        text = _hide(whole, job.envelopes)
        shown = error if text == whole else _hidden(error, line)
        return _park(job, reason=line, traceback=text, error=shown, is_alone=isinstance(error, ForeignMessage))
    told = {"attempt": job.attempts + 1, "error": line} if len(job.envelopes) == 1 else {"error": line}
    log.warning("handling failed; tried again", extra=_about(job) | told)
    return Result(outcome=Outcome.FAILED, error=line)


def _collect(postroad: Postroad, job: Job) -> None:
    """Store the messages of a dead-letter queue, each under the subscriber whose queue gave it up."""
    queues = postroad.queues
    for envelope, (queue, reason) in zip(job.envelopes, job.dead, strict=True):
        subscriber = queues.get(queue, queue or job.subscriber)
        subscription = postroad.subscriptions.get(subscriber)
        is_alone = subscription is None or is_foreign(subscription, envelope)
        why = f"given up by the broker: {reason or 'no reason given'}{'; ' if job.reason else ''}{job.reason}"
        dead_letters.collect(subscriber, envelope, reason=why, is_alone=is_alone, body_path=_unread(job))


def _park(job: Job, *, reason: str, is_alone: bool, traceback: str = "", error: Exception | None = None) -> Result:
    """Park the job's one message and log that once it is committed.  If parking fails, log why; the message is delivered again.

    Args:
        job: Its message.
        reason: In one line.
        is_alone: Whether its key is not parked with it.
        traceback: Of the handler's error.
        error: The handler's error, for the log and for what watches the log, such as Sentry.
    """
    attempts = job.attempts if error is None else job.attempts + 1
    try:
        dead_letters.park(
            job.subscriber,
            job.envelopes[0],
            reason=reason,
            traceback=traceback,
            attempts=attempts,
            is_alone=is_alone,
            body_path=_unread(job),
        )
    except Exception as trouble:
        connection.close()
        line = _hide(summary(trouble), job.envelopes)
        why = describe_error(trouble) if is_table_missing(trouble) and isinstance(trouble, Error) else line
        told = _about(job) | {"error": why, "reason": reason}
        if is_transient(trouble):
            log.warning("message not parked yet: the database is away or in conflict", extra=told)
        else:
            log.exception("message cannot be parked; it is delivered again", extra=told)
        return Result(outcome=Outcome.TRANSIENT, error=line)
    log.error("message parked", exc_info=error, extra=_about(job) | {"error": reason})
    return Result(outcome=Outcome.DONE, parked=1)


class HiddenError(Exception):
    """Replaces in the log an error that quotes a sensitive field of a message; its text has the error's class."""


def _hidden(error: Exception, line: str) -> HiddenError:
    trace = error.__traceback__
    return HiddenError(line).with_traceback(trace and trace.tb_next)  # our own frame has the error as a variable


def _hide(text: str, envelopes: Iterable[Envelope]) -> str:
    """Return an error's text without what the messages of the job declare sensitive: a handler may quote them."""
    for envelope in envelopes:
        text = shown_text(text, envelope.type, envelope.body)
    return text


def _unread(job: Job) -> str:
    return job.body_paths[0] if job.body_paths else ""


def _about(job: Job) -> dict[str, str]:
    first = job.envelopes[0]
    return {"subscriber": job.subscriber, "message_id": first.id, "type": first.type}
