"""The lag of a pod, from its metrics for Prometheus.  See also: `postroad.metrics`, which defines the metrics."""

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from postroad.errors import ClusterForbidden, ClusterRefused, ClusterUnavailable
from postroad.operations.cluster.port import Cluster, Pod

METRICS = {"worker": "postroad_consumer_lag_seconds", "relay": "postroad_outbox_oldest_age_seconds"}
"""Role → metric of its lag: the age of the message that a worker has just begun, or of the oldest that a relay has to send."""

_AT_ONCE = 8


def read_lag(text: str, metric: str) -> float | None:
    """Return the largest value of a metric in Prometheus's text format; None if it has none."""
    values = re.findall(rf"^{metric}(?:{{[^}}]*}})?\s+(\S+)", text, re.MULTILINE)
    numbers = [float(value) for value in values]
    return max((number for number in numbers if number == number), default=None)


def lags(cluster: Cluster, pods: Iterable[Pod]) -> tuple[Mapping[str, float], str]:
    """Ask the ready workers and relays, some at once; return pod → seconds, and why there are none, if so.

    One pod that does not answer is left out; if the API denies access, no further pod is asked.
    """
    asked = [pod for pod in pods if pod.role in METRICS and pod.is_ready]
    if not asked:
        return {}, ""
    found: dict[str, float] = {}
    reason = ""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="postroad-cluster") as threads:
        for pod, answer in zip(asked, threads.map(lambda pod: _ask(cluster, pod), asked), strict=True):
            if isinstance(answer, float):
                found[pod.name] = answer
            reason = reason or (answer if isinstance(answer, str) else "")
    return found, "" if found else reason


def _ask(cluster: Cluster, pod: Pod) -> float | str | None:
    try:
        return read_lag(cluster.metrics(pod.name), METRICS[pod.role])
    except (ClusterForbidden, ClusterRefused, ClusterUnavailable) as error:
        return str(error)
