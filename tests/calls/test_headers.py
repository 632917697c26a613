"""Headers of a proxy, of a call and of one time; and what parameters and bodies are called on the wire."""

import json
from collections.abc import Mapping
from typing import Protocol

from postroad.calls.declaration import get, post, proxy
from postroad.calls.proxy import client_of
from postroad.calls.transport import Answer
from postroad.codecs.types import Message
from tests.support.calls import Scripted, policy

TOKEN = ["of nobody"]
LIST = Answer(status=200, body=b"[]")


class Snake(Message, rename=None):
    order_id: int


class Camel(Message):
    order_id: int


def relay_token() -> Mapping[str, str]:
    return {"authorization": f"Bearer {TOKEN[0]}"}


@proxy("bakery", headers={"X-Tenant": "t1", "accept-language": "en"})
class Fixed(Protocol):
    @get("/v1/loaves")
    def plain(self, baked_by: str | None = None) -> list[int]: ...

    @get("/v1/loaves", headers={"Accept-Language": "de"})
    def german(self) -> list[int]: ...

    @get("/v1/loaves", headers=relay_token)
    def relayed(self, headers: Mapping[str, str] | None = None) -> list[int]: ...


@proxy("bakery", headers=relay_token, naming=str)
class Named(Protocol):
    @get("/v1/loaves")
    def loaves(self, baked_by: str) -> list[int]: ...

    @post("/v1/snake")
    def snake(self, body: Snake) -> None: ...

    @post("/v1/camel")
    def camel(self, body: Camel) -> None: ...

    @post("/v1/any")
    def any(self, body: dict[str, int]) -> None: ...


def sent(transport: Scripted) -> list[dict[str, str]]:
    return [dict(each.headers) for each in transport.sent]


def test_a_proxys_fixed_headers_go_with_each_call_and_a_calls_own_win() -> None:
    transport = Scripted(LIST, LIST)
    bakery = client_of(Fixed, transport=transport, policy=lambda _: policy())
    bakery.plain()
    bakery.german()

    assert sent(transport) == [
        {"x-tenant": "t1", "accept-language": "en"},
        {"x-tenant": "t1", "accept-language": "de"},
    ]


def test_a_function_is_asked_at_each_call_and_the_caller_has_the_last_word() -> None:
    transport = Scripted(LIST, LIST, LIST)
    bakery = client_of(Fixed, transport=transport, policy=lambda _: policy())
    for token in ("ada", "bob"):
        TOKEN[0] = token
        bakery.relayed()
    bakery.relayed(headers={"Authorization": "Bearer carol", "x-tenant": "t2"})

    assert [each["authorization"] for each in sent(transport)] == ["Bearer ada", "Bearer bob", "Bearer carol"]
    assert [each["x-tenant"] for each in sent(transport)] == ["t1", "t1", "t2"]
    assert [each.target for each in transport.sent] == ["/v1/loaves"] * 3


def test_the_query_is_named_as_the_proxy_says() -> None:
    transport = Scripted(LIST, LIST)
    client_of(Fixed, transport=transport, policy=lambda _: policy()).plain(baked_by="Ann")
    client_of(Named, transport=transport, policy=lambda _: policy()).loaves(baked_by="Ann")

    assert [each.target for each in transport.sent] == ["/v1/loaves?bakedBy=Ann", "/v1/loaves?baked_by=Ann"]


def test_a_body_is_named_as_its_type_says() -> None:
    empty = Answer(status=204)
    transport = Scripted(empty, empty, empty)
    bakery = client_of(Named, transport=transport, policy=lambda _: policy())
    bakery.snake(Snake(order_id=1))
    bakery.camel(Camel(order_id=1))
    bakery.any({"order_id": 1})

    assert [json.loads(each.body) for each in transport.sent] == [{"order_id": 1}, {"orderId": 1}, {"order_id": 1}]
