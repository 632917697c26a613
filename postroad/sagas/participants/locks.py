"""The locks that sagas hold at this participant, and the commands that wait for them.  See also: `dispatcher`, which takes them.

A countermeasure for the lack of isolation of sagas: "Semantic lock" (Microservices Patterns, §4.3.2), for objects
that have no pending state of their own.  Every call is part of the caller's transaction.

Concurrency: the lock's row is locked, so of two sagas that claim, or of a claim and a release, one waits for the other.
"""

from postroad import clock
from postroad.messaging import headers as names
from postroad.messaging.message import Envelope
from postroad.sagas.models import SagaLock, StashedMessage


def claim(target: str, *, saga_id: str, saga_type: str) -> bool:
    """Lock a target for a saga; return whether the saga holds the lock now, also if it held it before."""
    lock = SagaLock(target=target, saga_id=saga_id, saga_type=saga_type, claimed_at=clock.now())
    SagaLock.objects.bulk_create([lock], ignore_conflicts=True)
    owner = SagaLock.objects.select_for_update().filter(target=target).first()
    if owner is None:  # released between the two statements
        return claim(target, saga_id=saga_id, saga_type=saga_type)
    return owner.saga_id == saga_id


def stash(target: str, envelope: Envelope, *, saga_id: str) -> None:
    """Store a command that waits until the target is unlocked."""
    StashedMessage.of(envelope, target=target, saga_id=saga_id, stashed_at=clock.now()).save(force_insert=True)


def release(target: str, *, saga_id: str) -> list[Envelope]:
    """Unlock a target, and return the commands that may run now, in order.

    If commands wait, the saga of the oldest one gets the lock, and its commands are returned.  A target that another saga
    holds stays locked.
    """
    lock = SagaLock.objects.select_for_update().filter(target=target, saga_id=saga_id).first()
    if lock is None:
        return []
    oldest = StashedMessage.objects.filter(target=target).order_by("id").first()
    if oldest is None:
        lock.delete()
        return []
    lock.saga_id, lock.claimed_at = oldest.saga_id, clock.now()
    lock.saga_type = oldest.headers.get(names.SAGA_TYPE, "")
    lock.save()
    waiting = list(StashedMessage.objects.filter(target=target, saga_id=oldest.saga_id).order_by("id"))
    StashedMessage.objects.filter(pk__in=[message.pk for message in waiting]).delete()
    return [message.envelope() for message in waiting]
