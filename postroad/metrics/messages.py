"""Metrics of messages: published, handled, and the lag of a worker.

The parent of a worker measures: it sees every message come and every job end.  Its pool's processes measure nothing.
"""

import time
from collections.abc import Callable, Iterator, Mapping

from typing_extensions import override

from postroad.extras import needs_extra
from postroad.messaging.watch import Attempted, Fact, Published, ReplyRefused
from postroad.metrics.registry import REGISTRY

with needs_extra("metrics"):
    from prometheus_client import Counter
    from prometheus_client.metrics_core import GaugeMetricFamily, Metric
    from prometheus_client.registry import Collector

Lags = Callable[[float], Mapping[str, float]]
"""Seconds since 1970 → channel → age of the oldest message that is handled or comes next; 0 when there is none."""

_published = Counter(
    "postroad_messages_published", "Messages that the broker has confirmed.", ["channel"], registry=REGISTRY
)
_handled = Counter(
    "postroad_messages_handled", "Messages of jobs that ended.", ["channel", "outcome"], registry=REGISTRY
)
_replies_refused = Counter(
    "postroad_replies_refused",
    "Commands handled whose reply would have gone to a queue that is no reply queue.",
    ["channel"],
    registry=REGISTRY,
)


def count(fact: Fact) -> None:
    """Count what `postroad.messaging.watch` tells."""
    match fact:
        case Published():
            _published.labels(fact.channel).inc(fact.messages)
        case Attempted():
            _handled.labels(fact.channel, fact.outcome).inc(fact.messages)
        case ReplyRefused():
            _replies_refused.labels(fact.channel).inc(fact.messages)


class LagCollector(Collector):
    """Asks the queues at each scrape, so that the age of a message that is stuck grows."""

    def __init__(self, lags: Lags) -> None:
        self._lags = lags

    @override
    def collect(self) -> Iterator[Metric]:
        gauge = GaugeMetricFamily(
            "postroad_consumer_lag_seconds",
            "Age of the oldest message that is handled or comes next; 0 when idle.",
            labels=["channel"],
        )
        for channel, seconds in self._lags(time.time()).items():
            gauge.add_metric([channel], seconds)
        yield gauge
