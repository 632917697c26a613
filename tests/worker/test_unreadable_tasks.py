"""Whatever lies in a service's queue of tasks, and whatever others say: the worker goes on, and so do the handlers."""

import json
import random
import struct
import uuid
from collections.abc import Iterator
from typing import Any

import amqp
import pytest
from celery import Celery

from tests.support.amqp import connected
from tests.worker.office import Office, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.slow]
TASK = "tests.worker.notes.tasks.note"
GOOD_BODY = json.dumps([[1, 0.0], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}])


def garbage() -> Iterator[amqp.Message]:
    """Yield messages that are no task, each for a reason of its own."""
    yield amqp.Message("", content_type="application/json", content_encoding="utf-8")
    yield amqp.Message(b"\xff\xfe\x00", content_type="application/json", content_encoding="utf-8")
    yield amqp.Message("{" * 100_000, content_type="application/json", content_encoding="utf-8")
    yield amqp.Message("[" * 100_000, content_type="application/json", content_encoding="utf-8")
    for body in ({"task": "x"}, {"task": TASK}, {"task": ["x"]}, {"task": None, "id": 1}, ["task"], "task", 7, None):
        yield _json(body)
    for rest in ({"args": 1}, {"kwargs": 1}, {"eta": 5}, {"timelimit": "x"}, {"retries": "x"}, {"callbacks": 3}):
        yield _json({"task": TASK, "id": uuid.uuid4().hex, **rest})
    for content_type, encoding in [
        ("application/x-python-serialize", "binary"),
        ("application/json", "no-such-encoding"),
        ("application/json", "utf-16"),
        ("no/such-type", "utf-8"),
        ("", ""),
    ]:
        yield amqp.Message(
            GOOD_BODY, content_type=content_type, content_encoding=encoding, application_headers=_headers()
        )
    for body in ("", "{}", "[]", "[1]", "[[], {}]", "[1, 2, 3]", "[[], [], {}]", "[[], {}, 5]", "null", "7", '"x"'):
        yield amqp.Message(
            body, content_type="application/json", content_encoding="utf-8", application_headers=_headers()
        )
    for name, value in odd_headers():
        yield _task(_headers() | {name: value})
    yield _task({"task": "x"})
    yield _task({"task": TASK})
    yield _task({"task": "no.such.task", "id": uuid.uuid4().hex})
    yield _task({**_headers(), "compression": "application/x-gzip"})
    yield _task({**_headers(), "compression": "no-such"})


def odd_headers() -> Iterator[tuple[str, Any]]:
    """Yield header and value that Celery reads and cannot use."""
    odd: list[Any] = [5, -1, "x", "", [], ["x"], {}, {"a": 1}, True, 2**62, "\x00", "é" * 300, b"\xff", 1e308]
    for name in ("task", "id", "eta", "expires", "timelimit", "retries", "stamped_headers", "shadow", "ignore_result"):
        for value in odd:
            if not (name == "ignore_result" and value in (True, 5)):
                yield name, value
    for name in ("argsrepr", "kwargsrepr", "root_id", "parent_id", "group", "origin", "lang", "stamps", "meth"):
        yield name, ["x"]
        yield name, 2**62
    for limits in ([1], [1, 2, 3], ["a", "b"], [-1, -1], [{}, []], [True, True]):
        yield "timelimit", limits
    for moment in ("0001-01-01T00:00:00", "9999-12-31T23:59:59+23:59", "2026-13-45", "2026-01-01T00:00:00+99:99"):
        yield "expires", moment
    yield "eta", "0001-01-01T00:00:00-23:59"
    yield "eta", "2026-13-45"


