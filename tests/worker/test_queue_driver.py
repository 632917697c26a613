"""A worker's queue without Celery and RabbitMQ: what is acknowledged when."""

import math
import threading
from collections.abc import Callable
from typing import Any

import pytest
from typing_extensions import override

from postroad.composition import Postroad
from postroad.messaging.broker import Delivery
from postroad.messaging.inbox.consumer import Job, JobQueue, Mode, Outcome, Policy, Result
from postroad.messaging.message import Envelope
from postroad.retry import Backoff
from postroad.worker import queues as worker_queues
from postroad.worker.pool import JobRunner, Ticket
from postroad.worker.queues import QueueDriver

DONE = Result(outcome=Outcome.DONE)
FAILED = Result(outcome=Outcome.FAILED, error="ValueError: no")


class FakeConsumer:
    """A queue's consumer; `told` is what the broker was told."""

    made: list["FakeConsumer"]

    def __init__(
        self, _connection: object, queue: str, *, prefetch: int, on_delivery: Callable[[Delivery], None], base: int
    ) -> None:
        self.queue, self.prefetch, self.base, self.last = queue, prefetch, base, base
        self._on_delivery = on_delivery
        self.told: list[object] = []
        self.is_lost = False
        self.made.append(self)

    def deliver(self, *numbers: int, is_redelivered: bool = False) -> None:
        for number in numbers:
            self.last += 1
            envelope = Envelope(id=f"id-{number}", type="x.Y", body=b"")
            self._on_delivery(
                Delivery(queue=self.queue, envelope=envelope, tag=self.last, is_redelivered=is_redelivered)
            )

    def ack(self, deliveries: tuple[Delivery, ...]) -> None:
        self.told += [("ack", delivery.envelope.id) for delivery in deliveries]

    def lose(self) -> None:
        self.told.append("lost")

    def reject(self, delivery: Delivery) -> None:
        self.told.append(("reject", delivery.envelope.id))

    def close(self) -> None:
        self.told.append("close")


