"""What is news to the history, and what is searched."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as some

from apps.order_history.api.serializers import StartKeyField
from apps.order_history.domain import OrderFilter, Position, is_news, keywords_of
from apps.shared.values import MAX_ID
from postroad.ids import new_id

moments = some.datetimes(datetime(1970, 1, 1), datetime(4000, 1, 1), timezones=some.just(UTC))  # noqa: DTZ001 - theirs


def test_the_first_event_of_an_aggregate_is_news() -> None:
    assert is_news(new_id(), last="")


def test_a_later_event_is_news_and_an_earlier_or_the_same_is_not() -> None:
    earlier, later = new_id(), new_id()

    assert is_news(later, last=earlier)
    assert not is_news(earlier, last=later)
    assert not is_news(later, last=later)


def test_keywords_are_names_in_lower_case_each_once() -> None:
    assert keywords_of("Ajanta", dishes=["Naan", "NAAN", "Saag Paneer"]) == "ajanta\nnaan\nsaag paneer"


def test_the_words_of_a_search_are_in_lower_case_each_once() -> None:
    assert OrderFilter(keywords=" Naan\tnaan\nSAAG ").words == ("naan", "saag")


@given(some.builds(Position, moments, some.integers(1, MAX_ID)))
def test_a_position_survives_the_way_to_the_client_and_back(position: Position) -> None:
    field = StartKeyField()

    assert field.to_internal_value(field.to_representation(position)) == position
