"""The queues of a service: whatever anybody sends, the worker lives, and everybody else's messages are handled in order."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import amqp
import pytest
from hypothesis import strategies as st

from tests.fuzz.fuzzing import bodies, fuzzed, texts
from tests.support.amqp import connected
from tests.worker.conftest import broker_url, open_office, template  # noqa: F401 - fixtures
from tests.worker.office import Office, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.slow]

OURS = ("a", "b", "c", "d")
NOTE = {"key": "z", "number": 1, "trouble": ""}

short = texts.map(lambda text: text.encode(errors="replace").decode()[:60])
fields = st.recursive(
    st.booleans() | st.integers(-(2**31), 2**31 - 1) | short | st.binary(max_size=20) | st.just(Decimal("1.5"))
    | st.just(datetime.datetime(2030, 1, 1)) | st.just(2**62),  # noqa: DTZ001 - AMQP's own have no zone
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "task", "id", ""]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
NAMES = [
    "kind",
    "version",
    "partition-key",
    "saga-id",
    "saga-type",
    "saga-lock",
    "outcome",
    "traceparent",
    "x-death",
    "x-delivery-count",
    "task",
    "id",
    "odd",
]
header_sets = st.dictionaries(st.sampled_from(NAMES), fields, max_size=5)
property_sets = st.fixed_dictionaries(
    {},
    optional={
        "content_type": st.sampled_from(
            ["application/json", "text/plain", "application/x-python-serialize", "", "x" * 200]
        ),
        "content_encoding": st.sampled_from(["utf-8", "gzip", "x", ""]),
        "message_id": short,
        "correlation_id": short,
        "reply_to": st.sampled_from(["", "nobody", "amq.rabbitmq.reply-to.x"]) | short,
        "app_id": short,
        "priority": st.integers(0, 255),
        "delivery_mode": st.integers(1, 2),
        "timestamp": st.sampled_from([0, 1, 2**40]),
    },
)


@st.composite
def garbage(draw: st.DrawFn) -> tuple[bytes, dict[str, Any]]:
    """A message of no contract, which may name one of our keys; or one of our types that does not fit, with a key of its own."""
    given, headers = draw(property_sets), draw(header_sets)
    if draw(st.booleans()):
        given["type"], headers["partition-key"] = "notes.Write", draw(st.sampled_from(["x", "y", "z"]))
        body = draw(bodies(NOTE).filter(lambda text: b'"trouble"' not in text))
    else:
        given["type"], body = (
            draw(st.sampled_from(["", "notes.Gone", "celery"]) | short),
            draw(bodies(NOTE, [[], {}, {}]) | st.binary(max_size=50)),
        )
        if given["type"] == "notes.Write":
            given["type"] = "notes.Other"
        if draw(st.booleans()):
            headers["partition-key"] = draw(st.sampled_from(OURS))
    return body, {**given, "application_headers": headers}


@pytest.mark.parametrize("pool", ["prefork"])
def test_nothing_waits_behind_somebody_elses_garbage(
    open_office: Callable[[int], Office],  # noqa: F811 - the fixture
    broker_url: str,  # noqa: F811 - the fixture
    pool: str,
) -> None:
    office = open_office(2)
    worker = office.hire(pool)
    queues = [queue.name for queue in office.topology.queues if not queue.name.endswith(".dead")] + [
        f"{office.name}.tasks"
    ]

    with connected(broker_url) as connection:
        channel = connection.channel()

        @fuzzed(150, message=garbage(), queue=st.sampled_from(queues))
        def send(message: tuple[bytes, dict[str, Any]], queue: str) -> None:
            body, given = message
            channel.basic_publish(amqp.Message(body, **given), exchange="", routing_key=queue)
            office.send(1, keys=OURS)

        send()

    handled = wait_until(lambda: office.written().keys() >= set(OURS) and all(
        office.written()[key] == numbers for key, numbers in office.expected().items()
    ), seconds=90)  # fmt: skip
    assert handled, (office.parked()[:10], worker.log[-3000:])
    assert worker.process.poll() is None, worker.log[-3000:]
    assert wait_until(lambda: office.depth() == 0, seconds=60), worker.log[-3000:]
