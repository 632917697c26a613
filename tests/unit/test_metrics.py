"""`/metrics`: calls and breakers in Prometheus's format."""

from collections.abc import Iterator

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from postroad.calls.policies import selection as policies
from postroad.calls.policies import watch
from postroad.calls.policies.breaker import State
from postroad.calls.policies.watch import BreakerMoved, CallEnded
from postroad.metrics import calls as metrics


@pytest.fixture(autouse=True)
def _counted() -> Iterator[None]:
    with watch.watching(metrics.count):
        yield


def sample(client: Client, name: str, **labels: str) -> float:
    text = client.get("/metrics").content.decode()
    found = [each for family in text_string_to_metric_families(text) for each in family.samples if each.name == name]
    return next((each.value for each in found if labels.items() <= each.labels.items()), 0.0)


def ended(outcome: str, substitute: str = "") -> CallEnded:
    return CallEnded(service="bank", operation="pay", outcome=outcome, substitute=substitute, seconds=0.02)


def test_calls_are_counted_by_how_they_ended(client: Client) -> None:
    before = sample(client, "postroad_calls_total", service="bank", outcome="BreakerOpen", substitute="cached")

    watch.tell(ended("BreakerOpen", "cached"))
    watch.tell(ended("answered"))

    after = sample(client, "postroad_calls_total", service="bank", outcome="BreakerOpen", substitute="cached")
    assert after == before + 1


def test_the_time_of_calls_is_in_buckets(client: Client) -> None:
    before = sample(client, "postroad_call_seconds_bucket", service="bank", le="0.025")

    watch.tell(ended("answered"))

    assert sample(client, "postroad_call_seconds_bucket", service="bank", le="0.025") == before + 1
    assert sample(client, "postroad_call_seconds_bucket", service="bank", le="0.01") <= before


def test_a_breaker_shows_its_state(client: Client) -> None:
    policy = policies.policy_of("broken_bank")
    assert sample(client, "postroad_breaker_state", service="broken_bank", state="closed") == 1

    for _ in range(10):
        permit = policy.breaker.admit()
        assert permit is not None
        policy.breaker.record(permit, is_failure=True)

    assert sample(client, "postroad_breaker_state", service="broken_bank", state="open") == 1
    assert sample(client, "postroad_breaker_state", service="broken_bank", state="closed") == 0


def test_moves_of_a_breaker_are_counted(client: Client) -> None:
    before = sample(client, "postroad_breaker_moves_total", service="bank", state="open")

    watch.tell(BreakerMoved(service="bank", before=State.CLOSED, after=State.OPEN))

    assert sample(client, "postroad_breaker_moves_total", service="bank", state="open") == before + 1


def test_outstanding_calls_are_shown(client: Client) -> None:
    with policies.policy_of("bank").bulkhead:
        assert sample(client, "postroad_calls_outstanding", service="bank") == 1

    assert sample(client, "postroad_calls_outstanding", service="bank") == 0
