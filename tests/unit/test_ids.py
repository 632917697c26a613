from uuid import UUID

from postroad.ids import new_id


def test_ids_are_version_seven_and_grow_even_within_a_millisecond() -> None:
    made = [new_id() for _ in range(2000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {UUID(text).version for text in made} == {7}
