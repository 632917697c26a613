"""What is kept of an answer is never given to somebody else: fallbacks, loaders, idempotency keys."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.consumers.models import Consumer
from apps.gateway.loaders import Loaders
from apps.gateway.proxies import Accounting, Deliveries, Kitchen
from apps.shared.identity.caller import ANYBODY, Caller, calling
from postroad.calls.proxy import client_of
from postroad.calls.transport import Answer
from postroad.errors import ServiceUnavailable
from tests.apps.gateway.conftest import Town as Plain
from tests.apps.shared.identity.conftest import Town, as_caller, post
from tests.support.calls import Scripted, policy

ADA, OFFICE = Caller(name="ada", token="t-ada"), Caller(name="office", token="t-office")  # noqa: S106 - no tokens
TICKET = b'{"ticketId":1,"orderId":1,"restaurantId":7,"state":"ACCEPTED"}'
DELIVERY = b'{"deliveryInfo":{"id":1,"state":"PENDING"}}'
BILL = b'{"orderId":1,"accountId":5,"state":"AUTHORIZED","amount":"1.00"}'
DOWN = ServiceUnavailable("it is away")

KEPT = [
    pytest.param(Kitchen, "ticket", TICKET, id="ticket"),
    pytest.param(Deliveries, "delivery", DELIVERY, id="delivery"),
    pytest.param(Accounting, "bill", BILL, id="bill"),
]


def asked(interface: Any, method: str, body: bytes) -> tuple[Callable[[Caller], object], Scripted]:
    """Return how a caller asks for part 1, which is answered once and then no more."""
    transport, shared = Scripted(Answer(status=200, body=body), DOWN), policy(attempts=1)
    client: Any = client_of(interface, transport=transport, policy=lambda _: shared)

    def ask(caller: Caller) -> object:
        with calling(caller):
            return asyncio.run(_awaited(getattr(client, method)))

    return ask, transport


async def _awaited(call: Callable[[int], Any]) -> object:
    return await call(1)


@pytest.mark.parametrize(("interface", "method", "body"), KEPT)
def test_an_answer_that_is_kept_serves_its_caller_only(interface: Any, method: str, body: bytes) -> None:
    ask, _ = asked(interface, method, body)
    first = ask(OFFICE)

    with pytest.raises(ServiceUnavailable):
        ask(ADA)
    with pytest.raises(ServiceUnavailable):
        ask(ANYBODY)
    assert ask(OFFICE) == first


@pytest.mark.parametrize(("interface", "method", "body"), KEPT)
def test_the_callers_token_goes_with_each_call(interface: Any, method: str, body: bytes) -> None:
    ask, transport = asked(interface, method, body)

    ask(OFFICE)
    with pytest.raises(ServiceUnavailable):
        ask(ADA)

    assert [each.headers["authorization"] for each in transport.sent] == ["Bearer t-office", "Bearer t-ada"]


def test_where_nobody_shows_who_they_are_an_answer_serves_all() -> None:
    ask, transport = asked(Kitchen, "ticket", TICKET)

    assert ask(ANYBODY) == ask(ANYBODY)
    assert "authorization" not in transport.sent[0].headers


def test_loaders_of_two_requests_share_nothing() -> None:
    plain = Plain()

    async def requests() -> None:
        await Loaders(plain.services()).order.load(1)
        await Loaders(plain.services()).order.load(1)

    asyncio.run(requests())

    assert plain.times("orders.order") == 2


@pytest.mark.parametrize("path", ["/v1/consumers", "/consumers/v1/consumers", "/consumers/v2/consumers"])
@pytest.mark.django_db(transaction=True)
def test_two_callers_with_one_idempotency_key_get_two_answers(client: Client, town: Town, path: str) -> None:
    body = {"name": {"firstName": "Zoe", "lastName": "Z."}}

    first, again, other = (
        post(client, path, body, **as_caller(who), **{"idempotency-key": "1"})
        for who in ("office", "office", "unregistered")
    )

    assert again["Idempotency-Replayed"] == "true"
    assert again.json()["consumerId"] == first.json()["consumerId"]
    assert "Idempotency-Replayed" not in other
    assert other.json()["consumerId"] != first.json()["consumerId"]
    assert Consumer.objects.filter(first_name="Zoe").count() == 2


@pytest.mark.parametrize("path", ["/consumers/v1/consumers", "/consumers/v2/consumers"])
@pytest.mark.django_db(transaction=True)
def test_a_kept_answer_is_not_replayed_to_who_may_not_ask(client: Client, town: Town, path: str) -> None:
    body = {"name": {"firstName": "Zoe", "lastName": "Z."}}
    post(client, path, body, **as_caller("office"), **{"idempotency-key": "1"})

    statuses = [post(client, path, body, **as_caller(who), **{"idempotency-key": "1"}).status_code
                for who in ("nobody", "cook", "ada")]  # fmt: skip

    assert statuses == [401, 403, 409]
