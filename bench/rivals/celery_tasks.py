"""Plain Celery tasks that do what our handler does: `celery -A bench.rivals.celery_tasks worker`.

Late acknowledgement, a quorum queue, one ORM transaction a task with a processed message, the UPDATE and an outbox row.
"""

import json
import os
import uuid
import zlib
from decimal import Decimal
from typing import Any

import kombu
from celery import Celery, Task
from django.db import IntegrityError, transaction
from django.db.models import F

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

_KOMBU: Any = kombu  # it has no types
QUEUE = "bench_plain.tasks"
SUBSCRIBER = "bench_plain"

app = Celery("bench_plain", broker=os.environ.get("BROKER_URL", ""), set_as_current=False)
app.conf.update(
    CELERY_DB_REUSE_MAX=1_000_000,  # tasks; by default Celery connects to the database anew for each one
    task_default_queue=QUEUE,
    task_queues=[
        _KOMBU.Queue(QUEUE, _KOMBU.Exchange(QUEUE, "topic"), QUEUE, queue_arguments={"x-queue-type": "quorum"})
    ],
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=50,  # the default of 4 waits for the broker
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"confirm_publish": True},
)


@app.task(name="bench_plain.credit", bind=True)  # type: ignore[untyped-decorator]  # celery has no types
def credit(self: Task, fields: dict[str, Any]) -> None:
    """Credit an account once."""
    from bench.bank.models import Account  # noqa: PLC0415 - models need Django set up, which the worker does later
    from postroad.messaging.models import OutboxMessage, ProcessedMessage  # noqa: PLC0415 - same

    account_id, amount = int(fields["accountId"]), fields["amount"]
    try:
        with transaction.atomic():
            ProcessedMessage.objects.create(subscriber=SUBSCRIBER, message_id=self.request.id)
            Account.objects.filter(pk=account_id).update(
                balance=F("balance") + Decimal(amount), version=F("version") + 1
            )
            OutboxMessage.objects.create(
                message_id=uuid.uuid4(),
                type="bench_bank.Credited",
                channel=fields["replyTo"],
                partition_key=str(account_id),
                lane=zlib.crc32(str(account_id).encode()) % 16,
                headers={"kind": "reply", "version": "1.0", "partition-key": str(account_id), "outcome": "success"},
                correlation_id=self.request.id,
                app_id=SUBSCRIBER,
                body=json.dumps({"accountId": account_id, "amount": amount}).encode(),
            )
    except IntegrityError:
        return  # it was handled before
