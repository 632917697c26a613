"""The tables of every service: outbox, processed messages, dead letters, relay partitions.

The hot paths (outbox insert, relay, inbox) use the statements in `sql`; the models are for migrations,
the admin and operations.
"""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.functions import Left, Now
from typing_extensions import override

from postroad.messaging.message import Envelope
from postroad.messaging.texts import storable

KEY_CHARACTERS = 100
"""Characters of a partition key that an index holds; a longer key is compared whole after the index has found a few rows."""


class OutboxState(models.IntegerChoices):
    """Why a message is still in the outbox; only the relay, a retry and a discard change it."""

    DELAYED = -1, "delayed"  # sent with a delay that is not over
    READY = 0, "ready"  # to be sent when it is due: the only rows that a turn of the relay looks at
    HELD = 1, "held"  # its destination does not take messages: see `OutboxHold`
    SET_ASIDE = 2, "set aside"  # it cannot be sent: a person retries or discards it
    BEHIND = 3, "behind one set aside"  # an earlier message of its channel and key is set aside


class Start(models.Func):
    """The first 255 characters of a text: what an index can hold of one of any length (`texts.SHORT`).

    Compare the whole text, too.  The number is part of the statement: SQLite takes an index on an expression only for
    one that reads the same.
    """

    function = "LEFT"
    template = "LEFT(%(expressions)s, 255)"
    output_field = models.TextField()

    @override
    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the same for SQLite."""
        return self.as_sql(compiler, connection, template="SUBSTR(%(expressions)s, 1, 255)", **context)


class ReceivedMessage(models.Model):
    """The columns of a message that was received and is kept for later, and their only mapping to an envelope.

    Text that no database stores is escaped (`storable`): a sender may put any text anywhere.  The outbox has its own
    columns: its messages are ours, so their ids are UUIDs, and it is written and read by the statements in `sql`.
    """

    message_id = models.TextField()
    type = models.TextField(default="")
    content_type = models.TextField(default="")
    headers = models.JSONField(default=dict)
    correlation_id = models.TextField(default="")
    reply_to = models.TextField(default="")
    app_id = models.TextField(default="")
    sent_at = models.BigIntegerField(default=0)
    body = models.BinaryField()

    class Meta:
        """Each table adds why the message is kept."""

        abstract = True

    @classmethod
    def of(cls, envelope: Envelope, **columns: Any) -> Self:
        """Return a row, not stored yet, with a message and the table's own columns; these win."""
        received: dict[str, Any] = {
            "message_id": storable(envelope.id),
            "type": storable(envelope.type),
            "content_type": storable(envelope.content_type),
            "headers": {storable(name): storable(value) for name, value in envelope.headers.items()},
            "correlation_id": storable(envelope.correlation_id),
            "reply_to": storable(envelope.reply_to),
            "app_id": storable(envelope.app_id),
            "sent_at": envelope.sent_at,
            "body": envelope.body,
        }
        return cls(**{**received, **columns})

    def envelope(self, *, body: bytes | None = None) -> Envelope:
        """Return the message as it was received, with the stored body or another one.

        Headers without a value, which rows of old releases may have, are left out.
        """
        return Envelope(
            id=self.message_id,
            type=self.type,
            body=bytes(self.body) if body is None else body,
            content_type=self.content_type,
            correlation_id=self.correlation_id,
            reply_to=self.reply_to,
            app_id=self.app_id,
            sent_at=self.sent_at,
            headers={str(name): str(value) for name, value in self.headers.items() if value is not None},
        )


class OutboxMessage(models.Model):
    """A message that waits for the relay; the row is deleted when the broker has confirmed the message.

    Columns fit Debezium's outbox event router: `message_id`, `channel` (aggregate type), `partition_key`
    (aggregate id), `type`, `body`.
    """

    LARGE_COLUMNS: ClassVar = ("body", "headers")
    """Columns that a list of messages does not read."""

    message_id = models.UUIDField(unique=True)
    type = models.TextField()
    channel = models.TextField()
    route = models.TextField(default="")
    partition_key = models.TextField(default="")
    lane = models.SmallIntegerField()
    content_type = models.TextField(default="application/json")
    headers = models.JSONField(default=dict)
    correlation_id = models.TextField(default="")
    reply_to = models.TextField(default="")
    app_id = models.TextField(default="")
    body = models.BinaryField()
    available_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    attempts = models.IntegerField(default=0, db_default=0)
    error = models.TextField(default="", db_default="")
    state = models.SmallIntegerField(choices=OutboxState, default=OutboxState.READY, db_default=OutboxState.READY.value)

    class Meta:
        """The relay reads the oldest ready rows of some partitions; that index has no rows that wait for another reason."""

        db_table = "postroad_outbox"
        verbose_name = "outbox message"
        indexes = [
            models.Index("lane", models.F("id") + 0, name="postroad_outbox_ready", condition=models.Q(state=0)),
            models.Index(
                fields=["lane", "available_at", "id"], name="postroad_outbox_delayed", condition=models.Q(state=-1)
            ),
            models.Index(
                fields=["lane", "channel", "route", "id"], name="postroad_outbox_held", condition=models.Q(state=1)
            ),
            models.Index(fields=["id"], name="postroad_outbox_set_aside", condition=models.Q(state=2)),
            models.Index(
                "lane",
                "channel",
                Left("partition_key", KEY_CHARACTERS),
                "id",
                name="postroad_outbox_behind",
                condition=models.Q(state__gte=2),
            ),
            models.Index(fields=["channel", "route"], name="postroad_outbox_address"),
            models.Index(fields=["id"], name="postroad_outbox_failing", condition=models.Q(attempts__gt=0)),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.type} to {self.channel}"


