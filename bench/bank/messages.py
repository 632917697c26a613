"""What the measured service understands."""

from decimal import Decimal

from postroad import CommandChannel, Message, Money, Positive, command, reply

BANK = CommandChannel("bench_bank", shards=4)
ACCOUNTS = 10_000
REPLY_TO = "bench_client.replies.0"


@reply("bench_bank.Credited")
class Credited(Message):
    """The account has the money."""

    account_id: Positive
    amount: Money


@command("bench_bank.Credit", on=BANK, key="account_id", replies=(Credited,))
class Credit(Message):
    """Add an amount to an account; with its text some 212 bytes of JSON, as a small business message has."""

    account_id: Positive
    order_id: Positive
    amount: Money
    currency: str = "EUR"
    ordered_at: str = "2026-01-01T00:00:00.000000Z"
    reference: str = ""


@command("bench_bank.Note", on=BANK, key="number")
class Note(Message):
    """Write down when you got this."""

    number: Positive


def credit(number: int) -> Credit:
    """Return the credit with a number; accounts take turns, so that neighbours have different keys."""
    return Credit(
        account_id=number % ACCOUNTS + 1,
        order_id=1_000_000 + number,
        amount=Decimal("129.90"),
        reference=f"order {1_000_000 + number}, two lines, paid by card at the counter {number % 97:02}, for customer"
        f" {number % ACCOUNTS:08}",
    )
