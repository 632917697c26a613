"""`JobQueue`: what a consumer does next with the messages of one queue.  It decides and tells `watch`, without input or output.

Messages are buffered while a job runs; the buffer is the next batch.  When a batch fails its messages are taken
one by one; a failing one is tried again in its place after a growing delay, then parked; one that kills its process
is parked without being run and handed to the broker's dead-letter queue.  One whose body is too large is parked
without being run, and acknowledged.  Nothing is requeued, because that would break the order.

Concurrency: not safe in threads; its driver calls it from one thread or under a lock.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from postroad.messaging import queues, watch
from postroad.messaging.broker import Delivery
from postroad.messaging.conf import MessagingSettings
from postroad.messaging.message import Envelope
from postroad.retry import Backoff

CRASHES = 2
"""Times a message may kill its process before it is parked unrun: once may be the fault of the machine."""

UNREAD = "the body was not read"

_REMEMBERED = 2000  # ids whose acknowledgement may have been lost with the connection


class Mode(StrEnum):
    """How a job is to be run."""

    BATCH = "batch"  # all in one transaction; all fail together
    SINGLE = "single"  # one message; a failure is reported back
    LAST = "last"  # one message; a failure parks it
    PARK = "park"  # park it without running it


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a worker process runs; picklable.

    Attributes:
        subscriber: Whose handlers.
        envelopes: The messages, in order.
        mode: See `Mode`.
        attempts: Failures so far of a single message.
        reason: Why it is to be parked, in mode PARK.
        dead: On a dead-letter queue, for each message: the queue that gave it up, and why.
        body_paths: For each message: the file that has its body, or empty; see `Delivery`.
    """

    subscriber: str
    envelopes: tuple[Envelope, ...]
    mode: Mode
    attempts: int = 0
    reason: str = ""
    dead: tuple[tuple[str, str], ...] = ()
    body_paths: tuple[str, ...] = ()


