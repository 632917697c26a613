import math
from dataclasses import replace

import pytest

from postroad.messaging.broker import Delivery
from postroad.messaging.inbox.consumer import CRASHES, Job, JobQueue, Mode, Outcome, Policy, Result, Settlement
from postroad.messaging.message import Envelope
from postroad.retry import Backoff

DONE = Result(outcome=Outcome.DONE)
FAILED = Result(outcome=Outcome.FAILED, error="ValueError: no")
TRANSIENT = Result(outcome=Outcome.TRANSIENT)


def delivery(number: int, *, is_redelivered: bool = False, body: bytes = b"{}") -> Delivery:
    envelope = Envelope(id=f"id-{number}", type="bakery.Bake", body=body)
    return Delivery(queue="bakery.0", envelope=envelope, tag=number, is_redelivered=is_redelivered)


def take(jobs: JobQueue) -> Job:
    job = jobs.next_job(math.inf)
    assert job is not None
    return job


def ids(job: Job) -> list[str]:
    return [envelope.id for envelope in job.envelopes]


def tags(settlement: Settlement) -> list[int]:
    return [acked.tag for acked in settlement.ack]


@pytest.fixture
def jobs() -> JobQueue:
    backoff = Backoff(first_seconds=10.0, ceiling_seconds=60.0)
    return JobQueue(
        subscriber="bakery", policy=Policy(batch_messages=3, message_bytes=100, attempts=3, backoff=backoff)
    )


def offer(jobs: JobQueue, *numbers: int) -> None:
    for number in numbers:
        jobs.offer(delivery(number))


def test_what_arrives_meanwhile_is_the_next_batch(jobs: JobQueue) -> None:
    offer(jobs, 1)
    first = take(jobs)
    offer(jobs, 2, 3)
    while_busy = jobs.next_job(math.inf)
    settlement = jobs.finish(DONE)
    second = take(jobs)

    assert (ids(first), first.mode) == (["id-1"], Mode.BATCH)
    assert while_busy is None
    assert tags(settlement) == [1]
    assert ids(second) == ["id-2", "id-3"]


def test_a_batch_is_never_larger_than_the_policy_says(jobs: JobQueue) -> None:
    offer(jobs, 1, 2, 3, 4)

    assert ids(take(jobs)) == ["id-1", "id-2", "id-3"]


def test_a_failed_batch_is_taken_one_by_one_in_order(jobs: JobQueue) -> None:
    offer(jobs, 1, 2, 3, 4)
    take(jobs)
    jobs.finish(FAILED)
    seen = []
    for _ in range(3):
        job = take(jobs)
        seen.append((ids(job), job.mode))
        jobs.finish(DONE)

    assert seen == [(["id-1"], Mode.SINGLE), (["id-2"], Mode.SINGLE), (["id-3"], Mode.SINGLE)]
    assert take(jobs).mode is Mode.BATCH


def test_a_failing_message_waits_in_its_place_and_its_last_attempt_parks_it(jobs: JobQueue) -> None:
    offer(jobs, 1, 2)
    take(jobs)
    jobs.finish(FAILED)
    first = take(jobs)
    jobs.finish(FAILED)
    too_early = jobs.next_job(jobs.wait_until - 0.1)
    second = take(jobs)
    jobs.finish(FAILED)
    third = take(jobs)
    settlement = jobs.finish(DONE)

    assert too_early is None
    assert [ids(job) for job in (first, second, third)] == [["id-1"]] * 3
    assert [job.mode for job in (first, second, third)] == [Mode.SINGLE, Mode.SINGLE, Mode.LAST]
    assert third.attempts == 2
    assert tags(settlement) == [1]


def test_a_transient_error_never_counts(jobs: JobQueue) -> None:
    offer(jobs, 1)
    modes = []
    for _ in range(20):
        modes.append(take(jobs).mode)
        jobs.finish(TRANSIENT)

    assert set(modes) == {Mode.BATCH}
    assert jobs.wait_until > 0


def test_a_message_that_kills_its_process_is_parked_unrun_and_rejected(jobs: JobQueue) -> None:
    offer(jobs, 1, 2)
    take(jobs)
    jobs.crashed("signal 9")
    for _ in range(CRASHES):
        take(jobs)
        jobs.crashed("signal 9")
    job = take(jobs)
    settlement = jobs.finish(DONE)

    assert (ids(job), job.mode) == (["id-1"], Mode.PARK)
    assert job.reason == "killed its process 2 times: signal 9"
    assert [rejected.tag for rejected in settlement.reject] == [1]
    assert ids(take(jobs)) == ["id-2"]


