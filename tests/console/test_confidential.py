"""What a message declares sensitive, through a failing handler, a saga and the outbox: nobody reads it anywhere."""

import logging
from collections.abc import Iterator
from io import StringIO
from typing import Annotated

import pytest
from django.core.management import call_command
from django.test import Client

from postroad.codecs.registry import JSON
from postroad.codecs.sensitive import MASK
from postroad.codecs.types import Message, Positive, Sensitive
from postroad.commands.handlers import CommandHandlers
from postroad.commands.messages import Done, command, refusal
from postroad.commands.refusals import refuse
from postroad.commands.sender import send
from postroad.composition import Service, compose, installed
from postroad.installation import installing
from postroad.logs import LineFormatter
from postroad.messaging.channels import CommandChannel
from postroad.messaging.inbox import dead_letters
from postroad.messaging.message import Envelope
from postroad.messaging.models import DeadLetter, OutboxMessage
from postroad.messaging.outbox.producer import unit_of_work
from postroad.processes import redrive
from postroad.sagas.definition import Saga
from postroad.sagas.models import SagaInstance
from postroad.sagas.orchestrator import start_saga
from postroad.sagas.steps import SagaData, Step
from postroad.testing.pump import Pump

pytestmark = pytest.mark.django_db

CARD = "4111-2222-3333"
BANK = CommandChannel("bank", shards=1)
LETTERS, OUTBOX, SAGAS = (
    f"/admin/postroad_{place}/" for place in ("messaging/deadletter", "messaging/outboxmessage", "sagas/sagainstance")
)


@refusal("bank.Declined")
class Declined(Message):
    reason: Annotated[str, Sensitive]


@command("bank.Debit", on=BANK, key="order_id", replies=(Done, Declined))
class Debit(Message):
    order_id: Positive
    card: Annotated[str, Sensitive]


class Payment(SagaData):
    order_id: int
    card: Annotated[str, Sensitive]


def debit(data: Payment) -> Debit:
    return Debit(order_id=data.order_id, card=data.card)


pay = Saga("bank.Pay", version=1, data=Payment, key="order_id", steps=[Step("debit", do=debit)])


class Bank:
    """Handles debits as a test wants it; remembers the cards."""

    def __init__(self) -> None:
        self.is_broken = True
        self.cards: list[str] = []

    def debit(self, wanted: Debit) -> Done:
        if wanted.order_id == 2:
            refuse(Declined(reason=f"{wanted.card} is stolen"))
        if self.is_broken:
            raise ValueError(f"card {wanted.card} of {wanted}") from KeyError(wanted.card)
        self.cards.append(wanted.card)
        return Done()


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    bank = Bank()
    commands = CommandHandlers(BANK, {Debit: bank.debit})
    parts = compose([Service(name="bank", commands=(commands,), sagas=(pay,))])
    with installing(parts):
        yield bank


@pytest.fixture
def pump(bank: Bank) -> Iterator[Pump]:
    pump = Pump()
    yield pump
    pump.close()


def pages(client: Client, base: str, pk: object) -> str:
    return client.get(base).content.decode() + client.get(f"{base}{pk}/change/").content.decode()


def shown_by(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_dead_letter_shows_it_nowhere_and_is_redriven_whole(
    admin_client: Client, pump: Pump, bank: Bank, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with unit_of_work():
        send(Debit(order_id=1, card=CARD))
    pump.until_quiet()
    letter = DeadLetter.objects.get()

    texts = [
        pages(admin_client, LETTERS, letter.pk),
        admin_client.get(f"{LETTERS}confirm/redrive/?ids={letter.pk}").content.decode(),
        shown_by("deadletters", "list"),
        shown_by("deadletters", "show", str(letter.pk)),
        *map(LineFormatter().format, caplog.records),
        f"{letter.reason} {letter.traceback}",
    ]
    again = redrive.redrive(installed(), letter).text
    letter.refresh_from_db()
    bank.is_broken = False
    redrive.redrive(installed(), letter)

    assert [text for text in [*texts, again, letter.reason, letter.traceback] if CARD in text] == []
    assert f"card {MASK} of Debit(order_id=1, card={MASK})" in letter.reason
    assert bank.cards == [CARD]


def test_one_who_has_a_shell_can_ask_for_it(pump: Pump) -> None:
    with unit_of_work():
        send(Debit(order_id=1, card=CARD))
    pump.until_quiet()

    assert CARD in shown_by("deadletters", "show", str(DeadLetter.objects.get().pk), "--unmasked")


def test_the_outbox_does_not_show_it(admin_client: Client, bank: Bank) -> None:
    with unit_of_work():
        send(Debit(order_id=1, card=CARD))
    row = OutboxMessage.objects.get()

    assert CARD not in pages(admin_client, OUTBOX, row.pk)
    assert CARD.encode() in bytes(row.body)


def test_a_saga_and_its_story_do_not_show_it(admin_client: Client, pump: Pump) -> None:
    with unit_of_work():
        start_saga(pay, Payment(order_id=2, card=CARD))
    pump.until_quiet()
    saga = SagaInstance.objects.get()

    shown = pages(admin_client, SAGAS, saga.pk) + shown_by("sagas", "show", str(saga.pk))

    assert saga.status == "COMPENSATED"
    assert CARD not in shown
    assert f"Refused:</strong> {MASK}" in shown
    assert saga.data["card"] == CARD


def test_data_of_a_saga_that_nobody_knows_are_hidden(admin_client: Client, pump: Pump) -> None:
    with unit_of_work():
        start_saga(pay, Payment(order_id=2, card=CARD))
    SagaInstance.objects.update(version=9)

    shown = pages(admin_client, SAGAS, SagaInstance.objects.get().pk)

    assert CARD not in shown
    assert "the saga&#x27;s definition is not in this process" in shown


def test_a_letter_of_a_type_that_nobody_knows_is_hidden(admin_client: Client, bank: Bank) -> None:
    garbage = Envelope(
        id="x", type="bank.Gone", body=JSON.encode(Debit(order_id=1, card=CARD)), headers={"token": CARD}
    )
    dead_letters.park("bank", garbage, reason="UnknownMessageType: bank.Gone")
    letter = DeadLetter.objects.get()

    shown = pages(admin_client, LETTERS, letter.pk) + shown_by("deadletters", "show", str(letter.pk))

    assert CARD not in shown
    assert "its type is not declared in this process" in shown
    assert dead_letters.envelope_of(letter) == garbage
