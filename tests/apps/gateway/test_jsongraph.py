"""JSON Graph: path sets, the graph, and the roots over plain services."""

import asyncio
from typing import Any
from unittest.mock import Mock

import pytest

from apps.gateway.jsongraph import protocol, routes
from apps.gateway.jsongraph.routes import Model
from apps.gateway.loaders import Loaders
from apps.gateway.problems import Refused
from apps.shared.identity.caller import Caller
from postroad.errors import CallRejected, ServiceUnavailable
from tests.apps.gateway.conftest import Town

ATOM = {"$type": "atom"}


def ask(town: Town, parameters: dict[str, str], *, caller: Caller = Caller(), may_change: bool = True) -> Any:  # noqa: B008 - frozen
    async def answer() -> Any:
        return await protocol.answer(Model(Loaders(town.services()), caller), parameters, may_change=may_change)

    return asyncio.run(answer())


def get(town: Town, paths: str, **more: Any) -> Any:
    return ask(town, {"method": "get", "paths": paths}, **more)["jsonGraph"]


def test_fields_of_a_thing_are_found_flat(town: Town) -> None:
    found = get(town, '[["consumersById",5,["firstName","lastName","consumerId"]],["ordersById",99,"state"]]')

    assert found == {
        "consumersById": {"5": {"firstName": "Ada", "lastName": "Lovelace", "consumerId": 5}},
        "ordersById": {"99": {"state": "APPROVED"}},
    }


def test_a_reference_is_shown_and_followed(town: Town) -> None:
    found = get(town, '[["ordersById",99,["restaurant","consumer"],["name","firstName"]]]')

    order = found["ordersById"]["99"]
    assert order["restaurant"] == {"$type": "ref", "value": ["restaurantsById", 7]}
    assert order["consumer"] == {"$type": "ref", "value": ["consumersById", 5]}
    assert found["restaurantsById"]["7"] == {"name": "Restaurant 7", "firstName": ATOM}
    assert found["consumersById"]["5"]["firstName"] == "Ada"


def test_a_list_has_a_length_and_references(town: Town) -> None:
    found = get(town, '[["restaurants",["length",{"to":2}]],["consumersById",5,"orders",{"to":0},"state"]]')

    assert found["restaurants"] == {
        "length": 2,
        "0": {"$type": "ref", "value": ["restaurantsById", 7]},
        "1": {"$type": "ref", "value": ["restaurantsById", 8]},
        "2": ATOM,
    }
    assert found["consumersById"]["5"]["orders"] == {"0": {"$type": "ref", "value": ["ordersById", 99]}}
    assert found["ordersById"] == {"99": {"state": "APPROVED"}}


def test_a_long_list_is_walked_page_by_page_up_to_its_bound(town: Town) -> None:
    town.orders_of[5] = list(range(1, 500))

    found = get(town, '[["consumersById",5,"orders",["length",{"from":198,"to":200}]]]')

    orders = found["consumersById"]["5"]["orders"]
    assert orders["length"] == 200
    assert orders["199"]["value"] == ["ordersById", 200]
    assert orders["200"] == ATOM
    assert town.times("order_history.orders") == 10


def test_an_object_is_an_atom(town: Town) -> None:
    found = get(town, '[["restaurantsById",7,"menu"]]')

    menu = {"menuItems": [{"id": "1", "name": "Vindaloo", "price": "12.34"}]}
    assert found["restaurantsById"]["7"]["menu"] == {"$type": "atom", "value": menu}


@pytest.mark.parametrize(
    "path",
    [
        ["ordersById", 999, "state"],
        ["ordersById", 99, "nothing"],
        ["ordersById", "x", "state"],
        ["ordersById", "01", "state"],
        ["ordersById", -1, "state"],
        ["ordersById", 2**70, "state"],
        ["ordersById", "\u0661", "state"],
        ["ordersById", 999, "restaurant"],
        ["ordersById", 99],
        ["ordersById"],
        ["consumersById", 5, "orders"],
        ["consumersById", 5, "orders", 7],
        ["restaurants", "x"],
        ["nowhere", 1, "x"],
    ],
    ids=str,
)
def test_what_is_missing_is_an_atom_without_value(town: Town, path: list[Any]) -> None:
    found = get(town, str([path]).replace("'", '"'))

    for key in path:
        found = found[str(key)]
    assert found == ATOM


