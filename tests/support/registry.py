"""Instances, a clock that is set by hand, and ways to a registry that can be cut."""

from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from typing_extensions import override

from postroad.calls.discovery.eureka.instance import Instance, Lease, Port

ON_ANY_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For property tests: how fast the machine is at the moment says nothing about the code."""

NOON = 1_900_000_000.0


class HandClock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


class Line(httpx.BaseTransport):
    """A line to a WSGI application; cut, nobody answers."""

    def __init__(self, application: Any) -> None:
        self.is_cut = False
        self.attempts = 0
        self.requests: list[str] = []
        self._through = httpx.WSGITransport(app=application)

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.attempts += 1
        if self.is_cut:
            raise httpx.ConnectError("the line is cut", request=request)
        self.requests.append(f"{request.method} {request.url.path}")
        return self._through.handle_request(request)


def instance(name: str = "kitchen", number: int = 1, **values: Any) -> Instance:
    return Instance(
        id=f"{name}-{number}",
        app=name.upper(),
        host=f"10.0.0.{number}",
        address=f"10.0.0.{number}",
        vip=name,
        secure_vip=name,
        port=Port(number=8000, is_enabled=True),
        **{"lease": Lease(renewal_seconds=30, duration_seconds=90), "dirty_ms": 1, **values},
    )
