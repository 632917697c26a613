"""Runs in a pod: `python ask_by_grpc.py SECONDS TICKET…` asks for tickets by gRPC, as a service of the release would.

It prints `asking` after the first calls, and in the end how many there were and every failure, as JSON.
"""

import functools
import itertools
import json
import sys
import time
from typing import Any, Protocol

import apps.kitchen.rpc.v1.kitchen_pb2  # noqa: F401 - describes the method called below
from postroad.calls.declaration import get, proxy
from postroad.calls.discovery.conf import DiscoverySettings
from postroad.calls.discovery.selection import resolver_for
from postroad.calls.grpc.transport import GrpcTransport
from postroad.calls.policies.selection import new_policy
from postroad.calls.proxy import client_of
from postroad.errors import CallFailed


@proxy("kitchen")
class Tickets(Protocol):
    """What is asked."""

    @get("/v1/tickets/{ticket_id}", grpc="postroad.kitchen.v1.Kitchen/GetTicket", deadline=5.0)
    def ticket(self, ticket_id: int) -> dict[str, Any]: ...


FIRST = 40  # calls after which the test may go on
seconds, *ids = sys.argv[1:]
transport = GrpcTransport(resolver_for(DiscoverySettings.current()))
tickets = client_of(Tickets, transport=transport, policy=functools.cache(new_policy))
failures: list[str] = []
until = time.monotonic() + float(seconds)
for number, ticket_id in enumerate(itertools.cycle(ids)):
    try:
        assert str(tickets.ticket(int(ticket_id))["ticketId"]) == ticket_id
    except CallFailed as error:
        failures.append(f"{type(error).__name__}: {error}")
    if number == FIRST:
        print("asking", flush=True)
    if time.monotonic() > until:
        break
    time.sleep(0.05)
transport.close()
print(json.dumps({"calls": number + 1, "failures": failures}))
