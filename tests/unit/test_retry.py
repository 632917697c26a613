from hypothesis import given
from hypothesis import strategies as st

from postroad.retry import Backoff

BACKOFF = Backoff(first_seconds=0.5, ceiling_seconds=30.0)


def test_delays_double_up_to_the_ceiling() -> None:
    assert [BACKOFF.delay(failures) for failures in range(8)] == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]


@given(st.integers(min_value=-5, max_value=10**9))
def test_a_delay_is_never_negative_and_never_above_the_ceiling(failures: int) -> None:
    assert 0.0 <= BACKOFF.delay(failures) <= 30.0


@given(st.integers(min_value=0, max_value=100))
def test_a_jittered_delay_is_between_none_and_the_whole(failures: int) -> None:
    assert 0.0 <= BACKOFF.jittered(failures) <= BACKOFF.delay(failures)