def test_one_thing_is_asked_for_once(town: Town) -> None:
    get(town, '[["ordersById",[97,98,99],"restaurant",["id","name","menu"]]]')

    assert town.times("orders.contents") == 3
    assert town.times("restaurants.restaurant") == 1


def test_a_thing_is_made_readable_once_however_many_of_its_names_are_asked_for(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Mock(wraps=routes._shown)
    monkeypatch.setattr(routes, "_shown", shown)

    get(town, '[["restaurantsById", [7, 8], [' + ", ".join(f'"x{number}"' for number in range(400)) + "]]]")

    assert shown.call_count == 2


def test_a_service_that_is_away_is_an_error_at_its_paths_only(town: Town) -> None:
    async def away(_: object) -> None:
        raise ServiceUnavailable("nobody answers at http://10.0.0.1")

    town.behaviours["restaurants.restaurant"] = away

    found = get(town, '[["restaurantsById",7,"name"],["ordersById",99,"state"]]')

    error = found["restaurantsById"]["7"]["name"]
    assert error["$type"] == "error"
    assert error["value"]["code"] == "unavailable"
    assert "10.0.0.1" not in str(error)
    assert found["ordersById"]["99"]["state"] == "APPROVED"


def test_what_the_callers_roles_do_not_allow_is_an_error(town: Town) -> None:
    caller = Caller(name="ada", roles=frozenset({"consumer"}))

    found = get(town, '[["couriersById",3,"available"],["restaurantsById",7,"name"]]', caller=caller)

    assert found["couriersById"]["3"]["available"]["value"]["code"] == "forbidden"
    assert found["restaurantsById"]["7"]["name"] == "Restaurant 7"


def setting(graph: str, paths: str) -> dict[str, str]:
    return {"method": "set", "jsonGraph": f'{{"jsonGraph":{graph},"paths":{paths}}}'}


@pytest.mark.parametrize("value", ["false", '{"$type":"atom","value":false}'])
def test_a_couriers_availability_can_be_set(town: Town, value: str) -> None:
    answer = ask(
        town, setting(f'{{"couriersById":{{"3":{{"available":{value}}}}}}}', '[["couriersById",3,"available"]]')
    )

    assert answer == {
        "jsonGraph": {"couriersById": {"3": {"available": False}}},
        "paths": [("couriersById", 3, "available")],
    }
    assert town.calls == [("delivery.change_availability", 3)]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ('["ordersById",99,"state"]', '{"ordersById":{"99":{"state":"CANCELLED"}}}', "not_settable"),
        ('["couriersById",3,"courierId"]', '{"couriersById":{"3":{"courierId":4}}}', "not_settable"),
        ('["couriersById","x","available"]', '{"couriersById":{"x":{"available":true}}}', "not_settable"),
        ('["couriersById",3,"available"]', '{"couriersById":{"3":{"available":1}}}', "invalid"),
        ('["couriersById",3,"available"]', '{"couriersById":{"3":{"available":null}}}', "invalid"),
    ],
)
def test_what_may_not_be_set_is_an_error_and_changes_nothing(town: Town, path: str, value: str, code: str) -> None:
    answer = ask(town, setting(value, f"[{path}]"))

    assert f"'code': '{code}'" in str(answer["jsonGraph"])
    assert town.calls == []


def test_one_refused_value_keeps_all_others_from_being_set(town: Town) -> None:
    graph = '{"couriersById":{"3":{"available":true}},"ordersById":{"99":{"state":"x"}}}'

    answer = ask(town, setting(graph, '[["couriersById",3,"available"],["ordersById",99,"state"]]'))

    assert list(answer["jsonGraph"]) == ["ordersById"]
    assert town.calls == []


def test_only_who_may_sets(town: Town) -> None:
    caller = Caller(name="ada", roles=frozenset({"consumer"}))
    graph = '{"couriersById":{"3":{"available":true}}}'

    answer = ask(town, setting(graph, '[["couriersById",3,"available"]]'), caller=caller)

    assert answer["jsonGraph"]["couriersById"]["3"]["available"]["value"]["code"] == "forbidden"
    assert town.calls == []


