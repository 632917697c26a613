"""When the network is at fault, nobody is evicted."""

from collections.abc import Sequence

import pytest

from apps.registry.store import Registry
from postroad.calls.discovery.eureka.instance import Lease
from tests.support.registry import HandClock, instance

EVERYBODY = tuple(range(1, 11))


def live(store: Registry, clock: HandClock, *, renewing: Sequence[int], seconds: int) -> None:
    """Let time pass in which only some of ten instances renew, every thirty seconds."""
    for _ in range(0, seconds, 30):
        clock.pass_by(30)
        renewed = [store.renew("KITCHEN", f"kitchen-{number}") for number in renewing]
        assert all(renewed)


@pytest.fixture
def ten(store: Registry, clock: HandClock) -> Registry:
    for number in EVERYBODY:
        store.register(instance(number=number))
    live(store, clock, renewing=EVERYBODY, seconds=120)
    return store


def count(store: Registry) -> int:
    return len(store.everything().instances)


def test_one_of_ten_that_dies_is_evicted(ten: Registry, clock: HandClock) -> None:
    live(ten, clock, renewing=EVERYBODY[1:], seconds=90)

    assert count(ten) == 9


def test_while_a_fifth_of_the_renewals_is_missing_nobody_is_evicted(ten: Registry, clock: HandClock) -> None:
    live(ten, clock, renewing=EVERYBODY[2:], seconds=600)

    assert count(ten) == 10


def test_nobody_is_evicted_when_all_fall_silent(ten: Registry, clock: HandClock) -> None:
    clock.pass_by(3600)

    assert count(ten) == 10


def test_when_the_renewals_come_back_those_that_stay_away_are_evicted(ten: Registry, clock: HandClock) -> None:
    live(ten, clock, renewing=EVERYBODY[5:], seconds=300)
    live(ten, clock, renewing=EVERYBODY[1:], seconds=90)

    assert count(ten) == 9


def test_a_single_instance_that_dies_is_a_death_and_no_outage(store: Registry, clock: HandClock) -> None:
    store.register(instance())
    live(store, clock, renewing=[1], seconds=120)
    clock.pass_by(90)

    assert count(store) == 0


def test_switched_off_everybody_out_of_time_is_evicted(clock: HandClock) -> None:
    store = Registry(clock=clock, is_self_preserving=False)
    for number in EVERYBODY:
        store.register(instance(number=number))
    live(store, clock, renewing=EVERYBODY, seconds=120)
    clock.pass_by(90)

    assert count(store) == 0


def test_young_leases_are_not_expected_to_have_renewed_before_they_began(ten: Registry, clock: HandClock) -> None:
    for number in range(11, 31):
        ten.register(instance(number=number))
    live(ten, clock, renewing=EVERYBODY[1:], seconds=30)
    live(ten, clock, renewing=range(2, 31), seconds=60)

    assert count(ten) == 29


def test_one_that_renews_too_often_makes_up_for_no_one(ten: Registry, clock: HandClock) -> None:
    live(ten, clock, renewing=[*EVERYBODY[2:], *[3] * 20], seconds=600)

    assert count(ten) == 10


def test_a_silent_instance_with_a_short_interval_does_not_hide_that_others_are_silent(
    ten: Registry, clock: HandClock
) -> None:
    ten.register(instance(number=11, lease=Lease(renewal_seconds=1, duration_seconds=90)))
    live(ten, clock, renewing=EVERYBODY[3:], seconds=600)

    assert count(ten) == 11
