"""Runs in a pod: `python ask_by_grpc.py RELEASE SECONDS TICKET…` asks for tickets by gRPC through the headless Service.

It prints `asking` after the first calls, and in the end who was asked how often and every failure, as JSON.
"""

import functools
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

import apps.kitchen.rpc.v1.kitchen_pb2  # noqa: F401 - describes the method called below
from postroad.discovery.headless import HeadlessResolver
from postroad.discovery.resolver import Endpoint
from postroad.discovery.template import AddressTemplate
from postroad.errors import CallFailed
from postroad.rpi.declaration import get, proxy
from postroad.rpi.grpc import GrpcTransport
from postroad.rpi.policies import new_policy
from postroad.rpi.proxy import client_of


@proxy("kitchen")
class Tickets(Protocol):
    """What is asked."""

    @get("/v1/tickets/{ticket_id}", grpc="postroad.kitchen.v1.Kitchen/GetTicket", deadline=5.0)
    def ticket(self, ticket_id: int) -> dict[str, Any]: ...


class Counting(HeadlessResolver):
    """Notes who is asked first."""

    asked: Counter[str] = Counter()

    def resolve(self, service: str) -> Sequence[Endpoint]:
        found = super().resolve(service)
        self.asked[found[0].host] += 1
        return found


FIRST = 20  # calls after which the test may go on
release, seconds, *ids = sys.argv[1:]
resolver = Counting(AddressTemplate(f"http://{release}-{{service}}-grpc:9000"), ttl_seconds=1)
transport = GrpcTransport(resolver)
tickets = client_of(Tickets, transport=transport, policy=functools.cache(new_policy))
failures: list[str] = []
until = time.monotonic() + float(seconds)
for number, ticket_id in enumerate(itertools.cycle(ids)):
    if number == FIRST:
        print("asking", flush=True)
    try:
        assert str(tickets.ticket(int(ticket_id))["ticketId"]) == ticket_id
    except CallFailed as error:
        failures.append(f"{type(error).__name__}: {error}")
    time.sleep(0.05)
    if time.monotonic() > until:
        break
transport.close()
print(json.dumps({"asked": resolver.asked, "failures": failures}))
