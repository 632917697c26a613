"""Metrics of messages: published, handled, and the lag of a worker.

The parent process of a worker measures: it receives every message and learns the end of every job.  The processes of its pool
do not measure.
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
"""Seconds since 1970 → channel → age of the oldest message that is being handled or is next; 0 if there is none."""

_published = Counter(
    "postroad_messages_published", "Messages that the broker has confirmed.", ["channel"], registry=REGISTRY
)
_handled = Counter(
    "postroad_messages_handled", "Messages of jobs that ended.", ["channel", "outcome"], registry=REGISTRY
)
_replies_refused = Counter(
    "postroad_replies_refused",
    "Commands handled whose reply_to does not name a reply queue.",
    ["channel"],
    registry=REGISTRY,
)


def count(fact: Fact) -> None:
    """Count the facts of `postroad.messaging.watch`."""
    match fact:
        case Published():
            _published.labels(fact.channel).inc(fact.messages)
        case Attempted():
            _handled.labels(fact.channel, fact.outcome).inc(fact.messages)
        case ReplyRefused():
            _replies_refused.labels(fact.channel).inc(fact.messages)


class LagCollector(Collector):
    """Reads the lag at each scrape, so that the age of a stuck message grows."""

    def __init__(self, lags: Lags) -> None:
        self._lags = lags

    @override
    def collect(self) -> Iterator[Metric]:
        gauge = GaugeMetricFamily(
            "postroad_consumer_lag_seconds",
            "Age of the oldest message that is being handled or is next; 0 when idle.",
            labels=["channel"],
        )
        for channel, seconds in self._lags(time.time()).items():
            gauge.add_metric([channel], seconds)
        yield gauge