def mutations(count: int, *, seed: int) -> Iterator[amqp.Message]:
    """Yield tasks of which random bytes of the body and random headers are spoilt."""
    chance = random.Random(seed)
    values: list[Any] = [None, 0, -1, 1.5, "x", "\x00", [], [None], {}, {"x": [1]}, b"\xff", True, 2**40]
    for _ in range(count):
        body = bytearray(GOOD_BODY.encode())
        for _ in range(chance.randrange(1, 4)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        headers = _headers()
        for name in chance.sample(sorted(headers), chance.randrange(3)):
            headers[name] = chance.choice(values)
        yield amqp.Message(
            bytes(body), content_type="application/json", content_encoding="utf-8", application_headers=headers
        )


def _json(body: Any) -> amqp.Message:
    return amqp.Message(json.dumps(body), content_type="application/json", content_encoding="utf-8")


def _headers() -> dict[str, Any]:
    return {
        "lang": "py",
        "task": TASK,
        "id": uuid.uuid4().hex,
        "shadow": None,
        "eta": None,
        "expires": None,
        "group": None,
        "retries": 0,
        "timelimit": [None, None],
        "root_id": None,
        "parent_id": None,
        "argsrepr": "(1, 0.0)",
        "kwargsrepr": "{}",
        "origin": "x",
        "ignore_result": True,
        "stamped_headers": None,
        "stamps": {},
    }


def _task(headers: dict[str, Any]) -> amqp.Message:
    return amqp.Message(
        GOOD_BODY, content_type="application/json", content_encoding="utf-8", application_headers=headers
    )


def publish(office: Office, messages: Iterator[amqp.Message]) -> int:
    """Send messages to the queue of tasks; return how many the broker took."""
    count = 0
    with connected(office.broker_url) as connection:
        channel = connection.channel()
        channel.confirm_select()
        for message in messages:
            if isinstance(message.body, str):
                message.body = message.body.encode()
            channel.basic_publish_confirm(message, exchange="", routing_key=f"{office.name}.tasks")
            count += 1
    return count


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_no_message_in_the_queue_of_tasks_ends_a_worker_or_keeps_its_handlers_from_work(
    office: Office, pool: str
) -> None:
    worker = office.hire(pool)
    sent = publish(office, garbage()) + publish(office, mutations(100, seed=13))
    office.send(5)
    handlers_went_on = wait_until(lambda: office.written().keys() >= {"a", "b", "c", "d"} and office.count() >= 20)
    office.call_task(77)
    tasks_went_on = wait_until(lambda: 77 in office.written().get("task", []))
    is_empty = wait_until(lambda: office.depth(f"{office.name}.dead") == 0)
    letters = [subscriber for subscriber, _, _ in office.parked()]

    assert worker.process.poll() is None, worker.log[-5000:]
    assert handlers_went_on, worker.log[-5000:]
    assert tasks_went_on, worker.log[-5000:]
    assert "Unrecoverable" not in worker.log
    assert worker.log.count(" ready.") == 1  # it never had to connect anew
    assert is_empty
    assert set(letters) == {f"{office.name}.tasks"}
    assert sent // 3 < len(letters) <= sent
    assert office.written() | {"task": []} == office.expected() | {"task": []}


def test_a_message_that_is_no_task_is_kept_as_a_dead_letter_whole(office: Office) -> None:
    worker = office.hire("threads")
    publish(office, iter([_json({"task": "x"})]))

    assert wait_until(lambda: len(office.parked()) == 1), worker.log
    [(body, reason)] = office.rows("SELECT body, reason FROM postroad_dead_letter")
    assert json.loads(bytes(body)) == {"task": "x"}  # type: ignore[arg-type]
    assert reason == "given up by the broker: rejected"


def test_no_event_of_others_ends_a_worker(office: Office) -> None:
    worker = office.hire("threads")
    with connected(office.broker_url) as connection:
        channel = connection.channel()
        for key in ("worker.heartbeat", "worker.online", "worker.elect", "worker.elect.ack", "worker.postroad"):
            for body in (b"", b"{", b"null", b"[]", b"{}", b'{"type": 5}', b'{"hostname": []}', b'{"id": "x"}'):
                for headers in ({}, {"hostname": "x@y"}, {"hostname": ["x"]}, {"compression": "application/x-gzip"}):
                    message = amqp.Message(
                        body, content_type="application/json", content_encoding="utf-8", application_headers=headers
                    )
                    channel.basic_publish(message, exchange="celeryev", routing_key=key)
            odd = amqp.Message(struct.pack(">Q", 7), content_type="application/x-python-serialize")
            channel.basic_publish(odd, exchange="celeryev", routing_key=key)
    office.send(5)

    assert wait_until(lambda: office.count() == 20), worker.log[-3000:]
    assert worker.process.poll() is None
    assert worker.log.count(" ready.") == 1


def test_a_queue_of_tasks_of_an_earlier_release_stays_as_it_is_and_work_goes_on(office: Office) -> None:
    with connected(office.broker_url) as connection:
        arguments = {"x-queue-type": "quorum"}
        connection.channel().queue_declare(f"{office.name}.tasks", durable=True, auto_delete=False, arguments=arguments)
    worker = office.hire("threads")
    office.call_task(1)
    office.send(2)

    assert wait_until(lambda: office.count() == 9), worker.log
    assert f"rabbitmqctl set_policy --apply-to queues {office.name}.tasks" in worker.log
    assert worker.log.count(" ready.") == 1


def broadcast_shutdown(office: Office) -> None:
    """Tell every worker on the virtual host to end, as `celery control shutdown` does."""
    with Celery("operator", broker=office.broker_url, set_as_current=False) as operator:
        operator.control.shutdown()


def test_nobody_ends_workers_from_afar_unless_the_team_says_so(office: Office) -> None:
    worker = office.hire("threads", number=1)
    willing = office.hire("threads", number=2, NOTES_REMOTE_CONTROL="1")
    broadcast_shutdown(office)
    has_ended = wait_until(lambda: willing.process.poll() is not None)
    office.send(5)

    assert has_ended, willing.log
    assert wait_until(lambda: office.count() == 20), worker.log
    assert worker.process.poll() is None
