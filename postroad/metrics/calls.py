"""Metrics of calls: results of calls to other services, states of circuit breakers, answers of the gRPC server.

postroad_calls_total{service,operation,outcome,substitute}   calls that ended; `substitute` names the fallback used
postroad_call_seconds{service,operation}                     duration of calls, with all their attempts
postroad_breaker_state{service,state}                        1 for the present state of the breaker
postroad_breaker_moves_total{service,state}                  how often the breaker entered a state
postroad_calls_outstanding{service}                          calls in progress, which the bulkhead limits
postroad_grpc_answered_total{servicer,code}                  calls and streams of the gRPC server that ended
"""

from collections.abc import Iterator

from typing_extensions import override

from postroad.calls.policies import watch
from postroad.calls.policies.breaker import State
from postroad.calls.policies.selection import policies
from postroad.calls.policies.watch import BreakerMoved, CallAnswered, CallEnded, Fact
from postroad.extras import needs_extra
from postroad.metrics.registry import REGISTRY

with needs_extra("metrics"):
    from prometheus_client import Counter, Histogram
    from prometheus_client.metrics_core import GaugeMetricFamily, Metric
    from prometheus_client.registry import Collector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Bounds of the buckets: the default deadline of a call is one second."""

_calls = Counter(
    "postroad_calls", "Calls that ended.", ["service", "operation", "outcome", "substitute"], registry=REGISTRY
)
_seconds = Histogram(
    "postroad_call_seconds", "Time of a call.", ["service", "operation"], buckets=_SECONDS, registry=REGISTRY
)
_moves = Counter("postroad_breaker_moves", "Moves of a breaker.", ["service", "state"], registry=REGISTRY)
_answered = Counter(
    "postroad_grpc_answered", "Calls and streams of gRPC that ended.", ["servicer", "code"], registry=REGISTRY
)


class PolicyCollector(Collector):
    """Reads the policies at each scrape."""

    @override
    def collect(self) -> Iterator[Metric]:
        states = GaugeMetricFamily("postroad_breaker_state", "State of a breaker.", labels=["service", "state"])
        outstanding = GaugeMetricFamily("postroad_calls_outstanding", "Calls in progress.", labels=["service"])
        for service, policy in policies().items():
            present = policy.breaker.snapshot().state
            for state in State:
                states.add_metric([service, state.value], float(state is present))
            outstanding.add_metric([service], policy.bulkhead.outstanding)
        yield states
        yield outstanding


REGISTRY.register(PolicyCollector())


def count(fact: Fact) -> None:
    """Count the facts of `postroad.calls.policies.watch`."""
    match fact:
        case CallEnded():
            _calls.labels(fact.service, fact.operation, fact.outcome, fact.substitute).inc()
            _seconds.labels(fact.service, fact.operation).observe(fact.seconds)
        case BreakerMoved():
            _moves.labels(fact.service, fact.after.value).inc()
        case CallAnswered():
            _answered.labels(fact.servicer, fact.code).inc()


def install() -> None:
    """Start to count; to be called once in a process."""
    watch.add(count)
