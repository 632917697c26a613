"""Handlers of the measured service."""

import time

from django.db.models import F

from bench.bank.messages import BANK, Credit, Credited, Note
from bench.bank.models import Account, Arrival
from postroad.commands.handlers import CommandHandlers


def credit(command: Credit) -> Credited:
    """Add the amount: one UPDATE by the ORM."""
    Account.objects.filter(pk=command.account_id).update(
        balance=F("balance") + command.amount, version=F("version") + 1
    )
    return Credited(account_id=command.account_id, amount=command.amount)


def note(command: Note) -> None:
    """Write the time down; the clock is read first."""
    Arrival.objects.create(number=command.number, monotonic_seconds=time.monotonic())


COMMANDS = CommandHandlers(BANK, {Credit: credit, Note: note})