def test_after_a_lost_connection_the_second_copy_of_a_handled_message_is_acknowledged_unrun(jobs: JobQueue) -> None:
    offer(jobs, 1, 2)
    take(jobs)
    jobs.forget()
    settlement = jobs.finish(DONE)
    jobs.offer(delivery(11, is_redelivered=True))
    jobs.offer(Delivery(queue="bakery.0", envelope=delivery(1).envelope, tag=12, is_redelivered=True))

    duplicates = jobs.duplicates()

    assert tags(settlement) == []
    assert [duplicate.tag for duplicate in duplicates] == [12]
    assert ids(take(jobs)) == ["id-11"]


def test_after_a_lost_connection_a_failed_job_is_not_put_back(jobs: JobQueue) -> None:
    offer(jobs, 1)
    take(jobs)
    jobs.forget()
    jobs.finish(FAILED)

    assert not jobs.has_work


def test_an_abandoned_job_leaves_the_queue_free(jobs: JobQueue) -> None:
    offer(jobs, 1)
    take(jobs)
    jobs.forget()
    jobs.abandon()
    offer(jobs, 2)

    assert ids(take(jobs)) == ["id-2"]


def test_messages_without_an_id_are_counted_apart(jobs: JobQueue) -> None:
    nameless = Envelope(id="", type="x.Y", body=b"")
    jobs.offer(Delivery(queue="bakery.0", envelope=nameless, tag=1))
    take(jobs)
    jobs.finish(FAILED)
    jobs.offer(Delivery(queue="bakery.0", envelope=nameless, tag=2))
    first = take(jobs)
    jobs.finish(DONE)
    second = take(jobs)

    assert first.attempts == 1
    assert second.attempts == 0


def offer_bodies(jobs: JobQueue, *sizes: int) -> None:
    for number, size in enumerate(sizes):
        jobs.offer(delivery(number, body=b"x" * size))


def test_a_batch_has_no_more_bytes_than_one_message_may_have(jobs: JobQueue) -> None:
    offer_bodies(jobs, 50, 50, 1, 100, 1)

    batches = []
    while jobs.has_work:
        batches.append(ids(take(jobs)))
        jobs.finish(DONE)

    assert batches == [["id-0", "id-1"], ["id-2"], ["id-3"], ["id-4"]]


def test_a_body_that_is_too_large_is_parked_alone_unrun_and_acknowledged(jobs: JobQueue) -> None:
    offer_bodies(jobs, 0, 101, 0)

    before = take(jobs)
    jobs.finish(DONE)
    job = take(jobs)
    settlement = jobs.finish(DONE)
    after = take(jobs)

    assert [ids(before), ids(job), ids(after)] == [["id-0"], ["id-1"], ["id-2"]]
    assert (before.mode, job.mode, after.mode) == (Mode.BATCH, Mode.PARK, Mode.BATCH)
    assert job.reason == "the body was not read: it has 101 bytes, CONSUMER_MESSAGE_BYTES is 100"
    assert (tags(settlement), settlement.reject) == ([1], ())


def test_a_body_in_a_file_is_parked_from_there(jobs: JobQueue) -> None:
    jobs.offer(replace(delivery(1, body=b""), body_bytes=1000, body_path="/tmp/body"))  # noqa: S108 - not opened

    job = take(jobs)

    assert (job.mode, job.body_paths) == (Mode.PARK, ("/tmp/body",))  # noqa: S108
    assert "1000 bytes" in job.reason


def test_a_body_in_a_file_that_is_not_too_large_is_handled_from_there(jobs: JobQueue) -> None:
    jobs.offer(delivery(0))
    jobs.offer(replace(delivery(1, body=b""), body_bytes=90, body_path="/tmp/body"))  # noqa: S108 - not opened
    jobs.offer(replace(delivery(2, body=b""), body_bytes=90, body_path="/tmp/other"))  # noqa: S108

    job = take(jobs)

    assert (job.mode, ids(job)) == (Mode.BATCH, ["id-0", "id-1"])
    assert job.body_paths == ("", "/tmp/body")  # noqa: S108
