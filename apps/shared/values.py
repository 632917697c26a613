"""Values with the same meaning in every service: money and ids."""

from collections.abc import Mapping
from decimal import Decimal

MAX_ID = 2**63 - 1
"""The largest id that fits the databases' 64-bit column."""

_ID_DIGITS = len(str(MAX_ID))

MAX_MONEY = Decimal("9999999999.99")
"""The largest amount: twelve digits, which SQLite's fifteen significant digits still keep exactly."""

ADDRESS_PARTS = ("street1", "street2", "city", "state", "zip")
"""The parts of an address in reading order; the JSON of a database keeps no order."""

MONEY_DIGITS = 12
CENT = Decimal("0.01")
_SHOWN = 40  # characters of a wrong amount that its error repeats


def parse_id(text: str, *, minimum: int = 1, has_leading_zeros: bool = True) -> int | None:
    """Return the id, `minimum` to `MAX_ID`, that is written in decimal digits; None if the text is nothing of the kind.

    `has_leading_zeros` is whether `007` is 7; it is not where two texts for one id would be two keys.
    """
    if not (text.isascii() and text.isdecimal()) or len(text) > _ID_DIGITS:
        return None
    number = int(text)
    is_id = minimum <= number <= MAX_ID and (has_leading_zeros or str(number) == text)
    return number if is_id else None


def address_line(address: Mapping[str, str]) -> str:
    """Return an address on one line, without its empty parts."""
    return ", ".join(address[part] for part in ADDRESS_PARTS if address.get(part))


def cents(amount: Decimal) -> Decimal:
    """Return the amount with exactly two decimals; nothing is ever rounded.

    Raises:
        ValueError: It is not a number, has fractions of a cent or is beyond `MAX_MONEY`.
    """
    if not amount.is_finite() or amount.copy_abs() > MAX_MONEY:
        raise ValueError(f"{str(amount)[:_SHOWN]} is not an amount of money; the maximum is {MAX_MONEY}.")
    exact = amount.quantize(CENT)
    if exact != amount:
        raise ValueError(f"{str(amount)[:_SHOWN]} has fractions of a cent; write at most two decimals.")
    return exact
