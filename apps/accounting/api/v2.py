"""The REST API of accounting: its resources and their actions."""

from functools import partial

from apps.accounting import usecases
from apps.accounting.api.serializers import AccountSerializer, BillSerializer
from apps.accounting.domain import TRANSITIONS, AccountVerb, Bill
from apps.accounting.models import Account
from apps.shared.hypermedia.resource import Action, Resource

# fmt: off
ACCOUNT: Resource[Account] = Resource(
    service="accounting", name="account", path="accounts/<id:account_id>",
    summary="Show an account, its limit and what was authorised.", body=AccountSerializer,
    find=usecases.find_account, lock=usecases.lock_account, transitions=TRANSITIONS,
    actions=[
        Action("disable", partial(usecases.disable_account, is_repeatable=False), operation="disableAccount",
               verb=AccountVerb.DISABLE, summary="Authorise nothing any more."),
        Action("enable", partial(usecases.enable_account, is_repeatable=False), operation="enableAccount",
               verb=AccountVerb.ENABLE, summary="Authorise charges again."),
    ],
)
BILL: Resource[Bill] = Resource(
    service="accounting", name="bill", path="bills/<id:order_id>",
    summary="Show what an order is charged.", body=BillSerializer,
    find=usecases.find_bill, key=lambda bill: bill.order_id,
    related={"account": lambda bill: ACCOUNT.address(bill.account_id)},
)
# fmt: on
