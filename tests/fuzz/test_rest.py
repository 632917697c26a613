"""The REST API of every service: any method, any path of it, any body; never a 5xx, a hang, or a message that parks.

`tests/contracts/test_openapi.py` fuzzes what the documents promise, in process; here are whole servers and what no document says.
"""

import json
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import strategies as st

from config.services import SERVICES
from tests.fuzz.conftest import ADDRESS, CONSUMER, MENU, ORDER, RESTAURANT, Shop
from tests.fuzz.fuzzing import ask, bodies, fuzzed, ids

pytestmark = pytest.mark.slow

DOCUMENTS: list[Any] = [
    ORDER, CONSUMER, RESTAURANT, MENU, ADDRESS,
    {"revisedOrderLineItems": [{"menuItemId": "1", "quantity": 3}]},
    {"readyBy": "2030-01-01T11:00:00Z"}, {"available": True}, {"state": "CANCELLED"}, {},
]  # fmt: skip
METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"])
QUERIES = st.sampled_from([
    "", "?", "?a=%00", "?limit=-1", "?limit=1e9&cursor=%ff", "?startKey=%E0%A4", "?filter[state]=x", "?expand=consumer,consumer",
    "?consumerId=9999999999999999999999", "?since=yesterday", "?page=x&page=y", f"?{'a=b&' * 500}",
])  # fmt: skip
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(
            [
                "application/json",
                "application/json; charset=utf-16",
                "text/plain",
                "application/xml",
                "",
                "multipart/form-data",
            ]
        ),
        "Accept": st.sampled_from(
            ["*/*", "application/vnd.postroad.v2+json", "text/html;q=x", "application/json;version=99", ","]
        ),
        "If-Match": st.sampled_from(["*", '"x"', "W/", '"', "x" * 3000]),
        "If-None-Match": st.sampled_from(["*", '"a", "b"', '"']),
        "Idempotency-Key": st.sampled_from(["", "a", "a" * 300, "é", '"quoted"']),
        "X-Request-Id": st.sampled_from(["r-1", "x" * 200, "é"]),
        "traceparent": st.sampled_from(["00-x", "0" * 55]),
        "Accept-Language": st.sampled_from(["xx;q=9", ",,,", "de" * 50]),
        "Range": st.sampled_from(["bytes=0-1", "bytes=-"]),
        "Cookie": st.sampled_from(["sessionid=x", "=;=;", "a" * 2000]),
    },
)


@lru_cache(maxsize=1)
def paths(port: int) -> list[str]:
    """Return every path of every service's document, with its prefix."""
    found = [f"/{service}/openapi.json" for service in SERVICES]
    for service in SERVICES:
        document = json.loads(ask(port, "GET", f"/{service}/openapi.json").body)
        found += document["paths"]
    return sorted(found)


def filled(template: str, numbers: list[str]) -> str:
    """Return a path with its variables filled in."""
    parts = template.split("{")
    return parts[0] + "".join(number + part.partition("}")[2] for number, part in zip(numbers, parts[1:], strict=False))


def test_the_rest_apis_answer_whatever_is_asked(shop: Shop) -> None:
    templates = paths(shop.port)

    @fuzzed(
        120,
        method=METHODS, template=st.sampled_from(templates), numbers=st.lists(ids, min_size=3, max_size=3),
        query=QUERIES, headers=HEADERS, body=bodies(*DOCUMENTS),
    )  # fmt: skip
    def call(method: str, template: str, numbers: list[str], query: str, headers: dict[str, str], body: bytes) -> None:
        answer = ask(shop.port, method, f"{filled(template, numbers)}{query}", body, headers)

        assert 200 <= answer.status < 500, (method, template, numbers, query, headers, body[:300], answer)

    call()


def test_what_is_accepted_is_handled_and_parks_nothing(shop: Shop) -> None:
    writes = st.sampled_from([
        ("POST", "/consumers/v1/consumers", CONSUMER), ("POST", "/restaurants/v1/restaurants", RESTAURANT),
        ("POST", "/orders/v1/orders", ORDER), ("POST", "/orders/v2/orders", ORDER),
        ("PUT", "/restaurants/v1/restaurants/1/menu", MENU),
        ("POST", "/kitchen/v1/tickets/1/accept", {"readyBy": "2030-01-01T11:00:00Z"}),
        ("POST", "/orders/v1/orders/1/cancel", {}),
        ("POST", "/orders/v1/orders/1/revise", {"revisedOrderLineItems": [{"menuItemId": "1", "quantity": 3}]}),
        ("POST", "/delivery/v1/couriers/1/availability", {"available": True}),
    ])  # fmt: skip

    @fuzzed(60, data=st.data())
    def call(data: st.DataObject) -> None:
        method, path, document = data.draw(writes)
        body = data.draw(bodies(document))
        answer = ask(shop.port, method, path, body, {"Content-Type": "application/json"})

        assert 200 <= answer.status < 500, (path, body[:300], answer)

    call()