class OutboxHold(models.Model):
    """A destination that does not take messages of a partition: its rows are held, and the first is tried from time to time.

    Attributes:
        attempts: Failures in a row; 0 when the first row has been taken and the others follow.
        retry_at: When the relay that owns the partition tries again.
        since: When it began.
        error: The publish result of the last attempt.
    """

    lane = models.SmallIntegerField()
    channel = models.TextField()
    route = models.TextField()
    attempts = models.IntegerField(default=1)
    retry_at = models.DateTimeField()
    since = models.DateTimeField(db_default=Now())
    error = models.TextField(default="", db_default="")

    class Meta:
        """Shared by all relays, and kept when they restart."""

        db_table = "postroad_outbox_hold"
        constraints = [
            models.UniqueConstraint(fields=["lane", "channel", "route"], name="postroad_outbox_hold_once"),
        ]
        indexes = [
            models.Index(fields=["lane", "retry_at"], name="postroad_outbox_hold_due"),
            models.Index(fields=["since"], name="postroad_outbox_hold_since"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.channel} {self.route} in lane {self.lane}"


class ProcessedMessage(models.Model):
    """A row says that a subscriber has handled a message, so that a duplicate is not handled again."""

    pk = models.CompositePrimaryKey("subscriber", "message_id")
    subscriber = models.TextField()
    message_id = models.TextField()
    processed_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Retention reads by age."""

        db_table = "postroad_processed_message"
        indexes = [models.Index(fields=["processed_at"], name="postroad_processed_at")]

    @override
    def __str__(self) -> str:
        return f"{self.message_id} by {self.subscriber}"


class DeadLetterState(models.TextChoices):
    """What was done about a parked message."""

    PARKED = "parked", "parked"
    REDRIVEN = "redriven", "redriven"
    DISCARDED = "discarded", "discarded"


class DeadLetter(ReceivedMessage):
    """A message that could not be handled, whole, with the reason; later ones of its key park behind it, in id order.

    It can be stored whatever its sender put into it: no index holds a whole text of unlimited length (docs/decisions).
    A body that was too large to be read is in `DeadLetterPart`: use `dead_letters.envelope_of`, not `envelope`.
    """

    LARGE_COLUMNS: ClassVar = ("body", "headers", "traceback")
    """Columns that a list of letters does not read."""

    subscriber = models.TextField()
    partition_key = models.TextField(default="")
    reason = models.TextField()
    traceback = models.TextField(default="")
    attempts = models.IntegerField(default=0)
    state = models.TextField(choices=DeadLetterState, default=DeadLetterState.PARKED)
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """The parked rows of a key, in order, are what the inbox and redrive read."""

        db_table = "postroad_dead_letter"
        verbose_name = "dead letter"
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "message_id"], name="postroad_dead_letter_once"),
        ]
        indexes = [
            models.Index(
                "subscriber",
                Start("partition_key"),
                "id",
                name="postroad_dead_letter_waiting",
                condition=models.Q(state="parked"),
            ),
            models.Index(fields=["state", "created_at"], name="postroad_dead_letter_state"),
            models.Index(Start("type"), "created_at", name="postroad_dead_letter_of_type"),
            models.Index(fields=["message_id"], name="postroad_dead_letter_message"),
            models.Index(Start("partition_key"), name="postroad_dead_letter_of_key"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.type or 'a message'} for {self.subscriber}: {self.reason}"


class DeclaredBindings(models.Model):
    """The bindings that one release of a service has declared at the broker: AMQP cannot ask for them.

    One row per release; it is deleted when the bindings that no release needs any more have been removed.
    """

    digest = models.TextField(primary_key=True)
    services = models.TextField()
    bindings = models.JSONField()
    declared_at = models.DateTimeField()

    class Meta:
        """The table has a few rows."""

        db_table = "postroad_declared_bindings"

    @override
    def __str__(self) -> str:
        return f"{self.services} {self.digest}"


class DeadLetterPart(models.Model):
    """A part of a body that was too large to be read; the letter's own body is empty then."""

    letter = models.ForeignKey(DeadLetter, on_delete=models.CASCADE, related_name="parts", db_constraint=False)
    number = models.IntegerField()
    data = models.BinaryField()

    class Meta:
        """Read in order; parts whose letter has expired are deleted after it."""

        db_table = "postroad_dead_letter_part"
        constraints = [
            models.UniqueConstraint(fields=["letter", "number"], name="postroad_dead_letter_part_once"),
        ]

    @override
    def __str__(self) -> str:
        return f"part {self.number} of {self.letter_id}"


class RelayLane(models.Model):
    """One partition of the outbox; the relay that has locked this row owns the partition for a batch."""

    lane = models.SmallIntegerField(primary_key=True)

    class Meta:
        """`outbox.PARTITIONS` rows, made by the first relay."""

        db_table = "postroad_relay_lane"

    @override
    def __str__(self) -> str:
        return f"lane {self.lane}"
