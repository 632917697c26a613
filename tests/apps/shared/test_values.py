"""Ids as text: what is one, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.shared.values import MAX_ID, parse_id


@given(st.integers(1, MAX_ID))
def test_every_id_is_read_from_its_digits(number: int) -> None:
    assert parse_id(str(number)) == number
    assert parse_id(str(number), has_leading_zeros=False) == number


@given(st.text(max_size=30) | st.integers().map(str) | st.integers(min_value=MAX_ID + 1).map(str))
def test_every_other_text_is_none(text: str) -> None:
    is_id = text.isascii() and text.isdigit() and len(text) <= 19 and 1 <= int(text) <= MAX_ID

    assert (parse_id(text) is not None) == is_id


@pytest.mark.parametrize(
    ("text", "anywhere", "as_key"),
    [("007", 7, None), ("7", 7, 7), ("0", None, None), ("", None, None), ("9" * 5_000, None, None), ("٣", None, None)],
)
def test_a_key_has_no_leading_zeros(text: str, anywhere: int | None, as_key: int | None) -> None:
    assert (parse_id(text), parse_id(text, has_leading_zeros=False)) == (anywhere, as_key)


def test_zero_is_a_place_in_a_list() -> None:
    assert parse_id("0", minimum=0) == 0
