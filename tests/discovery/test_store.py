"""The registry's state machine, on a clock that is set by hand."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.registry.store import Registry
from postroad.calls.discovery.eureka.applications import hashcode
from postroad.calls.discovery.eureka.instance import Action, Instance, Lease, Status
from tests.support.registry import NOON, ON_ANY_MACHINE, HandClock, instance


def ids(store: Registry) -> list[str]:
    return [found.id for found in store.everything().instances]


def found(store: Registry, name: str = "kitchen") -> Instance:
    one = store.find(name, f"{name}-1")
    assert one is not None
    return one


def test_a_registered_instance_is_found_with_the_times_of_its_lease(store: Registry) -> None:
    store.register(instance())

    lease = found(store).lease
    assert (lease.registered_ms, lease.renewed_ms, lease.up_ms) == (int(NOON * 1000),) * 3


def test_an_instance_that_registers_again_has_been_up_since_the_first_time(store: Registry, clock: HandClock) -> None:
    store.register(instance())
    clock.pass_by(10)
    store.register(instance())

    assert found(store).lease.up_ms == int(NOON * 1000)
    assert found(store).lease.registered_ms == int(NOON * 1000) + 10_000


def test_the_name_of_an_application_is_the_same_in_small_letters(store: Registry) -> None:
    store.register(instance())

    assert store.renew("Kitchen", "kitchen-1")


def test_an_instance_that_does_not_renew_is_gone_after_its_lease(store: Registry, clock: HandClock) -> None:
    store.register(instance())
    clock.pass_by(89)
    before = ids(store)
    clock.pass_by(1)

    assert (before, ids(store)) == (["kitchen-1"], [])


def test_a_renewed_lease_begins_again(store: Registry, clock: HandClock) -> None:
    store.register(instance())
    clock.pass_by(60)
    store.renew("KITCHEN", "kitchen-1")
    clock.pass_by(60)

    assert ids(store) == ["kitchen-1"]


def test_each_lease_has_the_length_that_its_instance_asked_for(store: Registry, clock: HandClock) -> None:
    store.register(instance(number=1, lease=Lease(duration_seconds=10)))
    store.register(instance(number=2, lease=Lease(duration_seconds=300)))
    clock.pass_by(20)

    assert ids(store) == ["kitchen-2"]


def test_an_unknown_renewal_asks_for_a_registration(store: Registry) -> None:
    assert not store.renew("KITCHEN", "nobody")


def test_a_renewal_after_a_change_asks_for_a_registration(store: Registry) -> None:
    store.register(instance(dirty_ms=5))

    assert store.renew("KITCHEN", "kitchen-1", dirty_ms=5)
    assert not store.renew("KITCHEN", "kitchen-1", dirty_ms=6)


def test_a_cancelled_instance_is_gone_at_once(store: Registry) -> None:
    store.register(instance())

    assert store.cancel("KITCHEN", "kitchen-1")
    assert not store.cancel("KITCHEN", "kitchen-1")
    assert ids(store) == []


def test_an_operators_status_stays_when_the_instance_registers_again(store: Registry) -> None:
    store.register(instance())
    store.set_status("KITCHEN", "kitchen-1", Status.OUT_OF_SERVICE)
    store.register(instance())

    assert (found(store).status, found(store).overridden) == (Status.OUT_OF_SERVICE, Status.OUT_OF_SERVICE)


@pytest.mark.parametrize("own", [Status.DOWN, Status.STARTING])
def test_no_operator_puts_an_instance_up_that_says_it_cannot(store: Registry, own: Status) -> None:
    store.register(instance(status=own))
    store.set_status("KITCHEN", "kitchen-1", Status.UP)

    assert found(store).status is own


def test_without_the_operators_status_the_instances_own_counts_again(store: Registry) -> None:
    store.register(instance())
    store.set_status("KITCHEN", "kitchen-1", Status.OUT_OF_SERVICE)
    store.clear_status("KITCHEN", "kitchen-1")

    assert (found(store).status, found(store).overridden) == (Status.UP, Status.UNKNOWN)


def test_a_fallback_status_counts_until_the_instance_registers(store: Registry) -> None:
    store.register(instance())
    store.clear_status("KITCHEN", "kitchen-1", fallback=Status.STARTING)
    between = found(store).status
    store.register(instance())

    assert (between, found(store).status) == (Status.STARTING, Status.UP)


def test_metadata_is_added_to_what_the_instance_said(store: Registry) -> None:
    store.register(instance(metadata={"zone": "a"}))
    store.set_metadata("KITCHEN", "kitchen-1", {"weight": "3"})

    assert found(store).metadata == {"zone": "a", "weight": "3"}


def test_an_operation_on_an_unknown_instance_says_so(store: Registry) -> None:
    assert not store.set_status("KITCHEN", "nobody", Status.UP)
    assert not store.clear_status("KITCHEN", "nobody")
    assert not store.set_metadata("KITCHEN", "nobody", {})
    assert store.find("KITCHEN", "nobody") is None


def test_the_delta_has_of_each_instance_the_last_change(store: Registry, clock: HandClock) -> None:
    store.register(instance(number=1))
    store.register(instance(number=2))
    store.cancel("KITCHEN", "kitchen-2")
    store.set_status("KITCHEN", "kitchen-1", Status.OUT_OF_SERVICE)

    changed = [(one.id, one.action) for one in store.changed().instances]
    assert changed == [("kitchen-2", Action.DELETED), ("kitchen-1", Action.MODIFIED)]


def test_an_evicted_instance_is_deleted_in_the_delta(store: Registry, clock: HandClock) -> None:
    store.register(instance())
    clock.pass_by(90)

    assert [one.action for one in store.changed().instances] == [Action.DELETED]


def test_the_delta_forgets_after_three_minutes(store: Registry, clock: HandClock) -> None:
    store.register(instance(lease=Lease(duration_seconds=3600)))
    clock.pass_by(180)
    at_the_end = len(store.changed().instances)
    clock.pass_by(1)

    assert (at_the_end, store.changed().instances) == (1, ())


def test_the_delta_has_the_hashcode_of_all_and_not_of_the_changed(store: Registry, clock: HandClock) -> None:
    store.register(instance(number=1, lease=Lease(duration_seconds=3600)))
    clock.pass_by(200)
    store.register(instance(number=2, status=Status.DOWN))

    assert store.changed().hashcode == "DOWN_1_UP_1_" == store.everything().hashcode


def test_each_change_has_a_version_and_a_restarted_registry_a_later_one(store: Registry, clock: HandClock) -> None:
    first = store.everything().version
    store.register(instance())
    second = store.everything().version
    clock.pass_by(10)

    assert first < second < Registry(clock=clock).everything().version


def test_the_hashcode_of_nobody_is_empty() -> None:
    assert hashcode([]) == ""


@ON_ANY_MACHINE
@given(st.lists(st.sampled_from(list(Status))))
def test_the_hashcode_counts_each_status_once_in_order(statuses: list[Status]) -> None:
    code = hashcode(instance(number=number, status=status) for number, status in enumerate(statuses))

    counted = [(str(status), str(statuses.count(status))) for status in sorted(set(statuses))]
    assert code == "".join(f"{status}_{count}_" for status, count in counted)


class Observer:
    """Does things to a registry, and after each looks at nothing but the delta."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.store = Registry(clock=self.clock, is_self_preserving=False)
        self.seen: dict[str, Instance] = {}

    def do(self, steps: list[tuple[str, int]]) -> None:
        verbs: dict[str, Callable[[int], object]] = {
            "register": lambda number: self.store.register(instance(number=number)),
            "cancel": lambda number: self.store.cancel("KITCHEN", f"kitchen-{number}"),
            "renew": lambda number: self.store.renew("KITCHEN", f"kitchen-{number}"),
            "wait": lambda number: self.clock.pass_by(number * 40),
        }
        for verb, number in steps:
            verbs[verb](number)
            self.seen |= {one.id: one for one in self.store.changed().instances}
            self.seen = {key: one for key, one in self.seen.items() if one.action is not Action.DELETED}


@ON_ANY_MACHINE
@given(st.lists(st.tuples(st.sampled_from(["register", "cancel", "renew", "wait"]), st.integers(1, 3))))
def test_whatever_happens_the_delta_leads_an_observer_to_everything(steps: list[tuple[str, int]]) -> None:
    observer = Observer()
    observer.do(steps)

    assert sorted(observer.seen) == sorted(ids(observer.store))
    assert hashcode(observer.seen.values()) == observer.store.changed().hashcode