def test_an_order_is_created_by_a_call(town: Town) -> None:
    answer = ask(town, {"method": "call", "callPath": '["orders","create"]', "arguments": '[{"consumerId":5}]'})

    assert town.calls[0] == ("orders.create", {"consumerId": 5})
    assert answer["jsonGraph"] == {
        "orders": {"create": {"$type": "ref", "value": ["ordersById", 100]}},
        "ordersById": {"100": {"orderId": 100, "state": "APPROVED", "orderTotal": "24.68"}},
    }
    assert answer["paths"][0] == ("orders", "create", "orderId")


def test_a_call_shows_what_it_is_told_to(town: Town) -> None:
    answer = ask(
        town,
        {
            "method": "call",
            "callPath": '["ordersById",99,"cancel"]',
            "arguments": "[]",
            "pathSuffixes": '[["restaurant","name"]]',
            "paths": '[["state"]]',
        },
    )

    assert ("orders.cancel", 99) in town.calls
    assert answer["paths"] == [("ordersById", 99, "restaurant", "name"), ("ordersById", 99, "state")]
    assert answer["jsonGraph"]["restaurantsById"]["7"]["name"] == "Restaurant 7"


def test_an_order_is_revised_by_a_call(town: Town) -> None:
    items = '[[{"menuItemId":"1","quantity":3}]]'

    ask(town, {"method": "call", "callPath": '["ordersById","99","revise"]', "arguments": items})

    assert town.calls[0] == ("orders.revise", 99)


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        ('["orders","delete"]', "[]"),
        ('["orders","create"]', "[]"),
        ('["orders","create"]', "[1]"),
        ('["ordersById",99,"approve"]', "[]"),
        ('["ordersById","x","cancel"]', "[]"),
        ('["ordersById",99,"cancel"]', "[1]"),
        ('["ordersById",99,"revise"]', "[{}]"),
        ('["nowhere"]', "[]"),
    ],
)
def test_what_may_not_be_called_is_an_error_and_changes_nothing(town: Town, path: str, arguments: str) -> None:
    answer = ask(town, {"method": "call", "callPath": path, "arguments": arguments})

    assert "'code': 'not_callable'" in str(answer["jsonGraph"])
    assert town.calls == []


def test_a_refusal_of_the_business_is_an_error_with_its_code(town: Town) -> None:
    async def refuse(_: object) -> None:
        raise CallRejected("orders.cancel", status=409, code="illegal_transition", detail="It was picked up.")

    town.behaviours["orders.cancel"] = refuse

    answer = ask(town, {"method": "call", "callPath": '["ordersById",99,"cancel"]'})

    error = answer["jsonGraph"]["ordersById"]["99"]["cancel"]
    assert error == {"$type": "error", "value": {"code": "illegal_transition", "detail": "It was picked up."}}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"method": "delete"},
        {"method": "get"},
        {"method": "get", "paths": ""},
        {"method": "get", "paths": "ordersById"},
        {"method": "get", "paths": "[" * 100_000},
        {"method": "get", "paths": "\ud800"},
        {"method": "set"},
        {"method": "set", "jsonGraph": "[]"},
        {"method": "set", "jsonGraph": "{}"},
        {"method": "set", "jsonGraph": '{"paths":[["a"]]}'},
        {"method": "set", "jsonGraph": '{"paths":[["a"]],"jsonGraph":[]}'},
        {"method": "call"},
        {"method": "call", "callPath": "[]"},
        {"method": "call", "callPath": '["a",["b","c"]]'},
        {"method": "call", "callPath": '["orders","create"]', "arguments": "{}"},
        {"method": "call", "callPath": '["orders","create"]', "arguments": "[{}]", "pathSuffixes": "x"},
    ],
    ids=lambda parameters: str(parameters)[:50],
)
def test_garbage_is_a_400(town: Town, parameters: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        ask(town, parameters)

    assert refused.value.status == 400
    assert town.calls == []


@pytest.mark.parametrize("method", ["set", "call"])
def test_a_get_changes_nothing(town: Town, method: str) -> None:
    with pytest.raises(Refused) as refused:
        ask(town, {"method": method}, may_change=False)

    assert refused.value.status == 405
