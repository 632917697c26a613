"""JSON Graph without roots: path sets and the graph that is built of what was found."""

import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps.gateway.jsongraph.graph import MISSING, Branch, build
from apps.gateway.jsongraph.paths import MAX_KEYS, MAX_PATHS, InvalidPathSet, expand
from tests.support.growth import LINEAR, growth

KEYS = some.text(some.characters(exclude_characters="$", codec="utf-8"), max_size=5) | some.integers(-5, 50)
RANGES = some.fixed_dictionaries({"to": some.integers(0, 20)}, optional={"from": some.integers(0, 20)})
SETS = KEYS | RANGES | some.lists(KEYS | RANGES, max_size=3)
PATH_SETS = some.lists(some.lists(SETS, min_size=1, max_size=4), max_size=3)
ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=9),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def test_a_path_set_stands_for_every_combination_of_its_keys() -> None:
    found = expand([["restaurants", {"from": 1, "to": 2}, ["id", "name"]]])

    assert found == [
        ("restaurants", 1, "id"),
        ("restaurants", 1, "name"),
        ("restaurants", 2, "id"),
        ("restaurants", 2, "name"),
    ]


@pytest.mark.parametrize(
    ("key_set", "keys"),
    [
        ({"to": 2}, [0, 1, 2]),
        ({"length": 2}, [0, 1]),
        ({"from": 3, "length": 2}, [3, 4]),
        ({"from": 3, "to": 2}, []),
        ({"length": 0}, []),
        ([1, "length", {"from": 7, "to": 8}], [1, "length", 7, 8]),
        ([1, 1], [1]),
        ([], []),
    ],
)
def test_a_key_set_is_a_key_a_range_or_several(key_set: object, keys: list[object]) -> None:
    assert expand([["a", key_set]]) == [("a", key) for key in keys]


@given(PATH_SETS | ANYTHING)
def test_whatever_comes_is_garbage_or_stands_for_so_many_paths_at_most(anything: object) -> None:
    found = []
    with suppress(InvalidPathSet):
        found = expand(anything)

    assert len(found) == len(set(found)) <= MAX_PATHS


RANGES_OF_200 = [{"to": 199}] * MAX_PATHS
AMPLIFIED = [
    pytest.param([[[], RANGES_OF_200]], id="nothing times many"),
    pytest.param([[[], *[list(range(MAX_PATHS))] * 15]] * MAX_PATHS, id="nothing times many, many times"),
    pytest.param([[RANGES_OF_200] * MAX_KEYS] * 90, id="many times many"),
]
"""A megabyte at most, that stands for millions of keys."""


@pytest.mark.parametrize("path_sets", AMPLIFIED)
def test_no_memory_is_spent_on_what_is_refused(path_sets: object) -> None:
    tracemalloc.start()
    with suppress(InvalidPathSet):
        expand(path_sets)
    _, maximum = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert maximum < 1_000_000


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda size: [["a", {"to": 9}]] * size, id="path sets"),
        pytest.param(lambda size: [["a", [{"to": 9}] * size]], id="ranges"),
        pytest.param(lambda size: [["a", ["x" * 90] * size]], id="keys"),
        pytest.param(lambda size: [["a", "x" * 100 * size]], id="one key"),
        pytest.param(lambda size: [["a"] * size], id="long paths"),
        pytest.param(lambda size: [[[], [{"to": 199}] * size]], id="nothing times ranges"),
    ],
)
def test_twice_the_input_is_at_most_twice_the_work(make: Any) -> None:
    def work(path_sets: object) -> None:
        with suppress(InvalidPathSet):
            expand(path_sets)

    assert growth(work, make, size=20_000) < LINEAR


@pytest.mark.parametrize(
    "path_sets",
    [
        None,
        {},
        "ordersById[1].state",
        ["ordersById"],
        [[]],
        [["a", None]],
        [["a", True]],
        [["a", 1.0]],
        [["a", [["b"]]]],
        [["a", {}]],
        [["a", {"from": 1}]],
        [["a", {"to": 1, "length": 1}]],
        [["a", {"to": -1}]],
        [["a", {"to": True}]],
        [["a", {"to": "1"}]],
        [["a", {"to": 1, "step": 2}]],
        [["a", {"to": 10**30}]],
        [["a", {"length": 201}]],
        [["a", "$type"]],
        [["x" * 101]],
        [["a"] * (MAX_KEYS + 1)],
        [["a", {"to": 99}, {"to": 99}]],
        [[[*"abcdefgh"]] * 16],
        [["a"]] * (MAX_PATHS + 1),
        *AMPLIFIED,
    ],
    ids=lambda path_sets: str(path_sets)[:30],
)
def test_garbage_is_refused_before_anything_large_is_built(path_sets: object) -> None:
    with pytest.raises(InvalidPathSet):
        expand(path_sets)


PLACES = some.lists(some.tuples(some.lists(some.sampled_from("abc"), min_size=1, max_size=3), some.integers(0, 3)))


@given(PLACES, PLACES)
def test_what_is_missing_never_stands_in_the_way_of_what_is_there(values: list[Any], gaps: list[Any]) -> None:
    there = [(tuple(path), value) for path, value in values]
    missing = [(tuple(path), MISSING) for path, _ in gaps]

    assert without_gaps(build(missing + there)) == without_gaps(build(there + missing)) == build(there)


def without_gaps(node: object) -> object:
    """Drop what is missing, and branches that held nothing else."""
    if not isinstance(node, Branch):
        return node
    kept = {key: without_gaps(below) for key, below in node.items() if below is not MISSING}
    return {key: below for key, below in kept.items() if below != {}}
