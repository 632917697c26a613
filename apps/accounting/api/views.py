"""The REST API of accounting, version 1: one method per operation.

No operation needs a body, and none reads the one it is given.
"""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounting import usecases
from apps.accounting.api.serializers import AccountSerializer, BillSerializer
from apps.shared.views import ServiceView, errors, path_id
from postroad import unit_of_work


class AccountView(ServiceView):
    """One account."""

    service = "accounting"

    @extend_schema(
        operation_id="getAccount",
        parameters=[path_id("account_id")],
        responses={200: AccountSerializer, **errors(404)},
    )
    def get(self, request: Request, account_id: int) -> Response:
        """Show an account, its limit and what was authorised."""
        return Response(AccountSerializer(usecases.find_account(account_id)).data)


class DisableView(ServiceView):
    """The end of an account's charges."""

    service = "accounting"

    @extend_schema(
        operation_id="disableAccount",
        parameters=[path_id("account_id")],
        request=None,
        responses={200: AccountSerializer, **errors(404)},
    )
    def post(self, request: Request, account_id: int) -> Response:
        """Authorise nothing any more; again changes nothing."""
        with unit_of_work():
            account = usecases.disable_account(account_id)
        return Response(AccountSerializer(account).data)


class EnableView(ServiceView):
    """The return of an account's charges."""

    service = "accounting"

    @extend_schema(
        operation_id="enableAccount",
        parameters=[path_id("account_id")],
        request=None,
        responses={200: AccountSerializer, **errors(404)},
    )
    def post(self, request: Request, account_id: int) -> Response:
        """Authorise charges again; again changes nothing."""
        with unit_of_work():
            account = usecases.enable_account(account_id)
        return Response(AccountSerializer(account).data)


class BillView(ServiceView):
    """One order's charge."""

    service = "accounting"

    @extend_schema(
        operation_id="getBill", parameters=[path_id("order_id")], responses={200: BillSerializer, **errors(404)}
    )
    def get(self, request: Request, order_id: int) -> Response:
        """Show what an order is charged."""
        return Response(BillSerializer(usecases.find_bill(order_id)).data)
