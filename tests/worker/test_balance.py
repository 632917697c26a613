from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from postroad.worker.balance import assign

names = st.sets(st.text(min_size=1, max_size=8), max_size=12)


@given(names, names.filter(bool))
def test_every_queue_has_one_worker_and_none_has_more_than_its_share(queues: set[str], workers: set[str]) -> None:
    table = assign(queues, workers)
    load = Counter(table.values())

    assert table.keys() == queues
    assert set(table.values()) <= workers
    assert max(load.values(), default=0) <= -(-len(queues) // len(workers))


@given(st.lists(st.text(max_size=4)), st.lists(st.text(max_size=4), min_size=1))
def test_everybody_computes_the_same_table(queues: list[str], workers: list[str]) -> None:
    assert assign(reversed(queues), reversed(workers)) == assign(queues + queues, workers + workers)


def test_without_workers_nobody_has_anything() -> None:
    assert assign(["a"], []) == {}


def test_a_worker_that_joins_takes_its_share_from_the_others() -> None:
    queues = [f"kitchen.{shard}" for shard in range(8)]
    two, three = assign(queues, ["a@x", "b@x"]), assign(queues, ["a@x", "b@x", "c@x"])

    assert sorted(Counter(two.values()).values()) == [4, 4]
    assert sorted(Counter(three.values()).values()) == [2, 3, 3]
