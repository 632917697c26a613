"""What a GraphQL document may ask for is found in time that grows with its length, whatever it stands for."""

import asyncio
from typing import Any

import pytest
from django.test import Client
from graphql import DocumentNode, FragmentDefinitionNode, GraphQLError, OperationDefinitionNode, parse
from hypothesis import given
from hypothesis import strategies as some

from apps.gateway.graphql import documents, limits
from apps.gateway.graphql.documents import MAX_CHARACTERS, MAX_TOKENS, MAX_VALUES, check_variables, read_document
from apps.gateway.graphql.limits import INTROSPECTION_COST, MAX_COST, MAX_FIRST, find_excess
from apps.gateway.graphql.schema import schema
from apps.gateway.problems import Refused
from tests.apps.gateway.conftest import Town
from tests.apps.gateway.test_graphql import ask
from tests.support.growth import LINEAR, growth, least_seconds


def doubling(levels: int) -> str:
    """A document that stands for two to the power of `levels` fields."""
    last = f"fragment f{levels} on Order {{ a: id }}"
    return "{ order(id: 1) { ...f0 } }" + last + "".join(
        f"fragment f{n} on Order {{ ...f{n + 1} ...f{n + 1} }}" for n in range(levels)
    )  # fmt: skip


def chain(levels: int) -> str:
    return f"{{ order(id: 1) {{ ...f0 }} }} fragment f{levels} on Order {{ id }}" + "".join(
        f"fragment f{n} on Order {{ ...f{n + 1} }}" for n in range(levels)
    )


def fan(levels: int) -> str:
    """Each fragment spreads one that nests lists, so that the cost has as many digits as there are levels."""
    return "{ restaurants { ...f0 } }" + f"fragment f{levels} on Order {{ id }}" + "".join(
        f"fragment f{n} on Order {{ orders(first: 100) {{ orders(first: 100) {{ ...f{n + 1} }} }} }}"
        for n in range(levels)
    )  # fmt: skip


def circle(levels: int) -> str:
    return "{ order(id: 1) { ...f0 } }" + "".join(
        f"fragment f{n} on Order {{ ...f{(n + 1) % levels} }}" for n in range(levels)
    )


def nested(levels: int) -> str:
    return "{ order(id: 1) { " + "... { " * levels + "id" + " }" * levels + " } }"


def introspection(levels: int) -> str:
    return f"{{ __schema {{ types {{ ...f0 }} }} }} fragment f{levels} on __Type {{ a: name }}" + "".join(
        f"fragment f{n} on __Type {{ ...f{n + 1} ...f{n + 1} }}" for n in range(levels)
    )


def fragments(text: str) -> list[FragmentDefinitionNode]:
    return [node for node in parse(text).definitions if isinstance(node, FragmentDefinitionNode)]


def codes(document: DocumentNode) -> set[Any]:
    return {(error.extensions or {}).get("code") for error in find_excess(document)}


@pytest.mark.parametrize("make", [doubling, chain, fan, circle, introspection])
def test_a_document_of_a_thousand_levels_is_measured_within_50_ms(make: Any) -> None:
    assert least_seconds(find_excess, parse(make(1000))) < 0.05


@pytest.mark.parametrize("make", [doubling, chain, fan, circle, introspection])
def test_twice_the_document_is_at_most_twice_the_work(make: Any) -> None:
    assert growth(find_excess, lambda size: parse(make(size)), size=700) < LINEAR


@pytest.mark.parametrize(
    ("document", "found"),
    [
        pytest.param(doubling(40), {"too_many_aliases", "too_expensive"}, id="doubling"),
        pytest.param(chain(40), set(), id="chain"),
        pytest.param(fan(40), {"too_deep", "too_expensive"}, id="fan"),
        pytest.param(circle(40), {"invalid"}, id="circle"),
        pytest.param(nested(40), set(), id="inline fragments"),
        pytest.param(introspection(40), {"too_many_aliases", "too_expensive"}, id="introspection"),
        pytest.param("{ __schema { types { name } } }", set(), id="one look at the schema"),
        pytest.param("{ a: __typename b: __typename }", set(), id="names of types"),
        pytest.param("{ __schema { a: types { name } b: types { name } } }", {"too_expensive"}, id="looked at twice"),
        pytest.param(f"{{ orders(first: {'9' * 5000}) {{ id }} }}", set(), id="a number without end"),
        pytest.param("{ order(id: 1) { ...nothing } }", set(), id="a fragment that is not there"),
    ],
)
def test_depth_cost_and_aliases_count_through_fragments(document: str, found: set[str]) -> None:
    assert codes(parse(document)) == found


def test_a_fragment_costs_what_it_would_in_its_place() -> None:
    written = "{ orders(first: 50) { a: restaurant { name } } }"
    spread = "{ ...q } fragment q on Query { orders(first: 50) { ...o } } fragment o on Order { ...{ a: restaurant { name } } }"
    definitions = {node.name.value: limits._walk(node.selection_set) for node in fragments(spread)}
    (operation,) = parse(written).definitions
    whole = limits._sizes(definitions)["q"]

    assert isinstance(operation, OperationDefinitionNode)
    assert limits._walk(operation.selection_set).own == whole
    assert whole.cost == 1 + 50 * 2


def test_the_limits_fit_each_other() -> None:
    assert 2 * INTROSPECTION_COST <= MAX_COST
    assert MAX_FIRST < MAX_COST


@pytest.mark.parametrize(
    "text",
    ["#" * (MAX_CHARACTERS + 1), '"' + "a" * MAX_CHARACTERS + '"', "{" + "id " * MAX_TOKENS + "}", "{" * 5000],
)
def test_what_is_too_long_is_not_read_to_its_end(text: str) -> None:
    with pytest.raises(GraphQLError):
        read_document(text, schema._schema)


@given(some.integers(2, 60))
def test_a_short_document_ends_whatever_it_stands_for(levels: int) -> None:
    answer = ask(Town(), doubling(levels))

    assert ("errors" in answer) == (levels > 4)


@pytest.mark.django_db
def test_one_short_request_does_not_hold_up_the_gateway(client: Client) -> None:
    answer = client.get("/graphql", {"query": doubling(40)})

    assert answer.status_code == 200
    assert "too_many_aliases" in {error["extensions"]["code"] for error in answer.json()["errors"]}


def test_others_are_answered_while_a_long_document_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def both() -> list[str]:
        loop, order, others = asyncio.get_running_loop(), [], asyncio.Event()

        def slow(text: str, _: object) -> Any:
            asyncio.run_coroutine_threadsafe(others.wait(), loop).result(10)  # ends only if the loop goes on
            order.append("checked")
            return read_document("{ __typename }", schema._schema)

        monkeypatch.setattr(documents, "read_document", slow)
        asked = asyncio.ensure_future(schema.execute("{ __typename }" + " " * 1000))
        await asyncio.sleep(0)
        order.append("others")
        others.set()
        await asked
        return order

    assert asyncio.run(both()) == ["others", "checked"]


@pytest.mark.parametrize("values", [[1] * 2000, [[[1] * 400] * 3] * 3, {str(n): n for n in range(2000)}])
def test_variables_hold_a_bounded_number_of_values(values: Any) -> None:
    with pytest.raises(Refused):
        check_variables({"a": values})


def test_variables_of_a_large_order_are_taken() -> None:
    check_variables({"order": {"lineItems": [{"menuItemId": "1", "quantity": 1}] * (MAX_VALUES // 3 - 2)}})
