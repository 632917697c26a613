"""The REST API of accounting, version 1."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.accounting.messages import AuthorizeCharge, ReverseAuthorization, ReviseAuthorization
from apps.accounting.models import AccountEntry
from apps.consumers.messages import ConsumerCreated
from postroad import Message
from postroad.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db
Ask = Callable[[Message], tuple[str, dict[str, Any]]]
Announced = Callable[[], list[tuple[str, dict[str, Any]]]]
URL = "/accounting/v1/accounts/5"
ACCOUNT = {"accountId": 5, "consumerId": 5, "state": "ENABLED", "limit": "10000.00", "authorizedTotal": "0.00"}


def post(client: Client, verb: str) -> Any:
    return client.post(f"{URL}/{verb}", {}, content_type="application/json")


def test_an_account_is_shown(client: Client, ada: ConsumerCreated) -> None:
    answer = client.get(URL)

    assert answer.status_code == 200
    assert answer.json() == ACCOUNT


def test_an_account_shows_what_was_authorised(client: Client, ada: ConsumerCreated, ask: Ask) -> None:
    ask(AuthorizeCharge(consumer_id=5, order_id=1, order_total=Decimal("25.18")))
    ask(AuthorizeCharge(consumer_id=5, order_id=2, order_total=Decimal("10.00")))

    assert client.get(URL).json() == {**ACCOUNT, "authorizedTotal": "35.18"}


def test_an_account_that_is_not_there_yet_is_not_found(client: Client) -> None:
    answer = client.get(URL)

    assert answer.status_code == 404
    assert answer.json() == {"code": "not_found", "detail": "There is no account 5.", "fields": {}}


@pytest.mark.parametrize("verb", ["disable", "enable"])
def test_nothing_happens_to_an_unknown_account(client: Client, verb: str) -> None:
    assert post(client, verb).status_code == 404


def test_a_disabled_account_says_so(client: Client, ada: ConsumerCreated, announced: Announced) -> None:
    answer = post(client, "disable")

    assert answer.status_code == 200
    assert answer.json() == {**ACCOUNT, "state": "DISABLED"}
    assert client.get(URL).json() == answer.json()
    assert announced()[1:] == [("accounting.AccountDisabled", {"accountId": 5})]


def test_an_account_that_is_enabled_again_says_so(client: Client, ada: ConsumerCreated, announced: Announced) -> None:
    post(client, "disable")

    assert post(client, "enable").json() == ACCOUNT
    assert announced()[2:] == [("accounting.AccountEnabled", {"accountId": 5})]


def test_disabling_twice_changes_nothing(client: Client, ada: ConsumerCreated, announced: Announced) -> None:
    answers = [post(client, "disable"), post(client, "disable")]

    assert [answer.json()["state"] for answer in answers] == ["DISABLED", "DISABLED"]
    assert (AccountEntry.objects.count(), len(announced())) == (2, 2)


def test_enabling_an_enabled_account_changes_nothing(
    client: Client, ada: ConsumerCreated, announced: Announced
) -> None:
    assert post(client, "enable").json() == ACCOUNT
    assert (AccountEntry.objects.count(), len(announced())) == (1, 1)


@pytest.mark.parametrize("verb", ["disable", "enable"])
def test_no_body_is_needed(client: Client, ada: ConsumerCreated, verb: str) -> None:
    assert client.post(f"{URL}/{verb}").status_code == 200


def test_the_events_of_an_account_carry_its_key_and_the_service(client: Client, ada: ConsumerCreated) -> None:
    post(client, "disable")

    event = OutboxMessage.objects.get(type="accounting.AccountDisabled")
    assert (event.channel, event.partition_key, event.app_id) == ("accounting.Account", "5", "accounting")


def test_the_bill_of_an_order_follows_its_charge(client: Client, ada: ConsumerCreated, ask: Ask) -> None:
    ask(AuthorizeCharge(consumer_id=5, order_id=1, order_total=Decimal("25.18")))
    bill = {"orderId": 1, "accountId": 5, "state": "AUTHORIZED", "amount": "25.18"}
    assert client.get("/accounting/v1/bills/1").json() == bill

    ask(ReviseAuthorization(consumer_id=5, order_id=1, order_total=Decimal("30.00")))
    assert client.get("/accounting/v1/bills/1").json() == {**bill, "amount": "30.00"}

    ask(ReverseAuthorization(consumer_id=5, order_id=1, order_total=Decimal("30.00")))
    assert client.get("/accounting/v1/bills/1").json() == {**bill, "state": "REVERSED", "amount": "30.00"}


def test_a_bill_is_read_with_one_statement(
    client: Client, ada: ConsumerCreated, ask: Ask, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ask(AuthorizeCharge(consumer_id=5, order_id=1, order_total=Decimal("25.18")))

    with django_assert_num_queries(1):
        client.get("/accounting/v1/bills/1")


def test_the_bill_of_a_refused_charge_says_so(client: Client, ada: ConsumerCreated, ask: Ask) -> None:
    ask(AuthorizeCharge(consumer_id=5, order_id=1, order_total=Decimal("10000.01")))

    assert client.get("/accounting/v1/bills/1").json()["state"] == "REFUSED"


def test_an_order_that_nobody_charged_has_no_bill(client: Client) -> None:
    assert client.get("/accounting/v1/bills/1").status_code == 404
