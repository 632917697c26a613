"""Saga instances and the history of their steps.  See also: `orchestrator`, which moves them."""

from django.db import models
from django.db.models.functions import Now
from typing_extensions import override

from postroad.messaging.models import ReceivedMessage
from postroad.sagas.execution import Direction, Status


class SagaInstance(models.Model):
    """One run of a saga: its position, its data and the request whose reply it waits for.

    Attributes:
        key: The value of the saga's key field, as `texts.indexed` returns it.
        locks: What it has locked at participants: pairs of command channel and target.
    """

    id = models.UUIDField(primary_key=True)
    type = models.TextField()
    version = models.IntegerField()
    key = models.TextField()
    status = models.TextField(choices=[(status.value, status.value.lower()) for status in Status])
    step = models.TextField(default="")
    request_id = models.TextField(default="")
    failures = models.IntegerField(default=0)
    reason = models.TextField(default="")
    data = models.JSONField()
    locks = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Indexes for searches by key, and by state and age in the admin."""

        db_table = "postroad_saga_instance"
        verbose_name = "saga"
        indexes = [
            models.Index(fields=["type", "key"], name="postroad_saga_key"),
            models.Index(fields=["status", "created_at"], name="postroad_saga_status"),
            models.Index(fields=["created_at"], name="postroad_saga_created"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.type} {self.key}"


class SagaStep(models.Model):
    """One attempt of one step: the command or use case, the answer and the times."""

    saga = models.ForeignKey(SagaInstance, on_delete=models.PROTECT, related_name="history")
    step = models.TextField()
    direction = models.TextField(choices=[(direction.value, direction.value) for direction in Direction])
    action = models.TextField()
    channel = models.TextField(default="")
    request_id = models.TextField(default="")
    reply = models.TextField(default="")
    outcome = models.TextField(default="")
    detail = models.TextField(default="")
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Indexes for reading one saga's rows in order, and for finding the attempt that waits for a reply by its request."""

        db_table = "postroad_saga_step"
        verbose_name = "saga step"
        indexes = [
            models.Index(fields=["saga", "id"], name="postroad_saga_step_order"),
            models.Index(fields=["request_id"], name="postroad_saga_step_request"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.direction} {self.step}"


class SagaLock(models.Model):
    """A lock that a saga holds on an object of this service; commands of other sagas for it wait in the stash."""

    target = models.TextField(primary_key=True)
    saga_id = models.TextField()
    saga_type = models.TextField()
    claimed_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Indexes for searches by saga, and by age in the admin."""

        db_table = "postroad_saga_lock"
        verbose_name = "saga lock"
        indexes = [
            models.Index(fields=["saga_id"], name="postroad_saga_lock_saga"),
            models.Index(fields=["claimed_at"], name="postroad_saga_lock_claimed"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.target} by {self.saga_type} {self.saga_id}"


class StashedMessage(ReceivedMessage):
    """A command that waits until its target is unlocked; in id order."""

    target = models.TextField()
    saga_id = models.TextField()
    stashed_at = models.DateTimeField(db_default=Now())

    class Meta:
        """An index for reading one target's commands in order."""

        db_table = "postroad_stashed_message"
        verbose_name = "stashed message"
        indexes = [models.Index(fields=["target", "id"], name="postroad_stash_order")]

    @override
    def __str__(self) -> str:
        return f"{self.type} for {self.target}"
