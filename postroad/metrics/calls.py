"""`/metrics` for Prometheus: how the calls to other services go, and how their breakers stand.  Not: the figures of messages (`metrics_messages`).

postroad_calls_total{service,operation,outcome,substitute}   calls that ended; `substitute` says what answered instead
postroad_call_seconds{service,operation}                     how long they took, with all their attempts
postroad_breaker_state{service,state}                        1 for the state that it is in
postroad_breaker_moves_total{service,state}                  how often it came into a state
postroad_calls_outstanding{service}                          places that are taken in the bulkhead
"""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.urls import path
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from postroad.calls.policies.breaker import State
from postroad.calls.policies.selection import policies
from postroad.calls.watch import CallEnded, Fact
from postroad.conf import settings

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Bounds of the buckets: the default deadline of a call is one second."""

_calls = Counter(
    "postroad_calls", "Calls that ended.", ["service", "operation", "outcome", "substitute"], registry=REGISTRY
)
_seconds = Histogram(
    "postroad_call_seconds", "Time of a call.", ["service", "operation"], buckets=_SECONDS, registry=REGISTRY
)
_moves = Counter("postroad_breaker_moves", "Moves of a breaker.", ["service", "state"], registry=REGISTRY)


class PolicyCollector(Collector):
    """Reads the policies when somebody asks."""

    @override
    def collect(self) -> Iterator[Metric]:
        states = GaugeMetricFamily("postroad_breaker_state", "State of a breaker.", labels=["service", "state"])
        outstanding = GaugeMetricFamily("postroad_calls_outstanding", "Calls under way.", labels=["service"])
        for service, policy in policies().items():
            present = policy.breaker.snapshot().state
            for state in State:
                states.add_metric([service, state.value], float(state is present))
            outstanding.add_metric([service], policy.bulkhead.outstanding)
        yield states
        yield outstanding


REGISTRY.register(PolicyCollector())


def count(fact: Fact) -> None:
    """Count what `postroad.calls.watch` tells."""
    if isinstance(fact, CallEnded):
        _calls.labels(fact.service, fact.operation, fact.outcome, fact.substitute).inc()
        _seconds.labels(fact.service, fact.operation).observe(fact.seconds)
    else:
        _moves.labels(fact.service, fact.after.value).inc()


def metrics(_request: HttpRequest) -> HttpResponse:
    """Answer everything in Prometheus's text format; 404 where METRICS_PORT has it, for whoever reaches that alone."""
    if settings().metrics_port:
        return HttpResponse("The figures are on METRICS_PORT.\n", status=404, content_type="text/plain; charset=utf-8")
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_PLAIN_0_0_4)


urlpatterns = [path("metrics", metrics, name="metrics")]
