"""Cursors and limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from rest_framework.exceptions import ValidationError

from apps.shared.hypermedia.protocol.paging import MAX_LIMIT, CursorField, LimitField, page_links
from apps.shared.values import MAX_ID


@given(some.integers(min_value=1, max_value=MAX_ID))
def test_a_cursor_is_read_as_it_was_written(number: int) -> None:
    text = CursorField().to_representation(number)

    assert CursorField().to_internal_value(text) == number
    assert len(text) <= 28


@given(some.one_of(some.text(), some.none(), some.lists(some.text()), some.integers()))
def test_garbage_is_no_cursor(data: object) -> None:
    with pytest.raises(ValidationError, match="no cursor"):
        CursorField().to_internal_value(data)


@pytest.mark.parametrize("data", ["0", "-1", str(MAX_LIMIT + 1), "1.0", "x", "", "\uff19", "1" * 5000, ["1"], None])
def test_a_limit_out_of_bounds_is_refused(data: object) -> None:
    with pytest.raises(ValidationError):
        LimitField().run_validation(data)


def test_the_next_page_keeps_the_filters() -> None:
    links = page_links("/orders", {"status": "APPROVED", "cursor": "a"}, cursor="b")

    assert links["self"]["href"] == "/orders?status=APPROVED&cursor=a"
    assert links["next"]["href"] == "/orders?status=APPROVED&cursor=b"


def test_the_last_page_has_no_next() -> None:
    assert page_links("/orders", {}, cursor=None) == {"self": {"href": "/orders", "method": "GET"}}
