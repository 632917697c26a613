"""Routes of the accounting service, relative to where the project mounts it."""

from django.urls import path

from apps.accounting.api import views
from apps.accounting.api.v2 import ACCOUNT, BILL
from apps.shared.hypermedia.routes import routes

urlpatterns = [
    path("v1/accounts/<id:account_id>", views.AccountView.as_view(), name="account"),
    path("v1/accounts/<id:account_id>/disable", views.DisableView.as_view(), name="account-disable"),
    path("v1/accounts/<id:account_id>/enable", views.EnableView.as_view(), name="account-enable"),
    path("v1/bills/<id:order_id>", views.BillView.as_view(), name="bill"),
    *routes(ACCOUNT, BILL),
]
