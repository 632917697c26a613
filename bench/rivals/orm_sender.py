"""The naive relay: ORM rows, and kombu with one confirm a message.  It shares only the table with Postroad."""

from collections.abc import Iterable
from typing import Any

import kombu
from django.db import transaction

from postroad.messaging.models import OutboxMessage

_KOMBU: Any = kombu  # it has no types
_BATCH_ROWS = 1000


class OrmSender:
    """Sends the outbox with what Django and Celery bring along."""

    def __init__(self, url: str) -> None:
        self._connection = _KOMBU.Connection(url, transport_options={"confirm_publish": True})
        self._producer = _KOMBU.Producer(self._connection.channel())

    def drain(self) -> int:
        """Send and delete rows until none is left; return how many."""
        sent = 0
        while batch := self._run_once():
            sent += batch
        return sent

    def close(self) -> None:
        """Give the connection back."""
        self._connection.release()

    @transaction.atomic
    def _run_once(self) -> int:
        rows = list(OutboxMessage.objects.select_for_update(skip_locked=True).order_by("id")[:_BATCH_ROWS])
        self._publish(rows)
        OutboxMessage.objects.filter(pk__in=[row.pk for row in rows]).delete()
        return len(rows)

    def _publish(self, rows: Iterable[OutboxMessage]) -> None:
        for row in rows:
            self._producer.publish(
                bytes(row.body),
                exchange=row.channel,
                routing_key=row.route,
                content_type=row.content_type,
                content_encoding="utf-8",
                headers=row.headers,
                delivery_mode=2,
                mandatory=True,
                message_id=str(row.message_id),
                type=row.type,
                reply_to=row.reply_to,
                app_id=row.app_id,
                timestamp=int(row.created_at.timestamp()),
            )
