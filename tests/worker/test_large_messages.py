"""Messages of 100 MB at a Celery worker and in one process: parked whole and unread, in little memory."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from postroad.ids import new_id
from postroad.messaging.broker import PublishResult
from postroad.messaging.message import Envelope
from postroad.testing.broker_stage import to_queue
from tests.worker.office import ROOT, Office, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.slow]
SIZE, COUNT = 100_000_000, 3
LIMIT = 16 * 1024 * 1024
ONE_PROCESS = """
import django
django.setup()
from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.messaging.conf import MessagingSettings
from postroad.composition import installed
from postroad.processes.consumers import QueueRunner
runner = QueueRunner(installed(), RabbitMQ(MessagingSettings.current().broker_url), installed().queues)
while True:
    runner.step(timeout_seconds=0.2)
"""


def send(office: Office, *bodies: bytes) -> None:
    sent = [
        Envelope(id=new_id(), type="notes.Write", body=body, headers={"partition-key": f"large {number}"})
        for number, body in enumerate(bodies)
    ]
    results = office._publisher.publish(to_queue(f"{office.name}.0", *sent))
    assert set(results) == {PublishResult.CONFIRMED}


def letters(office: Office) -> list[tuple[str, str, int]]:
    """Key, reason and stored bytes of each letter."""
    query = """
        SELECT partition_key, reason, length(body) + (
            SELECT coalesce(sum(length(data)), 0) FROM postroad_dead_letter_part WHERE letter_id = letter.id)
        FROM postroad_dead_letter AS letter ORDER BY id"""
    with closing(sqlite3.connect(office._database, timeout=30)) as database:
        return database.execute(query).fetchall()


def peak_bytes(*processes: int) -> int:
    """Return the largest resident size that processes ever had, in all."""
    status = [Path(f"/proc/{process}/status").read_text() for process in processes]
    return sum(int(text.split("VmHWM:")[1].split()[0]) * 1024 for text in status)


@pytest.fixture
def one_process(office: Office) -> Iterator["subprocess.Popen[bytes]"]:
    with (office.folder / "one.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", ONE_PROCESS], env=office.environment(), cwd=ROOT, stdout=log, stderr=log
        )
    yield process
    process.kill()
    process.wait(10)


def live_through(office: Office, *processes: int) -> int:
    """Send a small message that warms everything up, then large ones; return the bytes that memory has grown by."""
    send(office, b"warm up")
    assert wait_until(lambda: len(letters(office)) == 1)
    before = peak_bytes(*processes)
    content = os.urandom(SIZE)
    send(office, *[content] * COUNT)
    assert wait_until(lambda: len(letters(office)) == 1 + COUNT, seconds=120)
    assert wait_until(lambda: office.depth() == 0)
    return peak_bytes(*processes) - before


def check(office: Office) -> None:
    reason = f"the body was not read: it has {SIZE} bytes, CONSUMER_MESSAGE_BYTES is {LIMIT}"
    assert letters(office)[1:] == [(f"large {number}", reason, SIZE) for number in range(COUNT)]


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_a_worker_parks_what_is_too_large_in_less_than_twice_the_limit(office: Office, pool: str) -> None:
    worker = office.hire(pool)

    grown = live_through(office, worker.process.pid, *worker.children())

    check(office)
    assert grown < 2 * LIMIT
    assert worker.stop() == 0


def test_one_process_parks_what_is_too_large_in_less_than_twice_the_limit(
    office: Office, one_process: "subprocess.Popen[bytes]"
) -> None:
    grown = live_through(office, one_process.pid)

    check(office)
    assert grown < 2 * LIMIT


def live_through_many(office: Office, *processes: int) -> int:
    """Send a small message, then 300 MB in messages that are read; return the bytes that memory has grown by."""
    send(office, b"warm up")
    assert wait_until(lambda: len(letters(office)) == 1)
    before = peak_bytes(*processes)
    content = b"[" + os.urandom(5_000_000).hex().encode()
    send(office, *[content] * 30)
    assert wait_until(lambda: len(letters(office)) == 31, seconds=120)
    return peak_bytes(*processes) - before


def test_many_messages_below_the_limit_take_no_more_memory_than_some(office: Office) -> None:
    worker = office.hire("prefork")

    grown = live_through_many(office, worker.process.pid)

    assert {size for _, _, size in letters(office)[1:]} == {10_000_001}
    assert grown < 4 * LIMIT