class FakeRunner(JobRunner):
    """Keeps jobs until the test ends them."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.tickets: list[Ticket] = []

    @property
    @override
    def forgets(self) -> bool:
        return True

    @override
    def submit(self, job: Job, ended: Callable[[Ticket, Result | str], None]) -> Ticket:
        self.jobs.append(job)
        self.tickets.append(Ticket(ended))
        return self.tickets[-1]


@pytest.fixture(autouse=True)
def consumers(monkeypatch: pytest.MonkeyPatch) -> list[FakeConsumer]:
    FakeConsumer.made = []
    monkeypatch.setattr(worker_queues, "QueueConsumer", FakeConsumer)
    return FakeConsumer.made


@pytest.fixture
def runner() -> FakeRunner:
    return FakeRunner()


@pytest.fixture
def driver(runner: FakeRunner) -> QueueDriver:
    backoff = Backoff(first_seconds=10, ceiling_seconds=10)
    jobs = JobQueue(subscriber="x", policy=Policy(batch_messages=2, attempts=2, backoff=backoff))
    driver = QueueDriver("x.0", jobs, runner, postroad=Postroad(), wake=lambda: None)
    driver.open(object(), prefetch=7)
    return driver


def ids(job: Job) -> list[str]:
    return [envelope.id for envelope in job.envelopes]


def test_one_job_at_a_time_and_its_messages_are_acknowledged(
    driver: QueueDriver, runner: FakeRunner, consumers: list[FakeConsumer]
) -> None:
    consumers[0].deliver(1, 2, 3)
    driver.step(math.inf)
    driver.step(math.inf)
    runner.tickets[0].end(DONE)
    driver.step(math.inf)

    assert [ids(job) for job in runner.jobs] == [["id-1", "id-2"], ["id-3"]]
    assert consumers[0].told == [("ack", "id-1"), ("ack", "id-2")]


def test_a_delay_is_told_to_the_event_loop(
    driver: QueueDriver, runner: FakeRunner, consumers: list[FakeConsumer]
) -> None:
    consumers[0].deliver(1)
    driver.step(math.inf)
    runner.tickets[0].end(FAILED)
    moment = driver.step(0.0)

    assert moment is not None
    assert driver.step(moment) is None
    assert runner.jobs[1].mode is Mode.LAST


def test_a_queue_is_handed_over_only_after_the_job_in_flight(
    driver: QueueDriver, runner: FakeRunner, consumers: list[FakeConsumer]
) -> None:
    consumers[0].deliver(1, 2, 3)
    driver.step(math.inf)
    driver.release()
    before = list(consumers[0].told)
    runner.tickets[0].end(DONE)
    driver.step(math.inf)

    assert before == []
    assert consumers[0].told == [("ack", "id-1"), ("ack", "id-2"), "close"]
    assert (driver.is_open, len(runner.jobs)) == (False, 1)


def test_a_queue_that_comes_back_before_it_was_handed_over_stays(
    driver: QueueDriver, runner: FakeRunner, consumers: list[FakeConsumer]
) -> None:
    consumers[0].deliver(1, 2, 3)
    driver.step(math.inf)
    driver.release()
    driver.open(object(), prefetch=7)
    runner.tickets[0].end(DONE)
    driver.step(math.inf)

    assert len(consumers) == 1
    assert len(runner.jobs) == 2


def test_after_a_lost_connection_an_accepted_job_is_remembered(
    driver: QueueDriver, runner: FakeRunner, consumers: list[FakeConsumer]
) -> None:
    consumers[0].deliver(1)
    driver.step(math.inf)
    runner.tickets[0].accept(1, 0.0)
    driver.lose()
    driver.open(object(), prefetch=7)
    consumers[1].deliver(1, is_redelivered=True)
    driver.step(math.inf)
    runner.tickets[0].end(DONE)
    driver.step(math.inf)

    assert len(runner.jobs) == 1
    assert consumers[1].told == [("ack", "id-1")]
    assert consumers[1].base == consumers[0].last


def test_after_a_lost_connection_a_job_that_nobody_began_is_run_again(
    driver: QueueDriver, runner: FakeRunner, consumers: list[FakeConsumer]
) -> None:
    consumers[0].deliver(1)
    driver.step(math.inf)
    driver.lose()
    driver.open(object(), prefetch=7)
    consumers[1].deliver(1, is_redelivered=True)
    driver.step(math.inf)
    runner.tickets[0].end(DONE)
    early = list(consumers[1].told)
    runner.tickets[1].end(DONE)

    assert len(runner.jobs) == 2
    assert early == []
    assert consumers[1].told == [("ack", "id-1")]


def test_a_lost_process_is_no_result(driver: QueueDriver, runner: FakeRunner, consumers: list[FakeConsumer]) -> None:
    class Wrapped:
        exception = ChildProcessError("signal 9")

    consumers[0].deliver(1)
    driver.step(math.inf)
    runner.tickets[0].end(Wrapped())
    driver.step(math.inf)
    runner.tickets[1].end(Wrapped())
    driver.step(math.inf)
    runner.tickets[2].end(DONE)

    assert [job.mode for job in runner.jobs] == [Mode.BATCH, Mode.SINGLE, Mode.PARK]
    assert runner.jobs[2].reason == "killed its process 2 times: ChildProcessError: signal 9"
    assert consumers[0].told == [("reject", "id-1")]


class FakeCelery:
    """A Celery consumer whose pool runs jobs at once, or refuses them."""

    def __init__(self, *, is_broken: bool = False) -> None:
        self.pool = self.timer = self.hub = self
        self.controller = object()
        self.uses_semaphore = False
        self._is_broken = is_broken
        self.later: list[tuple[Any, ...]] = []

    def apply_async(self, target: Callable[..., Any], args: tuple[Any, ...], **callbacks: Callable[..., None]) -> None:
        if self._is_broken:
            raise OSError("no more processes")
        callbacks["accept_callback"](1, 0.0)
        callbacks["callback"](target(*args))

    def call_after(self, _seconds: float, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        self.later.append((function, *arguments))

    def call_soon(self, function: Callable[..., None], *arguments: object) -> None:
        self.later.append((function, *arguments))


JOB = Job(subscriber="nobody", envelopes=(Envelope(id="id-1", type="x.Y", body=b""),), mode=Mode.SINGLE)


def test_a_job_that_the_pool_does_not_take_ends_as_lost() -> None:
    celery, ends = FakeCelery(is_broken=True), list[object]()
    JobRunner(celery).submit(JOB, lambda _, result: ends.append(result))
    early = list(ends)
    function, *arguments = celery.later[0]
    function(*arguments)

    assert early == []
    assert ends == ["not given to the pool: OSError('no more processes')"]


def test_a_job_never_raises_and_a_pool_thread_wakes_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(_: Job) -> Result:
        raise KeyError("bug")

    monkeypatch.setattr("postroad.worker.pool.run_job", raises)
    celery, ends = FakeCelery(), list[object]()
    runner = JobRunner(celery)
    runner.submit(JOB, lambda _, result: ends.append(result))
    thread = threading.Thread(target=runner.submit, args=(JOB, lambda _, result: ends.append(result)))
    thread.start()
    thread.join()

    assert ends == [Result(outcome=Outcome.FAILED, error="KeyError: 'bug'")]
    assert len(celery.later) == 1
