"""The gRPC API of the kitchen, version 1: one method per operation."""

import grpc
from typing_extensions import override

from apps.kitchen import models, usecases
from apps.kitchen.rpc.v1.kitchen_pb2 import DESCRIPTOR, GetTicketRequest, Ticket
from apps.kitchen.rpc.v1.kitchen_pb2_grpc import KitchenServicer, add_KitchenServicer_to_server
from apps.shared.rpc import guard_of, read_id, status_of
from postroad import Servicer


class Kitchen(KitchenServicer):
    """Answers questions about tickets."""

    @override
    def GetTicket(self, request: GetTicketRequest, context: grpc.ServicerContext) -> Ticket:
        return _message(usecases.find_ticket(read_id(request.ticket_id, field="ticketId")))


def _message(ticket: models.Ticket) -> Ticket:
    return Ticket(
        ticket_id=ticket.pk,
        order_id=ticket.order_id,
        restaurant_id=ticket.restaurant_id,
        state=ticket.state,
        line_items=[
            Ticket.LineItem(menu_item_id=line.menu_item_id, name=line.name, quantity=line.quantity)
            for line in ticket.lines
        ],
        ready_by=ticket.ready_by,
    )


SERVICERS = (
    Servicer(
        name=DESCRIPTOR.services_by_name["Kitchen"].full_name,
        make=Kitchen,
        add=add_KitchenServicer_to_server,
        status_of=status_of,
        guard=guard_of({"GetTicket": "tickets"}),
    ),
)
