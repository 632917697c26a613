"""Deleting what is no longer needed, in small batches: processed messages and ended dead letters.  Not: the outbox.

Processed rows must outlive every way a message can come again (redelivery, a redrive, a publisher's retry).
"""

from collections.abc import Callable
from datetime import timedelta

from django.db import models, transaction

from postroad import clock
from postroad.conf import settings
from postroad.messaging.models import DeadLetter, DeadLetterState, ProcessedMessage

_others: list[Callable[[int], int]] = []


def sweep_also(delete: Callable[[int], int]) -> None:
    """Have an application's own rows swept, too: `delete` gets the most rows and returns how many there were."""
    _others.append(delete)


def sweep() -> int:
    """Delete one batch of each kind; return the rows deleted.  Called again and again by relay processes."""
    conf = settings()
    processed_before = clock.now() - timedelta(hours=conf.processed_retention_hours)
    ended_before = clock.now() - timedelta(hours=conf.dead_letter_retention_hours)
    letters = DeadLetter.objects.exclude(state=DeadLetterState.PARKED).filter(ended_at__lt=ended_before)
    most = conf.retention_batch_rows
    return _delete_processed(processed_before, most) + _delete(letters, most) + sum(other(most) for other in _others)


def _delete(rows: "models.QuerySet[DeadLetter]", most: int) -> int:
    with transaction.atomic():
        ids = list(rows.order_by("id").values_list("pk", flat=True)[:most])
        return DeadLetter.objects.filter(pk__in=ids).delete()[0] if ids else 0


def _delete_processed(before: object, most: int) -> int:
    old = ProcessedMessage.objects.filter(processed_at__lt=before).order_by("processed_at")
    with transaction.atomic():
        oldest = list(old.values_list("processed_at", flat=True)[most - 1 : most])
        if oldest:
            return ProcessedMessage.objects.filter(processed_at__lt=before, processed_at__lte=oldest[0]).delete()[0]
        return ProcessedMessage.objects.filter(processed_at__lt=before).delete()[0]
