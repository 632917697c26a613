"""The gRPC API of accounting, version 1: one method per operation."""

import grpc
from typing_extensions import override

from apps.accounting import usecases
from apps.accounting.rpc.v1.accounting_pb2 import DESCRIPTOR, Account, Bill, GetAccountRequest, GetBillRequest
from apps.accounting.rpc.v1.accounting_pb2_grpc import AccountingServicer, add_AccountingServicer_to_server
from apps.shared.rpc import guard_of, read_id, status_of
from apps.shared.values import cents
from postroad import Servicer


class Accounting(AccountingServicer):
    """Answers questions about accounts and bills."""

    @override
    def GetAccount(self, request: GetAccountRequest, context: grpc.ServicerContext) -> Account:
        account = usecases.find_account(read_id(request.account_id, field="accountId"))
        return Account(
            account_id=account.pk,
            consumer_id=account.consumer_id,
            state=account.state,
            limit=str(cents(account.limit)),
            authorized_total=str(cents(account.authorized_total)),
        )

    @override
    def GetBill(self, request: GetBillRequest, context: grpc.ServicerContext) -> Bill:
        bill = usecases.find_bill(read_id(request.order_id, field="orderId"))
        return Bill(
            order_id=bill.order_id,
            account_id=bill.account_id,
            state=bill.state,
            amount=str(cents(bill.amount)),
        )


SERVICERS = (
    Servicer(
        name=DESCRIPTOR.services_by_name["Accounting"].full_name,
        make=Accounting,
        add=add_AccountingServicer_to_server,
        status_of=status_of,
        guard=guard_of({"GetAccount": "accounts", "GetBill": "bills"}),
    ),
)
