"""`manage.py outbox`: what waits, one by one, and what a person does about it."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from postroad.commands.sender import send
from postroad.messaging.models import OutboxHold, OutboxMessage, OutboxState
from postroad.messaging.outbox.producer import unit_of_work
from tests.support.shop import Bake, Charge

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting() -> list[OutboxMessage]:
    """One set aside, one behind it, one of another channel held."""
    with unit_of_work():
        send(Bake(order_id=1))
        send(Bake(order_id=1, loaves=2))
        send(Charge(order_id=3))
    rows = list(OutboxMessage.objects.order_by("id"))
    wanted = (OutboxState.SET_ASIDE, OutboxState.BEHIND, OutboxState.HELD)
    for row, state, error in zip(rows, wanted, ("impossible", "", "unroutable"), strict=True):
        OutboxMessage.objects.filter(pk=row.pk).update(state=state, error=error, attempts=1)
    held = rows[2]
    OutboxHold.objects.create(lane=held.lane, channel=held.channel, route=held.route, retry_at="2100-01-01T00:00:00Z")
    return rows


def outbox(*arguments: object) -> str:
    out = StringIO()
    call_command("outbox", *map(str, arguments), stdout=out)
    return out.getvalue()


def states() -> list[str]:
    return [OutboxState(state).name for state in OutboxMessage.objects.order_by("id").values_list("state", flat=True)]


def test_the_status_shows_destinations_and_how_much_is_set_aside(waiting: list[OutboxMessage]) -> None:
    text = outbox("status")

    assert "destination" in text
    assert "till" in text
    assert "(unroutable)" in text
    assert "1 set aside" in text


def test_the_status_of_an_empty_outbox() -> None:
    assert "The outbox is empty" in outbox("status")
    assert outbox("list") == "No message is set aside.\n"


def test_the_list_has_what_is_set_aside_or_another_state(waiting: list[OutboxMessage]) -> None:
    (line,) = outbox("list").splitlines()
    (held,) = outbox("list", "--state", "held").splitlines()

    assert (str(waiting[0].pk) in line, "bakery.Bake" in line, "impossible" in line) == (True, True, True)
    assert "till.Charge" in held
    assert outbox("list", "--channel", "till") == "No message is set aside.\n"


def test_one_message_is_shown_whole(waiting: list[OutboxMessage]) -> None:
    text = outbox("show", waiting[0].pk)

    assert 'body, 24 bytes:\n    {"orderId":1,"loaves":1}' in text
    assert "set aside" in text


def test_a_retry_brings_the_key_back(waiting: list[OutboxMessage]) -> None:
    text = outbox("retry", waiting[0].pk)

    assert "1 more of its key" in text
    assert states() == ["READY", "READY", "HELD"]


def test_a_discard_frees_the_key(waiting: list[OutboxMessage]) -> None:
    outbox("discard", waiting[0].pk)

    assert states() == ["READY", "HELD"]


def test_a_whole_channel_is_retried_or_discarded(waiting: list[OutboxMessage]) -> None:
    retried = outbox("retry", "--channel", "bakery")
    discarded = outbox("discard", "--channel", "till")

    assert retried.startswith("2 messages of bakery")
    assert discarded.startswith("1 messages of till are discarded; 0 behind")
    assert states() == ["READY", "READY"]


def test_what_is_behind_one_set_aside_is_not_discarded_with_its_channel(waiting: list[OutboxMessage]) -> None:
    text = outbox("discard", "--channel", "bakery")

    assert text == "1 messages of bakery are discarded; 1 behind them go on.\n"
    assert states() == ["READY", "HELD"]


@pytest.mark.parametrize("arguments", [("retry",), ("discard", "1", "--channel", "bakery")])
def test_it_must_be_said_which(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="Say which"):
        outbox(*arguments)


@pytest.mark.parametrize("action", ["retry", "discard", "show"])
def test_a_message_that_is_not_there_is_an_error(action: str) -> None:
    with pytest.raises(CommandError):
        outbox(action, 4711)
