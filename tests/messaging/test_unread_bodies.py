"""A body that was too large to be read: parked in parts from its file, shown, exported, and redriven with a larger limit."""

import base64
import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from pytest_django import Settings

from postroad import clock
from postroad.composition import installed
from postroad.messaging import retention
from postroad.messaging.inbox import dead_letters
from postroad.messaging.inbox.consumer import Job, Mode, Outcome
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.models import DeadLetter, DeadLetterPart, ProcessedMessage
from postroad.processes import redrive
from postroad.processes.jobs import run_job
from postroad.testing.pump import Pump
from tests.support.letters import command, parked
from tests.support.shop import Shop

pytestmark = pytest.mark.django_db
PAGE = "/admin/postroad_messaging/deadletter/"
BODY = b'{"orderId":1' + b" " * 2_500_000 + b"}"
LIMIT = 1_000_000


@pytest.fixture
def file(tmp_path: Path, settings: Settings) -> Path:
    settings.POSTROAD = {**settings.POSTROAD, "CONSUMER_MESSAGE_BYTES": LIMIT}
    path = tmp_path / "large.body"
    path.write_bytes(BODY)
    return path


def park(file: Path, **parts: str) -> DeadLetter:
    envelope = replace(command(1), body=b"", **parts)  # type: ignore[arg-type]
    job = Job(subscriber="bakery", envelopes=(envelope,), mode=Mode.PARK, reason="unread", body_paths=(str(file),))
    assert run_job(job).outcome is Outcome.DONE
    return DeadLetter.objects.get()


@pytest.mark.parametrize("message_id", ["an id", ""])
def test_it_is_stored_whole_and_holds_its_key(shop: Shop, file: Path, message_id: str) -> None:
    letter = park(file, id=message_id)

    assert dead_letters.body_bytes(letter) == len(BODY)
    assert dead_letters.opening(letter, len(BODY)) == BODY
    assert DeadLetterPart.objects.count() == 3
    assert letter.partition_key == ("1" if message_id else "")


def test_parking_it_again_changes_nothing(shop: Shop, file: Path) -> None:
    park(file)
    park(file)

    assert DeadLetterPart.objects.count() == 3


def test_it_is_shown_in_part_and_exported_whole(admin_client: Client, shop: Shop, file: Path) -> None:
    file.write_bytes(b"\xff" * len(BODY))
    letter = park(file)
    out = io.StringIO()
    call_command("deadletters", "export", stdout=out)
    shown = io.StringIO()
    call_command("deadletters", "show", str(letter.pk), stdout=shown)

    page = admin_client.get(f"{PAGE}{letter.pk}/change/")

    assert page.status_code == 200
    assert f"cut after 20000 of {len(BODY)} bytes" in page.content.decode()
    assert f"body, {len(BODY)} bytes" in shown.getvalue()
    assert base64.b64decode(json.loads(out.getvalue())["body_base64"]) == b"\xff" * len(BODY)


def test_a_redrive_says_which_limit_it_needs(shop: Shop, file: Path) -> None:
    letter = park(file)

    with pytest.raises(CommandError, match=f"redrive it with POSTROAD_CONSUMER_MESSAGE_BYTES={len(BODY)} manage.py"):
        call_command("deadletters", "redrive", str(letter.pk))

    assert shop.done == []
    assert [key for key, _ in parked()] == ["1"]


def test_a_redrive_with_that_limit_handles_it(shop: Shop, file: Path, settings: Settings) -> None:
    letter = park(file)
    settings.POSTROAD = {**settings.POSTROAD, "CONSUMER_MESSAGE_BYTES": len(BODY)}

    report = redrive.redrive(installed(), letter)

    assert report.text == "1 messages of key 1 for bakery handled."
    assert shop.done == [("bake", 1)]


def test_its_parts_go_with_it(shop: Shop, file: Path) -> None:
    letter = park(file)
    redrive.discard(letter)
    long_ago = clock.now() - timedelta(days=400)
    DeadLetter.objects.update(created_at=long_ago, ended_at=long_ago)

    for expiring in installed().expiring:
        list(retention.batches(expiring))

    assert not DeadLetter.objects.exists()
    assert not DeadLetterPart.objects.exists()


def test_what_the_broker_gave_up_is_collected_from_its_file(shop: Shop, file: Path) -> None:
    job = Job(
        subscriber="bakery.dead",
        envelopes=(replace(command(1), body=b""),),
        mode=Mode.PARK,
        reason="unread",
        dead=(("bakery.3", "delivery_limit"),),
        body_paths=(str(file),),
    )

    outcome = run_job(job).outcome

    letter = DeadLetter.objects.get()
    assert outcome is Outcome.DONE
    assert (letter.subscriber, letter.reason) == ("bakery", "given up by the broker: delivery_limit; unread")
    assert dead_letters.body_bytes(letter) == len(BODY)


@pytest.mark.parametrize("mode", [Mode.BATCH, Mode.SINGLE, Mode.LAST])
def test_a_body_that_waited_in_a_file_is_handled_like_any_other(shop: Shop, tmp_path: Path, mode: Mode) -> None:
    (tmp_path / "body").write_bytes(b'{"orderId":7}')
    envelope = replace(command(1), body=b"")

    result = run_job(Job(subscriber="bakery", envelopes=(envelope,), mode=mode, body_paths=(str(tmp_path / "body"),)))

    assert result.outcome is Outcome.DONE
    assert shop.done == [("bake", 7)]


@pytest.mark.parametrize("mode", list(Mode))
def test_a_message_whose_file_is_gone_comes_again_and_is_not_parked_without_body(
    shop: Shop, tmp_path: Path, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("postroad.processes.jobs.connection.close", lambda: None)
    envelope = replace(command(1), body=b"")
    job = Job(subscriber="bakery", envelopes=(envelope,), mode=mode, body_paths=(str(tmp_path / "gone"),))

    result = run_job(job)

    assert result.outcome is Outcome.TRANSIENT
    assert "FileNotFoundError" in result.error
    assert not DeadLetter.objects.exists()
    assert not ProcessedMessage.objects.exists()


def test_on_a_broker_that_has_the_body_in_memory_it_is_parked_unread_all_the_same(
    shop: Shop, file: Path, db: None
) -> None:
    pump = Pump()
    large = Envelope(id="large", type="bakery.Bake", body=BODY, headers={"partition-key": "1"})
    pump.broker.publisher().publish([Outgoing(address=Address(channel="bakery", route="3"), envelope=large)])

    pump.until_quiet()

    letter = DeadLetter.objects.get()
    assert shop.done == []
    assert letter.reason.startswith("the body was not read: it has 2500013 bytes")
    assert (bytes(letter.body), letter.partition_key) == (BODY, "1")
    pump.close()
