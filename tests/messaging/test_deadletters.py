"""Parking with the key, redrive in order, discard, and what the broker gave up; on the memory broker."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from postroad.composition import installed
from postroad.messaging.inbox import dead_letters
from postroad.messaging.inbox.consumer import Job, Mode
from postroad.messaging.message import Address, Outgoing
from postroad.messaging.models import DeadLetter
from postroad.processes import redrive
from postroad.processes.jobs import run_job
from postroad.testing.pump import Pump
from tests.support.letters import bake, command, parked
from tests.support.shop import Shop

pytestmark = pytest.mark.django_db


def test_a_failing_message_parks_with_its_key_and_the_others_flow(pump: Pump, shop: Shop) -> None:
    shop.failures = {2}
    bake(2, 1)
    pump.until_quiet()
    shop.failures = set()
    bake(2, 3, 2)

    pump.until_quiet()

    assert sorted(what for what in shop.done if what[0] == "bake") == [("bake", 1), ("bake", 3)]
    assert parked() == [("2", "ValueError: cannot bake for 2"), ("2", dead_letters.BEHIND), ("2", dead_letters.BEHIND)]


def test_redrive_handles_what_is_parked_in_order_and_the_key_flows_again(pump: Pump, shop: Shop) -> None:
    shop.failures = {2}
    sent = bake(2)
    pump.until_quiet()
    shop.failures = set()
    sent += bake(2, 2)
    pump.until_quiet()
    letter = DeadLetter.objects.order_by("id").first()
    assert letter is not None

    report = redrive.redrive(installed(), letter)

    assert report.text == "3 messages of key 2 for bakery handled."
    assert list(DeadLetter.objects.order_by("id").values_list("message_id", flat=True)) == sent
    assert parked() == []
    bake(2)
    pump.until_quiet()
    assert [what for what in shop.done if what[0] == "bake"] == [("bake", 2)] * 4


def test_redrive_stops_at_the_first_that_fails_again(pump: Pump, shop: Shop) -> None:
    shop.failures = {2}
    bake(2)
    pump.until_quiet()
    bake(2)
    pump.until_quiet()

    report = redrive.redrive_all(installed())

    assert not report.is_complete
    assert "cannot bake for 2" in report.text
    assert len(parked()) == 2
    assert DeadLetter.objects.order_by("id").values_list("attempts", flat=True)[0] == 5


def test_a_discarded_message_is_given_up_and_those_behind_it_can_be_redriven(pump: Pump, shop: Shop) -> None:
    shop.failures = {2}
    bake(2)
    pump.until_quiet()
    bake(2)
    pump.until_quiet()
    shop.failures = set()
    first = DeadLetter.objects.order_by("id")[0]

    call_command("deadletters", "discard", str(first.pk))
    call_command("deadletters", "redrive", "--all")

    assert list(DeadLetter.objects.order_by("id").values_list("state", flat=True)) == ["discarded", "redriven"]
    assert [what for what in shop.done if what[0] == "bake"] == [("bake", 2)]


def test_discarding_twice_says_so(pump: Pump, shop: Shop) -> None:
    shop.failures = {2}
    bake(2)
    pump.until_quiet()
    letter = DeadLetter.objects.get()
    call_command("deadletters", "discard", str(letter.pk))

    with pytest.raises(CommandError, match="was not parked any more"):
        call_command("deadletters", "discard", str(letter.pk))


def test_a_dead_letter_that_does_not_exist_is_named(shop: Shop) -> None:
    with pytest.raises(CommandError, match="There is no dead letter 99"):
        call_command("deadletters", "redrive", "99")


def test_a_message_that_killed_its_process_is_parked_unrun(pump: Pump, shop: Shop) -> None:
    run_job(Job(subscriber="bakery", envelopes=(command(1),), mode=Mode.PARK, reason="killed its process"))

    assert shop.done == []
    assert parked() == [("1", "killed its process")]


def test_what_the_broker_gave_up_is_collected_once_under_its_subscriber(pump: Pump, shop: Shop) -> None:
    job = Job(
        subscriber="bakery.dead",
        envelopes=(command(1), command(1)),
        mode=Mode.BATCH,
        dead=(("bakery.3", "delivery_limit"), ("bakery.3", "delivery_limit")),
    )

    run_job(job)
    run_job(job)

    letter = DeadLetter.objects.get()
    assert (letter.subscriber, letter.reason) == ("bakery", "given up by the broker: delivery_limit")


def test_a_rejected_message_ends_in_the_dead_queue_and_in_one_dead_letter(pump: Pump, shop: Shop) -> None:
    sent = Outgoing(address=Address(channel="bakery", route="3"), envelope=command(1))
    pump.broker.publisher().publish([sent])
    receiver = pump.runner._receiver
    (delivery,) = receiver.receive(limit=1, timeout_seconds=0)
    receiver.reject(delivery)

    pump.until_quiet()

    letter = DeadLetter.objects.get()
    assert (letter.subscriber, letter.reason) == ("bakery", "given up by the broker: rejected")
