"""Routes of the accounting service, relative to where the project mounts it.

In version 1, an account can be disabled or enabled again and again; version 2 offers what changes something.
"""

from django.urls import path

from apps.accounting import usecases
from apps.accounting.api.v2 import ACCOUNT, BILL
from apps.shared.hypermedia.routes import routes
from apps.shared.hypermedia.version1 import performs, shows

disable = performs(
    ACCOUNT,
    "disable",
    run=usecases.disable_account,
    verb=None,
    summary="Authorise nothing any more; again changes nothing.",
)
enable = performs(
    ACCOUNT, "enable", run=usecases.enable_account, verb=None, summary="Authorise charges again; again changes nothing."
)

urlpatterns = [
    path("v1/accounts/<id:account_id>", shows(ACCOUNT), name="account"),
    path("v1/accounts/<id:account_id>/disable", disable, name="account-disable"),
    path("v1/accounts/<id:account_id>/enable", enable, name="account-enable"),
    path("v1/bills/<id:order_id>", shows(BILL), name="bill"),
    *routes(ACCOUNT, BILL),
]
