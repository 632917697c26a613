"""`/metrics` of a gRPC server: postroad_grpc_answered_total{servicer,code}, calls and streams that ended, by their status.

Not: calls to other services (`metrics`); what gRPC itself answers, such as UNIMPLEMENTED.
"""

import grpc
from prometheus_client import Counter

from postroad.metrics.calls import REGISTRY

_answered = Counter(
    "postroad_grpc_answered", "Calls and streams of gRPC that ended.", ["servicer", "code"], registry=REGISTRY
)


def count_answer(servicer: str, code: grpc.StatusCode) -> None:
    """Count one."""
    _answered.labels(servicer, code.name).inc()
