"""P2, the contenders: our Celery worker, plain Celery tasks, the database work alone."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from bench import processes, stage
from bench.bank.messages import ACCOUNTS, BANK, REPLY_TO, Credit, credit
from bench.bank.models import Account
from bench.rivals import celery_tasks
from bench.rounds import Contender
from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.codecs.registry import JSON
from postroad.commands.messages import command_description
from postroad.ids import new_id
from postroad.messaging import sql
from postroad.messaging.broker import PublishResult
from postroad.messaging.message import Envelope, Outgoing

BACKLOG = 4_000
_BACKLOG_OF_TASKS = 1_000  # it is so much slower that more would only take time
_BATCH = 50  # messages a transaction, the default of CONSUMER_BATCH_MESSAGES
_START_SHARE = 0.1  # of a backlog, before the clock starts: the worker boots, caches fill
_PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.05


@contextmanager
def contenders() -> Iterator[list[Contender]]:
    """Make the accounts."""
    Account.objects.all().delete()
    Account.objects.bulk_create([Account(pk=number) for number in range(1, ACCOUNTS + 1)])
    messages = [_outgoing(number) for number in range(BACKLOG)]
    try:
        yield [
            Contender(name="ours", run=lambda: _run_ours(messages)),
            Contender(name="limit", run=lambda: _run_database(messages)),
            Contender(name=f"Celery {version('celery')} tasks, acks_late", run=_run_tasks),
        ]
    finally:
        stage.purge(celery_tasks.QUEUE)


def _outgoing(number: int) -> Outgoing:
    command = credit(number)
    key = str(command.account_id)
    headers = {"kind": "command", "version": "1.0", "partition-key": key, "saga-type": "bench_client.Sell"}
    headers |= {"saga-id": new_id(), "saga-step": "credit"}
    envelope = Envelope(
        id=new_id(),
        type=command_description(Credit).name,
        body=JSON.encode(command),
        reply_to=REPLY_TO,
        app_id="bench_client",
        sent_at=int(time.time()),
        headers=headers,
    )
    return Outgoing(address=BANK.address(key), envelope=envelope)


def _clear() -> None:
    stage.purge_channels()
    stage.execute("TRUNCATE postroad_outbox, postroad_processed_message", "VACUUM FULL bench_bank_account")
    stage.settle()


def _run_ours(messages: Sequence[Outgoing]) -> list[float]:
    _clear()
    publisher = RabbitMQ(os.environ["BROKER_URL"]).publisher()
    results = publisher.publish(messages)
    publisher.close()
    if set(results) != {PublishResult.CONFIRMED}:
        raise RuntimeError(f"the backlog was not taken: {set(results)}")
    with processes.running(*processes.our_worker()) as worker:
        rate = _watch(worker, len(messages))
    _check(len(messages))
    return [rate]


def _run_tasks() -> list[float]:
    _clear()
    stage.purge(celery_tasks.QUEUE)
    with celery_tasks.app.producer_or_acquire() as producer:
        for number in range(_BACKLOG_OF_TASKS):
            fields: dict[str, Any] = json.loads(JSON.encode(credit(number)))
            celery_tasks.credit.apply_async(args=[{**fields, "replyTo": REPLY_TO}], producer=producer)
    with processes.running(*processes.celery_worker()) as worker:
        rate = _watch(worker, _BACKLOG_OF_TASKS)
    _check(_BACKLOG_OF_TASKS)
    return [rate]


def _run_database(messages: Sequence[Outgoing]) -> list[float]:
    """Do the statements of the pipeline with prepared values: what is left is PostgreSQL and the handler's UPDATE."""
    _clear()
    batches = [_prepare(messages[start : start + _BATCH]) for start in range(0, len(messages), _BATCH)]
    began = time.perf_counter()
    for admit, accounts, rows in batches:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(sql.POSTGRESQL.admit, admit)
                cursor.fetchall()
            for account_id, amount in accounts:
                Account.objects.filter(pk=account_id).update(balance=F("balance") + amount, version=F("version") + 1)
            with connection.cursor() as cursor:
                cursor.execute(sql.POSTGRESQL_INSERT, rows)
    seconds = time.perf_counter() - began
    _check(len(messages))
    return [len(messages) / seconds]


def _prepare(messages: Sequence[Outgoing]) -> tuple[list[Any], list[tuple[int, Any]], list[list[Any]]]:
    envelopes = [message.envelope for message in messages]
    commands = [JSON.decode(envelope.body, Credit) for envelope in envelopes]
    keys = list(dict.fromkeys(envelope.key for envelope in envelopes))
    admit: list[Any] = [BANK.name, [envelope.id for envelope in envelopes], BANK.name, keys, keys]
    replies = [_reply_row(envelope) for envelope in envelopes]
    accounts = [(command.account_id, command.amount) for command in commands]
    return admit, accounts, [list(column) for column in zip(*replies, strict=True)]


def _reply_row(envelope: Envelope) -> tuple[Any, ...]:
    headers = {**envelope.headers, "kind": "reply", "outcome": "success"}
    body = b'{"accountId":%s,"amount":"129.90"}' % envelope.key.encode()
    json_type, key = "application/json", envelope.key
    return (
        *(new_id(), "bench_bank.Credited", REPLY_TO, "", key, int(key) % 16, json_type),
        *(json.dumps(headers), envelope.id, "", "bench_bank", body, 0.0),
    )


def _watch(worker: processes.Running, expected: int) -> float:
    """Return the rate from the first tenth of the backlog to its end, by the rows of the processed messages."""
    first = max(1, round(expected * _START_SHARE))
    began: list[tuple[float, int]] = []

    def is_done() -> bool:
        count, now = _count("postroad_processed_message"), time.perf_counter()
        if count >= first and not began:
            began.append((now, count))
        return count >= expected

    worker.wait_until(is_done, seconds=_PATIENCE_SECONDS, poll_seconds=_POLL_SECONDS)
    moment, count = began[0]
    return (expected - count) / (time.perf_counter() - moment)


def _check(expected: int) -> None:
    """Make sure that every message had its three effects."""
    credited = "SELECT coalesce(sum(version), 0) FROM bench_bank_account"
    _expect("replies", _count("postroad_outbox"), expected)
    with connection.cursor() as cursor:
        cursor.execute(credited)
        _expect("updates", cursor.fetchone()[0], expected)
    stage.execute("UPDATE bench_bank_account SET version = 0, balance = 0")


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own table names
        return int(cursor.fetchone()[0])


def _expect(what: str, found: int, expected: int) -> None:
    if found != expected:
        raise RuntimeError(f"{found} {what} instead of {expected}: the contenders do not do the same work")
