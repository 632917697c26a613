"""Which sagas expire: those that have ended, with their history.  Stuck sagas wait for an operator and never expire.

A late reply for a deleted saga is parked, like a reply for an unknown saga.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from typing_extensions import override

from postroad import clock
from postroad.messaging.retention import Batch
from postroad.sagas.conf import SagaSettings
from postroad.sagas.execution import Status
from postroad.sagas.models import SagaInstance, SagaStep

_ROWS_A_SAGA = 10  # an estimate: a batch is counted in rows, steps included

_GRAIN = timedelta(milliseconds=1)  # SQLite compares texts: its own times have three decimal places, Django's have six


@dataclass(frozen=True, slots=True)
class EndedSagas:
    """Sagas that ended with one status; found by the index of status and creation."""

    status: Status

    def __call__(self, begin: Any, maximum: int) -> Batch:
        """Delete the oldest of them with their steps, if they ended more than SAGA_RETENTION_HOURS ago."""
        before = clock.now() - timedelta(hours=SagaSettings.current().saga_retention_hours)
        old = SagaInstance.objects.filter(
            status=self.status.value, created_at__gte=begin, created_at__lt=before, ended_at__lt=before
        )
        sagas = list(old.order_by("created_at").values_list("pk", "created_at")[: max(1, maximum // _ROWS_A_SAGA)])
        if not sagas:
            return Batch(0, None)
        ids = [saga for saga, _ in sagas]
        steps, _ = SagaStep.objects.filter(saga__in=ids).delete()
        instances, _ = SagaInstance.objects.filter(pk__in=ids).delete()
        return Batch(steps + instances, sagas[-1][1] - _GRAIN)

    @override
    def __str__(self) -> str:
        return f"{self.status.lower()} sagas"


ENDED_SAGAS = tuple(EndedSagas(status) for status in (Status.COMPLETED, Status.COMPENSATED))
