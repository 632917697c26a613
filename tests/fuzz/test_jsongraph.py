"""JSON Graph: any paths, ranges, calls and graphs, by GET and POST."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import strategies as st

from tests.fuzz.conftest import Shop
from tests.fuzz.fuzzing import ask, fuzzed, numbers, scalars, texts, values

pytestmark = pytest.mark.slow

SECONDS = 10.0
NAMES = [
    "ordersById", "consumersById", "restaurantsById", "restaurants", "couriersById", "orders", "length", "restaurant",
    "consumer", "ticket", "bill", "delivery", "name", "state", "available", "cancel", "revise", "create", "__proto__", "$type",
]  # fmt: skip
names = st.sampled_from(NAMES)
ranges = st.fixed_dictionaries({}, optional={"from": numbers, "to": numbers, "length": numbers})
keys = names | st.integers(0, 3) | ranges | scalars
key_sets = keys | st.lists(keys, max_size=4)
paths = st.lists(key_sets, max_size=6)
roots = st.sampled_from(["ordersById", "consumersById", "restaurantsById", "couriersById"])
good_names = st.sampled_from(NAMES[:-2])
good_ids = st.integers(0, 3) | st.lists(st.integers(0, 3), min_size=1, max_size=3) | st.just({"from": 0, "to": 2})
good_paths = st.tuples(roots, good_ids, good_names | st.lists(good_names, min_size=1, max_size=3)) | st.tuples(
    roots, good_ids, st.sampled_from(["restaurant", "consumer", "ticket", "delivery"]), good_names
)
path_sets = st.lists(good_paths, min_size=1, max_size=4) | st.lists(good_paths | paths, max_size=5) | values
graphs = st.recursive(
    scalars | st.fixed_dictionaries({"$type": st.sampled_from(["ref", "atom", "error", "x"]), "value": values}),
    lambda inner: st.dictionaries(names | st.integers(0, 3).map(str), inner, max_size=4),
    max_leaves=10,
)


@st.composite
def forms(draw: st.DrawFn) -> dict[str, str]:
    """The parameters of a request: each is JSON, or sometimes any text."""

    def shown(value: Any) -> str:
        return draw(texts) if draw(st.integers(0, 19)) == 0 else json.dumps(value)

    method = draw(st.sampled_from(["get", "get", "set", "call", "", "x"]))
    given = {"method": method, "paths": shown(draw(path_sets))}
    if method == "set":
        given["jsonGraph"] = shown({"jsonGraph": draw(graphs), "paths": draw(path_sets)})
    if method == "call":
        given |= {
            "callPath": shown(draw(paths)),
            "arguments": shown(draw(values)),
            "pathSuffixes": shown(draw(path_sets)),
        }
    return given


def test_any_parameters_are_answered(shop: Shop) -> None:
    @fuzzed(150, form=forms(), is_post=st.booleans())
    def call(form: dict[str, str], is_post: bool) -> None:  # noqa: FBT001 - hypothesis gives it by name
        sent = urlencode(form, errors="replace")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if is_post:
            answer = ask(shop.port, "POST", "/model.json", sent.encode(), headers)
        else:
            answer = ask(shop.port, "GET", f"/model.json?{sent}")

        assert 200 <= answer.status < 500, (form, answer)
        assert answer.seconds < SECONDS, form
        assert b'"defect"' not in answer.body, (form, answer.body)

    call()
