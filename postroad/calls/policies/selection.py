"""The process's policy for each service, created from the settings at the first call."""

import threading
from collections.abc import Mapping

from postroad.calls.conf import CallSettings
from postroad.calls.policies import watch
from postroad.calls.policies.breaker import Breaker, BreakerRules, State
from postroad.calls.policies.budget import RetryBudget
from postroad.calls.policies.bulkhead import Bulkhead
from postroad.calls.policies.policy import Policy
from postroad.logs import logger

log = logger(__name__)
_lock = threading.Lock()
_policies: dict[str, Policy] = {}


def policy_of(service: str) -> Policy:
    """Return the one policy of a service in this process: every proxy and thread shares its state."""
    found = _policies.get(service)
    if found is not None:
        return found
    with _lock:
        return _policies.setdefault(service, new_policy(service))


def policies() -> Mapping[str, Policy]:
    """Return the policies of all services called so far, for metrics and operators."""
    return dict(_policies)


def new_policy(service: str) -> Policy:
    """Return a new policy with state of its own, as the settings say."""
    given = CallSettings.current()
    rules = BreakerRules(
        error_rate=given.breaker_error_rate,
        min_calls=given.breaker_min_calls,
        window_seconds=given.breaker_window_seconds,
        window_calls=given.breaker_window_calls,
        open_seconds=given.breaker_open_seconds,
        probes=given.breaker_probes,
    )

    def tell(before: State, after: State) -> None:
        log.warning("breaker moved", extra={"called": service, "before": before.value, "after": after.value})
        watch.tell(watch.BreakerMoved(service=service, before=before, after=after))

    return Policy(
        service=service,
        bulkhead=Bulkhead(service=service, maximum=given.call_bulkhead),
        breaker=Breaker(rules, on_move=tell),
        budget=RetryBudget(ratio=given.call_retry_ratio, minimum=given.call_retry_least),
        attempts=given.call_attempts,
        deadline_seconds=given.call_deadline_seconds,
    )
