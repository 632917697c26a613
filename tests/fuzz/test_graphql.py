"""GraphQL: valid and mutilated documents, fragments that spread each other, any JSON around them."""

import json
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis_graphql import from_schema

from apps.gateway.graphql.schema import schema
from tests.fuzz.conftest import Shop
from tests.fuzz.fuzzing import ask, bodies, fuzzed, texts, values

pytestmark = pytest.mark.slow

SECONDS = 10.0  # one request on a busy machine; a document whose cost grows without bound takes longer
JSON = {"Content-Type": "application/json"}
documents = from_schema(schema.as_str())


@st.composite
def mutilated(draw: st.DrawFn) -> str:
    """A valid document with pieces cut out, doubled or exchanged."""
    text = draw(documents)
    for _ in range(draw(st.integers(1, 4))):
        at, until = sorted(draw(st.integers(0, len(text))) for _ in range(2))
        piece = draw(
            st.sampled_from(
                ["", text[at:until] * 2, "{", "}", '"', "...", "$x", "@skip(if: $x)", "@include(if: true)", "fragment"]
            )
        )
        text = f"{text[:at]}{piece}{text[until:]}"
    return text


@st.composite
def spread(draw: st.DrawFn) -> str:
    """Fragments that spread each other many times, in circles too; names, aliases and lists by the hundred."""
    count, times = draw(st.integers(1, 60)), draw(st.integers(1, 4))
    step = draw(st.sampled_from([1, 1, 1, 0, -1, 2]))
    fragments = "".join(
        f"fragment f{number} on Order {{ id {f'...f{number + step} ' * times} }} " for number in range(count)
    )
    aliases = " ".join(
        f"a{number}: order(id: {number}) {{ id }}" for number in range(draw(st.sampled_from([0, 3, 500])))
    )
    nested = "{ order(id: 1) { consumer " * draw(st.sampled_from([0, 1, 40]))
    return f"query {{ order(id: 1) {{ ...f0 }} {aliases} {nested} }} {fragments} fragment f{count} on Order {{ id }}"


def check(shop: Shop, body: bytes, headers: dict[str, str]) -> None:
    answer = ask(shop.port, "POST", "/graphql", body, headers)

    assert 200 <= answer.status < 500, (body[:500], answer)
    assert answer.seconds < SECONDS, body[:2000]
    assert b"Traceback" not in answer.body
    if answer.status == 200:
        codes = {error.get("extensions", {}).get("code") for error in json.loads(answer.body).get("errors", [])}
        assert "defect" not in codes, (body[:500], answer.body)


def test_a_document_is_answered_whatever_it_is(shop: Shop) -> None:
    @fuzzed(
        100,
        query=documents | mutilated() | spread() | texts,
        variables=st.none() | st.dictionaries(st.sampled_from(["x", "id", "order"]), values) | values,
        name=st.none() | st.just("") | texts,
    )
    def call(query: str, variables: Any, name: Any) -> None:
        check(shop, json.dumps({"query": query, "variables": variables, "operationName": name}).encode(), JSON)

    call()


def test_any_body_is_answered(shop: Shop) -> None:
    envelope = {"query": "{ restaurants { id name } }", "variables": {"x": 1}, "operationName": "x", "extensions": {}}

    @fuzzed(
        60,
        body=bodies(envelope, [envelope]),
        kind=st.sampled_from(["application/json", "application/graphql", "text/plain", ""]),
    )
    def call(body: bytes, kind: str) -> None:
        check(shop, body, {"Content-Type": kind})

    call()
