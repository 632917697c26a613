"""Metrics that are read from the database, with one indexed query each: outbox, dead letters, sagas.

They are read at each scrape, in a thread and on a connection of their own.  So they are correct even if the relay hangs; and
if the database does not answer, a scrape takes two seconds longer and lacks these figures, but does not fail.
"""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import Error
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Now
from typing_extensions import override

from postroad.extras import needs_extra
from postroad.logs import logger
from postroad.messaging.models import DeadLetter, DeadLetterState, OutboxHold, OutboxMessage, OutboxState
from postroad.messaging.outbox import table as outbox
from postroad.sagas.execution import Status
from postroad.sagas.models import SagaInstance
from postroad.schema.describing import describe_error
from postroad.threads import close_own_connections

with needs_extra("metrics"):
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
    from prometheus_client.registry import Collector

log = logger(__name__)

MAX_COUNTED = 10_000
"""Maximum rows that are counted, in a few milliseconds.  For a longer outbox the age of the oldest row says more."""

PATIENCE_SECONDS = 2.0  # longest wait for the database; Prometheus waits ten seconds by default

PENDING = (Status.RUNNING, Status.COMPENSATING, Status.STUCK)


def read_figures() -> list[Metric]:
    """Read all of them.

    Raises:
        Error: The database did not answer.
    """
    sagas = GaugeMetricFamily("postroad_sagas_pending", "Sagas that have not ended.", labels=["status"])
    for status in PENDING:
        sagas.add_metric([status.lower()], _count(SagaInstance.objects.filter(status=status).order_by("created_at")))
    parked = DeadLetter.objects.filter(state=DeadLetterState.PARKED).order_by("created_at")
    return [
        GaugeMetricFamily("postroad_outbox_oldest_age_seconds", "Age of the oldest due row.", value=_oldest_age()),
        GaugeMetricFamily(
            "postroad_outbox_rows", "Rows of the outbox.", value=_count(OutboxMessage.objects.order_by("id"))
        ),
        GaugeMetricFamily(
            "postroad_outbox_held",
            "Rows whose destination does not take messages.",
            value=_count(OutboxMessage.objects.filter(state=OutboxState.HELD).order_by("lane", "channel", "route")),
        ),
        GaugeMetricFamily(
            "postroad_outbox_set_aside",
            "Rows that cannot be sent and wait for an operator.",
            value=_count(OutboxMessage.objects.filter(state=OutboxState.SET_ASIDE).order_by("id")),
        ),
        GaugeMetricFamily("postroad_dead_letters", "Messages that are parked.", value=_count(parked)),
        sagas,
    ]


def _count(rows: "QuerySet[Any]") -> int:
    return rows[:MAX_COUNTED].count()


def _oldest_age() -> float:
    """Return the age of the oldest row that is not set aside: one that waits for the relay or for its destination."""
    oldest = OutboxMessage.objects.filter(pk__in=outbox.find_oldest())
    ages = [*_ages(oldest, since="available_at"), *_ages(OutboxHold.objects.order_by("since"), since="since")]
    return max([timedelta(), *ages]).total_seconds()


def _ages(rows: "QuerySet[Any]", *, since: str) -> list[timedelta]:
    age = ExpressionWrapper(Now() - F(since), output_field=DurationField())
    return list(rows.values_list(age, flat=True)[:1])


class _Reading(threading.Thread):
    """One reading of the database; `figures` is empty until it has succeeded."""

    def __init__(self) -> None:
        super().__init__(name="postroad-figures", daemon=True)
        self.figures: list[Metric] = []
        self.error = f"no answer within {PATIENCE_SECONDS:g} s"

    @override
    def run(self) -> None:
        try:
            self.figures = read_figures()
        except Error as error:
            self.error = describe_error(error)
        finally:
            close_own_connections()


class DatabaseCollector(Collector):
    """Returns the figures or, if they cannot be read, counts the error; at most one reading runs at a time."""

    def __init__(self) -> None:
        self._reading = _Reading()
        self._errors = 0

    @override
    def collect(self) -> Iterator[Metric]:
        if not self._reading.is_alive():
            self._reading = _Reading()
            self._reading.start()
        reading = self._reading
        reading.join(PATIENCE_SECONDS)
        if not reading.figures:
            self._errors += 1
            log.warning("metrics cannot be read from the database", extra={"error": reading.error})
        yield CounterMetricFamily("postroad_scrape_errors", "Scrapes without the database's figures.", self._errors)
        yield from reading.figures
