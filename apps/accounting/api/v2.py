"""The REST API of accounting, version 2: resources and actions."""

from apps.accounting import usecases
from apps.accounting.api.serializers import AccountSerializer, BillSerializer
from apps.accounting.domain import TRANSITIONS, AccountState, AccountVerb, Bill, next_state
from apps.accounting.models import Account
from apps.shared.hypermedia.resource import Action, Resource, Values


def _disable(account: Account, _: Values) -> Account:
    next_state(AccountState(account.state), AccountVerb.DISABLE)
    return usecases.disable_account(account.pk)


def _enable(account: Account, _: Values) -> Account:
    next_state(AccountState(account.state), AccountVerb.ENABLE)
    return usecases.enable_account(account.pk)


ACCOUNT: Resource[Account] = Resource(
    service="accounting",
    name="account",
    path="accounts/<id:account_id>",
    summary="Show an account, its limit and what was authorised.",
    body=AccountSerializer,
    find=usecases.find_account,
    lock=usecases.lock_account,
    transitions=TRANSITIONS,
    actions=(
        Action(
            name="disable",
            operation="disableAccount",
            verb=AccountVerb.DISABLE,
            summary="Authorise nothing any more.",
            run=_disable,
        ),
        Action(
            name="enable",
            operation="enableAccount",
            verb=AccountVerb.ENABLE,
            summary="Authorise charges again.",
            run=_enable,
        ),
    ),
)
BILL: Resource[Bill] = Resource(
    service="accounting",
    name="bill",
    path="bills/<id:order_id>",
    summary="Show what an order is charged.",
    body=BillSerializer,
    find=usecases.find_bill,
    key=lambda bill: bill.order_id,
    related={"account": lambda bill: ACCOUNT.address(bill.account_id)},
)
