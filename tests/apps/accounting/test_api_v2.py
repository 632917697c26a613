"""The REST API of accounting, version 2."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.accounting.domain import AccountState
from apps.accounting.messages import AuthorizeCharge
from apps.accounting.models import Account
from apps.consumers.messages import ConsumerCreated
from tests.apps.accounting.conftest import Ask

pytestmark = pytest.mark.django_db

ACCOUNT = "/accounting/v2/accounts/5"


def act(client: Client, action: str, tag: str = "*") -> Any:
    return client.post(f"{ACCOUNT}/{action}", headers={"if-match": tag})


@pytest.mark.parametrize("state", AccountState)
@pytest.mark.parametrize("action", ["disable", "enable"])
def test_exactly_the_actions_that_do_not_conflict_are_offered(
    client: Client, ada: ConsumerCreated, state: AccountState, action: str
) -> None:
    Account.objects.update(state=state.value)
    is_offered = action in client.get(ACCOUNT).json()["_links"]

    assert act(client, action).status_code == (200 if is_offered else 409)


def test_an_account_is_disabled_once_by_who_knows_it(client: Client, ada: ConsumerCreated) -> None:
    tag = client.get(ACCOUNT)["ETag"]

    disabled, again = act(client, "disable", tag), act(client, "disable", tag)

    assert (disabled.status_code, disabled.json()["state"]) == (200, "DISABLED")
    assert disabled.json()["_links"].keys() == {"self", "enable"}
    assert again.status_code == 412


def test_an_action_needs_a_tag(client: Client, ada: ConsumerCreated) -> None:
    assert act(client, "disable", "").status_code == 428


def test_version_1_still_disables_twice(client: Client, ada: ConsumerCreated) -> None:
    address = ACCOUNT.replace("v2", "v1")

    assert client.post(f"{address}/disable").status_code == 200
    assert client.post(f"{address}/disable").status_code == 200


def test_a_bill_leads_to_its_account(client: Client, ada: ConsumerCreated, ask: Ask) -> None:
    ask(AuthorizeCharge(consumer_id=5, order_id=99, order_total=Decimal("12.34")))

    found = client.get("/accounting/v2/bills/99").json()

    assert (found["amount"], found["state"]) == ("12.34", "AUTHORIZED")
    assert found["_links"]["self"]["href"] == "/accounting/v2/bills/99"
    assert client.get(found["_links"]["account"]["href"]).json()["authorizedTotal"] == "12.34"