class Outcome(StrEnum):
    """How a job ended."""

    DONE = "done"  # committed: handled, or parked
    FAILED = "failed"  # rolled back: a handler raised
    TRANSIENT = "transient"  # rolled back: the database was away or in conflict; does not count


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a job ended, with the error's text; picklable.

    Attributes:
        parked: How many of its messages were parked.
    """

    outcome: Outcome
    error: str = ""
    parked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What to tell the broker now."""

    ack: tuple[Delivery, ...] = ()
    reject: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Sizes and limits of one queue; see the settings `CONSUMER_…`."""

    batch_messages: int
    attempts: int
    backoff: Backoff
    message_bytes: int = 16 * 1024 * 1024


def policy() -> Policy:
    """Return the policy that the settings describe."""
    conf = MessagingSettings.current()
    return Policy(
        batch_messages=conf.consumer_batch_messages,
        message_bytes=conf.consumer_message_bytes,
        attempts=conf.consumer_attempts,
        backoff=Backoff(
            first_seconds=conf.consumer_retry_first_seconds, ceiling_seconds=conf.consumer_retry_ceiling_seconds
        ),
    )


class JobQueue:
    """One queue: its buffer, at most one job in flight, and the memory of failures."""

    def __init__(self, *, subscriber: str, policy: Policy) -> None:
        self.subscriber, self._policy = subscriber, policy
        self._buffer: deque[Delivery] = deque()
        self._in_flight: tuple[Job, tuple[Delivery, ...]] | None = None
        self._is_stale = False
        self._singles = 0
        self._troubles = 0
        self._failures: dict[str, int] = {}
        self._crashes: dict[str, int] = {}
        self._crash_error = ""
        self._handled: OrderedDict[str, None] = OrderedDict()
        self._moved_at = 0.0
        self.wait_until = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether a job is in flight."""
        return self._in_flight is not None

    @property
    def has_work(self) -> bool:
        """Whether messages wait in the buffer."""
        return bool(self._buffer)

    def offer(self, delivery: Delivery) -> None:
        """Take a delivery into the buffer."""
        if not self._buffer and not self._in_flight:
            self._moved_at = time.time()
        self._buffer.append(delivery)

    def lag_seconds(self, now: float) -> float:
        """Return how old the message is that is handled or comes next, at `now` (seconds since 1970); 0 if there is none.

        Its age is by the clock of its sender; if it has no moment, the time since this queue last finished a job.

        Concurrency: safe in any thread.
        """
        in_flight = self._in_flight
        try:
            head = in_flight[1][0] if in_flight else self._buffer[0]
        except IndexError:
            return 0.0
        return max(0.0, now - (head.envelope.sent_at or self._moved_at))

    def duplicates(self) -> tuple[Delivery, ...]:
        """Take out redelivered copies of what was handled but not acknowledged: acknowledge them now."""
        if not self._handled or not any(delivery.is_redelivered for delivery in self._buffer):
            return ()
        found = tuple(
            delivery for delivery in self._buffer if delivery.is_redelivered and delivery.envelope.id in self._handled
        )
        if found:
            self._buffer = deque(delivery for delivery in self._buffer if delivery not in found)
        return found

    def next_job(self, now: float) -> Job | None:
        """Return the next job at `now` (monotonic seconds); None while one runs, a delay lasts or nothing waits."""
        if self._in_flight or not self._buffer or now < self.wait_until:
            return None
        deliveries = tuple(self._next(1 if self._singles else self._policy.batch_messages))
        job = self._job(deliveries)
        self._in_flight, self._is_stale = (job, deliveries), False
        for _ in deliveries:
            self._buffer.popleft()
        return job

    def finish(self, result: Result) -> Settlement:
        """Take the result of the job in flight; return what to tell the broker."""
        if self._in_flight is None:
            return Settlement()
        (job, deliveries), self._in_flight = self._in_flight, None
        self._tell(result.outcome, len(deliveries) - result.parked)
        self._tell("parked", result.parked)
        match result.outcome:
            case Outcome.DONE:
                self._tell_refused_replies(deliveries)
                return self._done(job, deliveries)
            case Outcome.FAILED:
                self._failed(deliveries)
            case Outcome.TRANSIENT:
                self._troubles += 1
                self._again(deliveries, failures=self._troubles)
        return Settlement()

    def crashed(self, error: str) -> None:
        """Note that the process running the job died, or a time limit ended it; `error` is for the dead letter."""
        if self._in_flight is None:
            return
        (_, deliveries), self._in_flight = self._in_flight, None
        self._tell("lost", len(deliveries))
        if len(deliveries) == 1:
            self._crashes[self._name(deliveries[0])] = self._crashes.get(self._name(deliveries[0]), 0) + 1
            self._crash_error = error
        self._singles = max(self._singles, len(deliveries))
        self._again(deliveries, failures=0)

    def forget(self) -> None:
        """Note that the connection is lost: what is unacknowledged comes again.

        The job in flight goes on; when it is done its messages are remembered, and their second copies acknowledged
        unrun.
        """
        self._buffer.clear()
        self._is_stale = self._in_flight is not None

    def abandon(self) -> None:
        """Note that the job in flight will not report: the pool dropped it before a process had taken it."""
        self._in_flight = None

    def clear(self) -> None:
        """Drop the buffer: its channel was closed on purpose and the broker has the messages back."""
        self._buffer.clear()

    def _next(self, maximum: int) -> Iterator[Delivery]:
        """Yield the next messages, `maximum` of them and no more bytes than one may have; one that is too large alone."""
        held = 0
        for position, delivery in enumerate(islice(self._buffer, maximum)):
            size = delivery.body_bytes or len(delivery.envelope.body)
            if position and held + size > self._policy.message_bytes:
                return
            yield delivery
            held += size
            if held > self._policy.message_bytes:
                return

    def _job(self, deliveries: tuple[Delivery, ...]) -> Job:
        envelopes = tuple(delivery.envelope for delivery in deliveries)
        dead = tuple((delivery.dead_from, delivery.dead_reason) for delivery in deliveries)
        failures = self._failures.get(self._name(deliveries[0]), 0)
        crashes = self._crashes.get(self._name(deliveries[0]), 0)
        mode, reason = Mode.BATCH, ""
        size = deliveries[0].body_bytes or len(envelopes[0].body)
        if size > self._policy.message_bytes:
            mode = Mode.PARK
            reason = f"{UNREAD}: it has {size} bytes, CONSUMER_MESSAGE_BYTES is {self._policy.message_bytes}"
        elif crashes >= CRASHES and len(deliveries) == 1:
            mode, reason = Mode.PARK, f"killed its process {crashes} times: {self._crash_error}"
        elif self._singles or (failures and len(deliveries) == 1):
            mode = Mode.LAST if failures + 1 >= self._policy.attempts else Mode.SINGLE
        return Job(
            subscriber=self.subscriber,
            envelopes=envelopes,
            mode=mode,
            attempts=failures,
            reason=reason,
            dead=dead,
            body_paths=tuple(delivery.body_path for delivery in deliveries),
        )

    def _done(self, job: Job, deliveries: tuple[Delivery, ...]) -> Settlement:
        self._troubles = 0
        self._moved_at = time.time()
        self._singles = max(0, self._singles - len(deliveries))
        for delivery in deliveries:
            self._failures.pop(self._name(delivery), None)
            self._crashes.pop(self._name(delivery), None)
            self._handled[delivery.envelope.id] = None
        while len(self._handled) > _REMEMBERED:
            self._handled.popitem(last=False)
        if self._is_stale:
            return Settlement()
        has_killed = job.mode is Mode.PARK and not job.reason.startswith(UNREAD)
        return Settlement(reject=deliveries) if has_killed else Settlement(ack=deliveries)

    def _failed(self, deliveries: tuple[Delivery, ...]) -> None:
        failures = 0
        if len(deliveries) == 1:
            name = self._name(deliveries[0])
            failures = self._failures[name] = self._failures.get(name, 0) + 1
        self._singles = max(self._singles, len(deliveries))
        self._again(deliveries, failures=failures)

    def _again(self, deliveries: tuple[Delivery, ...], *, failures: int) -> None:
        if not self._is_stale:
            self._buffer.extendleft(reversed(deliveries))
        delay = self._policy.backoff.delay(failures)
        self.wait_until = time.monotonic() + delay if delay else 0.0

    def _tell(self, outcome: str, messages: int) -> None:
        if messages:
            watch.tell(watch.Attempted(channel=self.subscriber, outcome=outcome, messages=messages))

    def _tell_refused_replies(self, deliveries: tuple[Delivery, ...]) -> None:
        """Count what `commands.replies` refuses, here in the parent: the pool's processes show no figures."""
        named = [delivery.envelope.reply_to for delivery in deliveries if delivery.envelope.reply_to]
        if refused := sum(not queues.takes_replies(queue) for queue in named):
            watch.tell(watch.ReplyRefused(channel=self.subscriber, messages=refused))

    def _name(self, delivery: Delivery) -> str:
        return delivery.envelope.id or f"tag {delivery.tag}"
