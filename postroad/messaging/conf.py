"""Settings of messages: broker, relay, consumers, sizes and retention."""

from dataclasses import dataclass

from postroad.conf import CoreSettings, key


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagingSettings(CoreSettings):
    """Each attribute is a key of POSTROAD in small letters."""

    broker_url: str = key("memory://", "memory:// or amqp://user:password@host:port/vhost", is_url=True)
    relay_batch_rows: int = key(1000, "maximum outbox rows published in one transaction", minimum=1)
    relay_poll_seconds: float = key(1.0, "longest wait for new rows when no wake-up comes", minimum=0.01)
    relay_retry_first_seconds: float = key(0.5, "wait after a destination's first failure", minimum=0)
    relay_retry_ceiling_seconds: float = key(30.0, "longest wait for a failing destination", minimum=0)
    relay_attempts: int = key(
        8, "attempts, over about 60 s, before replies to a queue that does not exist are set aside", minimum=1
    )
    message_body_bytes: int = key(
        16 * 1024 * 1024,
        "largest body that is sent; not above the broker's max_message_size (RabbitMQ 4: this)",
        minimum=1,
    )
    message_body_warning_bytes: int = key(1_000_000, "body above which a send is logged as a warning", minimum=0)
    message_header_bytes: int = key(
        120_000, "headers and properties of a message together; a frame of the broker holds 131072", minimum=1
    )
    confirm_seconds: float = key(15.0, "how long a publisher waits for the broker's confirms", minimum=0.1)
    consumer_batch_messages: int = key(50, "maximum messages handled in one transaction", minimum=1)
    consumer_prefetch_messages: int = key(200, "maximum unacknowledged messages of a queue at a worker", minimum=1)
    consumer_message_bytes: int = key(
        16 * 1024 * 1024,
        "largest body that is read, larger ones are parked unread; also the maximum of bodies in memory, for a connection and for a batch",
        minimum=1,
    )
    consumer_attempts: int = key(4, "attempts before a failing message is parked", minimum=1)
    consumer_retry_first_seconds: float = key(0.1, "wait after a message's first failure", minimum=0)
    consumer_retry_ceiling_seconds: float = key(5.0, "longest wait before a message is tried again", minimum=0)
    delivery_limit: int = key(50, "deliveries after which the broker itself dead-letters a message", minimum=1)
    stale_binding_seconds: float = key(
        600.0, "how long a binding that no handler of this release needs is kept after its last declaration", minimum=0
    )
    reply_shards: int = key(4, "queues of a service's reply channel; fixed once messages flow", minimum=1)
    processed_retention_hours: float = key(24.0 * 14, "age at which rows of handled messages are deleted", minimum=1)
    dead_letter_retention_hours: float = key(24.0 * 90, "age at which ended dead letters are deleted", minimum=1)
    retention_batch_rows: int = key(1000, "rows deleted in one statement by retention", minimum=1)
    retention_rows_per_second: int = key(
        10_000, "maximum expired rows that a relay process deletes each second", minimum=1
    )
