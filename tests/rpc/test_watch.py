"""Following an order, without server and database: what is looked at is a list."""

import threading
from collections.abc import Iterator

import pytest

from apps.orders.rpc.v1.orders_pb2 import Order
from apps.orders.rpc.watch import Watch
from apps.shared.refusals import BusinessRefusal, not_found

PENDING, APPROVED, CANCELLED = (
    Order(order_id=7, state=state) for state in ("APPROVAL_PENDING", "APPROVED", "CANCELLED")
)


def watching(*looks: Order) -> Iterator[Order]:
    """Watch an order that is found to be these, one after the other."""
    seen = iter(looks)
    return Watch(lambda order_id: next(seen), interval_seconds=0).changes(7, gone=threading.Event())


def test_the_present_state_and_each_change_are_seen_once_until_the_end() -> None:
    assert list(watching(PENDING, PENDING, APPROVED, APPROVED, CANCELLED, CANCELLED)) == [PENDING, APPROVED, CANCELLED]


@pytest.mark.parametrize("state", ["REJECTED", "CANCELLED"])
def test_an_order_that_has_ended_is_shown_and_that_is_all(state: str) -> None:
    ended = Order(order_id=7, state=state)  # type: ignore[arg-type]  # a name will do

    assert list(watching(ended, PENDING)) == [ended]


def test_what_is_not_there_is_refused_at_the_first_look() -> None:
    def look(order_id: int) -> Order:
        raise not_found("order", order_id)

    with pytest.raises(BusinessRefusal, match="There is no order 7"):
        next(Watch(look).changes(7, gone=threading.Event()))


def test_a_watcher_that_is_gone_costs_no_further_look() -> None:
    looks: list[int] = []
    gone = threading.Event()

    def look(order_id: int) -> Order:
        looks.append(order_id)
        return PENDING

    changes = Watch(look, interval_seconds=60).changes(7, gone=gone)
    assert next(changes) == PENDING
    gone.set()

    assert list(changes) == []
    assert looks == [7]


def test_closing_ends_every_watch() -> None:
    watch = Watch(lambda order_id: PENDING, interval_seconds=0)
    both = [watch.changes(order_id, gone=threading.Event()) for order_id in (7, 8)]
    assert [next(changes) for changes in both] == [PENDING, PENDING]

    watch.close()

    assert [list(changes) for changes in both] == [[], []]


def test_all_watchers_look_in_one_thread() -> None:
    threads: set[str] = set()

    def look(order_id: int) -> Order:
        threads.add(threading.current_thread().name)
        return CANCELLED

    watch = Watch(look)
    clients = [threading.Thread(target=lambda: list(watch.changes(7, gone=threading.Event()))) for _ in range(8)]
    [client.start() for client in clients]
    [client.join(10) for client in clients]

    assert len(threads) == 1
    assert "postroad-watch" in threads.pop()
