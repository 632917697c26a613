"""A message that never belonged to the contract is parked alone: it holds up nothing of the key that it names."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from postroad.composition import installed
from postroad.messaging.inbox import dead_letters
from postroad.messaging.inbox.consumer import Job, Mode, Outcome
from postroad.messaging.message import Envelope
from postroad.messaging.models import DeadLetter
from postroad.processes import redrive
from postroad.processes.jobs import run_job
from tests.support.envelopes import envelopes
from tests.support.letters import command, parked
from tests.support.shop import Shop

pytestmark = pytest.mark.django_db
KEY = {"partition-key": "1", "kind": "command"}
FOREIGN: list[dict[str, Any]] = [
    {"type": "bakery.Cook"},
    {"type": ""},
    {"type": "bakery.LoafBaked"},
    {"content_type": "text/plain"},
    {"id": ""},
]
REPLY = Envelope(id="r1", type="postroad.Done", body=b"{}", headers={"partition-key": "1", "saga-id": str(uuid4())})


def run(envelope: Envelope, mode: Mode = Mode.BATCH, subscriber: str = "bakery") -> Outcome:
    return run_job(Job(subscriber=subscriber, envelopes=(envelope,), mode=mode, reason="killed its process")).outcome


def collected(envelope: Envelope, queue: str = "bakery.3") -> Outcome:
    dead = ((queue, "delivery_limit"),)
    return run_job(Job(subscriber="bakery.dead", envelopes=(envelope,), mode=Mode.BATCH, dead=dead)).outcome


def handled(message_id: str = "good") -> Outcome:
    return run(replace(command(1), id=message_id))


def alone(envelope: Envelope) -> None:
    """Check that the one letter is this message, whole, and holds no key."""
    letter = DeadLetter.objects.get()
    assert letter.partition_key == ""
    assert letter.headers == dict(envelope.headers)
    assert dead_letters.envelope_of(letter).key == envelope.key


@pytest.mark.parametrize("way", [run, lambda one: run(one, Mode.LAST), lambda one: run(one, Mode.PARK), collected])
@pytest.mark.parametrize("foreign", FOREIGN)
def test_it_is_parked_alone_however_it_comes(
    shop: Shop, foreign: dict[str, Any], way: Callable[[Envelope], Outcome]
) -> None:
    envelope = replace(command(1, message_id="garbage"), **foreign)

    assert way(envelope) is Outcome.DONE
    assert handled() is Outcome.DONE

    alone(envelope)
    assert shop.done == [("bake", 1)]


@pytest.mark.parametrize(
    "foreign",
    [{}, {"headers": {"partition-key": "1"}}, {"headers": {"partition-key": "1", "saga-id": "no uuid"}}, {"id": ""}],
)
def test_a_reply_for_no_saga_of_ours_is_parked_alone(shop: Shop, foreign: dict[str, Any]) -> None:
    envelope = replace(REPLY, **foreign)

    assert run(envelope, subscriber="counter.replies") is Outcome.DONE

    alone(envelope)


@pytest.mark.parametrize("way", [run, lambda one: run(one, Mode.PARK), collected])
@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'{"orderId":"x"}'])
def test_a_known_type_whose_body_does_not_fit_parks_its_key(
    shop: Shop, body: bytes, way: Callable[[Envelope], Outcome]
) -> None:
    way(replace(command(1, message_id="unfit"), body=body))

    assert handled() is Outcome.DONE

    assert [key for key, _ in parked()] == ["1", "1"]
    assert parked()[1] == ("1", dead_letters.BEHIND)
    assert shop.done == []


@pytest.mark.parametrize("foreign", FOREIGN)
def test_it_does_not_park_behind_a_key_either(shop: Shop, foreign: dict[str, Any]) -> None:
    dead_letters.park("bakery", command(1, message_id="failed"), reason="no flour")

    run(replace(command(1, message_id="garbage"), **foreign))

    assert DeadLetter.objects.order_by("id").values_list("partition_key", flat=True)[1] == ""
    report = redrive.redrive(installed(), DeadLetter.objects.order_by("id")[0])
    assert report.text == "1 messages of key 1 for bakery handled."
    assert shop.done == [("bake", 1)]


def test_a_redrive_passes_what_an_earlier_release_let_park_behind(shop: Shop) -> None:
    dead_letters.park("bakery", command(1, message_id="failed"), reason="no flour")
    dead_letters.park(
        "bakery", replace(command(1, message_id="garbage"), type="bakery.Cook"), reason=dead_letters.BEHIND
    )
    dead_letters.park("bakery", command(1, message_id="later"), reason=dead_letters.BEHIND)

    report = redrive.redrive(installed(), DeadLetter.objects.order_by("id")[0])

    assert not report.is_complete
    assert report.text.startswith("2 messages of key 1 handled")
    assert "'bakery.Cook' is not known here" in report.text
    assert shop.done == [("bake", 1), ("bake", 1)]
    assert [key for key, _ in parked()] == [""]


@pytest.mark.parametrize("queue", ["", "stranger.0", "\x00", "q" * 4_000])
def test_what_comes_from_no_queue_of_ours_is_parked_alone(shop: Shop, queue: str) -> None:
    assert collected(command(1, message_id="garbage"), queue) is Outcome.DONE
    assert handled() is Outcome.DONE

    assert DeadLetter.objects.get().partition_key == ""
    assert shop.done == [("bake", 1)]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(envelopes)
def test_no_envelope_of_an_unknown_type_holds_up_a_customer(shop: Shop, envelope: Envelope) -> None:
    shop.done.clear()
    garbage = replace(envelope, type=f"x{envelope.type}", headers={**envelope.headers, **KEY})

    with transaction.atomic():
        assert run(garbage) is Outcome.DONE
        assert collected(replace(garbage, id=f"2{garbage.id}")) is Outcome.DONE
        assert handled() is Outcome.DONE
        transaction.set_rollback(True)

    assert shop.done == [("bake", 1)]
