"""Forwarding to a real HTTP server: what goes on, what comes back, and who answers when nobody does."""

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from apps.gateway import forward as forwarding
from apps.gateway.forward import forward
from apps.gateway.problems import Refused
from apps.shared.hypermedia.idempotency import KEY_PATTERN
from postroad.calls.discovery.static import StaticResolver
from postroad.calls.policies import watch
from postroad.calls.policies.selection import new_policy
from postroad.calls.transports.rest import RestTransport
from postroad.context import Current, working
from tests.apps.gateway.owner import Owner, running_owner

ORDER = "/v1/orders/1"


@pytest.fixture
def owner() -> Iterator[Owner]:
    with running_owner() as service:
        yield service


@pytest.fixture(autouse=True)
def new_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A breaker of its own for each test."""
    policy = new_policy("orders")
    monkeypatch.setattr(forwarding, "policy_of", lambda service: policy)


def send(url: str, *requests: Any, seconds: float = 5.0, caller: str = "") -> list[HttpResponse]:
    async def all_of_them() -> list[HttpResponse]:
        transport = RestTransport(StaticResolver({"orders": [url]}))
        answers = [
            await forward(each, "orders", seconds=seconds, caller=caller, transport=transport) for each in requests
        ]
        await transport.aclose()
        transport.close()
        return answers

    return asyncio.run(all_of_them())


def get(rf: RequestFactory, path: str = ORDER, **headers: str) -> Any:
    return rf.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_a_request_goes_on_as_it_is(rf: RequestFactory, owner: Owner) -> None:
    request = rf.post(f"{ORDER}/cancel?expand=a,b&x=%20", b'{"a": 1}', content_type="application/json; charset=utf-8")

    (answer,) = send(owner.url, request)

    method, path, headers, body = owner.requests[0]
    assert (method, path, body) == ("POST", f"{ORDER}/cancel?expand=a,b&x=%20", b'{"a": 1}')
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert (answer.status_code, answer.content) == (200, b'{"ok":true}')


@pytest.mark.parametrize(
    "name", ["accept", "if-match", "if-none-match", "idempotency-key", "accept-language", "prefer"]
)
def test_the_headers_that_an_owner_understands_go_on(rf: RequestFactory, owner: Owner, name: str) -> None:
    send(owner.url, rf.get(ORDER, headers={name: '"7"'}))

    assert owner.requests[0][2][name] == '"7"'


def test_every_caller_has_idempotency_keys_of_his_own(rf: RequestFactory, owner: Owner) -> None:
    for caller in ("shop", "app", "shop"):
        send(owner.url, rf.post(ORDER, headers={"idempotency-key": "1"}), caller=caller)

    first, others, again = (headers["idempotency-key"] for _, _, headers, _ in owner.requests)
    assert first == again != others
    assert re.fullmatch(KEY_PATTERN, first)


def test_a_key_that_cannot_be_used_is_left_to_the_owner_to_refuse(rf: RequestFactory, owner: Owner) -> None:
    send(owner.url, rf.post(ORDER, headers={"idempotency-key": "x" * 256}), caller="shop")

    assert owner.requests[0][2]["idempotency-key"] == "x" * 256


@pytest.mark.parametrize(
    "name", ["authorization", "x-api-key", "cookie", "connection", "te", "x-forwarded-for", "upgrade"]
)
def test_other_headers_end_at_the_gateway(rf: RequestFactory, owner: Owner, name: str) -> None:
    send(owner.url, rf.get(ORDER, headers={name: "secret"}))

    assert owner.requests[0][2].get(name) != "secret"


def test_trace_request_id_and_deadline_go_on(rf: RequestFactory, owner: Owner) -> None:
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    with working(Current(service="gateway", request_id="r-1", trace_parent=trace)):
        send(owner.url, get(rf), seconds=2.0)

    headers = owner.requests[0][2]
    assert (headers["x-request-id"], headers["traceparent"]) == ("r-1", trace)
    assert 0 < int(headers["x-postroad-deadline-ms"]) <= 2000


def test_headers_of_the_answer_come_back_but_not_those_of_the_hop(rf: RequestFactory, owner: Owner) -> None:
    owner.headers = [
        ("Content-Type", "application/hal+json"),
        ("ETag", '"3"'),
        ("Deprecation", "@1767225600"),
        ("Sunset", "Wed, 01 Jan 2031 00:00:00 GMT"),
        ("Vary", "Accept"),
        ("Vary", "Origin"),
        ("Set-Cookie", "a=b"),
        ("Connection", "keep-alive, X-Hop"),
        ("Keep-Alive", "timeout=5"),
        ("X-Hop", "1"),
    ]

    (answer,) = send(owner.url, get(rf))

    assert dict(answer.headers) == {
        "Content-Type": "application/hal+json",
        "Etag": '"3"',
        "Deprecation": "@1767225600",
        "Sunset": "Wed, 01 Jan 2031 00:00:00 GMT",
        "Vary": "Accept, Origin",
    }


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/v2/orders/7", "/v2/orders/7"),
        ("/orders/v2/orders/7?a=1", "/v2/orders/7?a=1"),
        ("http://10.0.0.1:8001/v2/orders/7", "/v2/orders/7"),
        ("http://localhost/orders/v2/orders/7", "/v2/orders/7"),
    ],
)
def test_a_location_leads_to_the_gateway(rf: RequestFactory, owner: Owner, location: str, shown: str) -> None:
    owner.status, owner.headers = 201, [("Location", location)]

    (answer,) = send(owner.url, rf.post("/v2/orders", b"{}", content_type="application/json"))

    assert answer["Location"] == shown


@pytest.mark.parametrize("status", [304, 400, 404, 409, 412, 415, 422])
def test_the_owners_own_words_come_back(rf: RequestFactory, owner: Owner, status: int) -> None:
    owner.status, owner.body = status, b'{"code":"its_own"}' if status != 304 else b""
    owner.headers = [("Content-Type", "application/problem+json")]

    (answer,) = send(owner.url, get(rf))

    assert (answer.status_code, answer.content) == (status, owner.body)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_owners_failure_comes_back_as_it_is_after_what_may_be_repeated_was(
    rf: RequestFactory, owner: Owner, status: int
) -> None:
    owner.status, owner.body = status, b'{"code":"its_own"}'

    (answer,) = send(owner.url, get(rf))

    assert (answer.status_code, answer.content) == (status, b'{"code":"its_own"}')
    assert len(owner.requests) == 3


@pytest.mark.parametrize("method", ["post", "patch"])
def test_what_is_not_idempotent_is_sent_once(rf: RequestFactory, owner: Owner, method: str) -> None:
    owner.status = 503

    send(owner.url, getattr(rf, method)(ORDER, b"{}", content_type="application/json"))

    assert len(owner.requests) == 1


@pytest.mark.parametrize(("status", "outcome"), [(200, "answered"), (409, "rejected"), (503, "ServiceUnavailable")])
def test_a_forwarded_request_is_told_to_those_who_count_calls(
    rf: RequestFactory, owner: Owner, status: int, outcome: str
) -> None:
    owner.status, told = status, list[watch.Fact]()

    with watch.watching(told.append):
        send(owner.url, rf.post(ORDER))

    (ended,) = [fact for fact in told if isinstance(fact, watch.CallEnded)]
    assert (ended.service, ended.operation, ended.outcome) == ("orders", "post", outcome)
    assert 0 < ended.seconds < 5


def test_connections_are_used_again(rf: RequestFactory, owner: Owner) -> None:
    send(owner.url, *[get(rf) for _ in range(5)])

    assert len(owner.requests) == 5
    assert len(owner.connections) == 1


def nobody() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_owner_that_is_away_is_named_with_the_way_out(rf: RequestFactory, method: str) -> None:
    (answer,) = send(nobody(), getattr(rf, method)(ORDER))

    problem = json.loads(answer.content)
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Retry-After"] == "5"
    assert problem["code"] == "unavailable"
    assert problem["detail"] == "orders cannot answer at the moment; try again in 5 seconds."


def test_an_owner_that_is_away_is_soon_left_alone(rf: RequestFactory, owner: Owner) -> None:
    owner.status = 500

    send(owner.url, *[rf.post(ORDER, b"{}", content_type="application/json") for _ in range(30)])

    assert len(owner.requests) == 10


def test_an_owner_that_takes_too_long_is_given_up(rf: RequestFactory) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        (answer,) = send(f"http://127.0.0.1:{listener.getsockname()[1]}", get(rf), seconds=0.05)

    assert answer.status_code == 504
    assert json.loads(answer.content)["code"] == "deadline_exceeded"


def test_an_owner_without_address_is_unavailable_not_a_defect(rf: RequestFactory) -> None:
    async def call() -> HttpResponse:
        return await forward(get(rf), "orders", seconds=1.0, transport=RestTransport(StaticResolver({})))

    assert asyncio.run(call()).status_code == 503


@pytest.mark.parametrize("path", ["/v1/orders/../../admin/", "/v1/orders/./1", "/v1/orders/..", "/v1/orders/%2e%2e/x"])
def test_a_path_that_leads_elsewhere_is_not_forwarded(rf: RequestFactory, owner: Owner, path: str) -> None:
    with pytest.raises(Refused) as refused:
        send(owner.url, rf.get(path))

    assert refused.value.status == 404
    assert owner.requests == []


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "NONSENSE"])
def test_a_method_that_no_owner_has_is_refused_with_those_there_are(
    rf: RequestFactory, owner: Owner, method: str
) -> None:
    with pytest.raises(Refused) as refused:
        send(owner.url, rf.generic(method, ORDER))

    assert refused.value.status == 405
    assert "DELETE, GET" in refused.value.headers["Allow"]
    assert owner.requests == []


@pytest.mark.parametrize(
    "path", ["/v1/orders/a%0d%0ab", "/v1/orders/%00", "/v1/orders/\u00e9?x=%ff", "/v1/orders/a b#c"]
)
def test_characters_of_a_path_stay_what_they_are(rf: RequestFactory, owner: Owner, path: str) -> None:
    send(owner.url, rf.get(path))

    assert len(owner.requests) == 1
    assert "\r" not in owner.requests[0][1]
