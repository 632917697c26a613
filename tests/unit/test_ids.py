from uuid import UUID

import pytest

from postroad import ids
from postroad.ids import follow, new_id


def test_ids_are_version_seven_and_grow_even_within_a_millisecond() -> None:
    made = [new_id() for _ in range(2000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {UUID(text).version for text in made} == {7}


def ahead(milliseconds: int) -> str:
    """Return an id as a machine whose clock is ahead would make it now."""
    value = UUID(new_id()).int + (milliseconds << 80)
    return str(UUID(int=value))


def test_an_effect_sorts_after_its_cause_even_if_the_clocks_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_last", 0)
    cause = ahead(5_000)

    follow(cause)

    assert new_id() > cause


@pytest.mark.parametrize("message_id", ["", "no id", str(UUID(int=5)), "f" * 36])
def test_an_id_that_is_not_ours_is_not_followed(message_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_last", 0)

    follow(message_id)

    assert new_id() < ahead(1_000)


def test_a_clock_that_is_far_ahead_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_last", 0)

    follow(ahead(3_600_000))

    assert new_id() < ahead(1_000)
