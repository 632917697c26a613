"""A database and queues of the measurements' own, made at the start and removed at the end."""

import os
import platform as python
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import amqp
import django
import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.brokers.rabbitmq.connection import close, connect, read_url

_NEEDED = ("TEST_DATABASE_URL", "TEST_BROKER_URL")
_PATIENCE_SECONDS = 30.0
_CELERY_QUEUES = ("bench_bank.tasks", "bench_plain.tasks")  # the workers' own; each has an exchange of its name


@contextmanager
def prepared() -> Iterator[None]:
    """Make the database, set Django up on it, and declare the channels; remove all of it at the end.

    Raises:
        SystemExit: A server is not named.
    """
    missing = [name for name in _NEEDED if not os.environ.get(name)]
    if missing:
        raise SystemExit(f"bench: {' and '.join(missing)} not set; 'make bench' starts the servers and sets them.")
    server_url, name = os.environ["TEST_DATABASE_URL"], f"postroad_bench_{os.getpid()}"
    for variable in [variable for variable in os.environ if variable.startswith("POSTROAD_")]:
        del os.environ[variable]  # defaults are measured, whatever the shell has set
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    os.environ["BROKER_URL"] = os.environ["TEST_BROKER_URL"]
    os.environ["DATABASE_URL"] = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        django.setup()
        call_command("migrate", run_syncdb=True, verbosity=0)
        with _channels():
            yield
    finally:
        connection.close()
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def broker() -> Iterator[Any]:
    """Open a plain py-amqp connection to the broker."""
    made = connect(read_url(os.environ["BROKER_URL"]), timeout_seconds=_PATIENCE_SECONDS)
    try:
        yield made
    finally:
        close(made)


def purge(*queues: str) -> None:
    """Empty queues; those that do not exist are left out."""
    with broker() as made:
        for name in queues:
            try:
                made.channel().queue_purge(name)
            except amqp.NotFound:
                continue


def purge_channels() -> None:
    """Empty every queue of the measured service."""
    purge(*_topology_queues())


def execute(*statements: str) -> None:
    """Run statements outside a transaction."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def settle() -> None:
    """Bring the database into the state that it has in quiet hours: statistics fresh, dirty pages written."""
    execute("VACUUM ANALYZE", "CHECKPOINT")


def machine() -> Mapping[str, Any]:
    """Return what the numbers were taken on."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        database = cursor.fetchone()[0].split()[0]
    with broker() as made:
        version = made.server_properties.get("version", "?")
    return {
        "cores": len(os.sched_getaffinity(0)),
        "python": python.python_version(),
        "broker": f"RabbitMQ {version}",
        "database": f"PostgreSQL {database}",
    }


@contextmanager
def _channels() -> Iterator[None]:
    from postroad.composition import installed  # noqa: PLC0415 - needs Django set up, which is done here

    topology = installed().topology
    _remove(topology)
    RabbitMQ(os.environ["BROKER_URL"]).declare(topology)
    try:
        yield
    finally:
        _remove(topology)


def _topology_queues() -> list[str]:
    from postroad.composition import installed  # noqa: PLC0415 - needs Django set up

    return list(installed().queues)


def _remove(topology: Any) -> None:
    with broker() as made:
        channel = made.channel()
        for name in [*(queue.name for queue in topology.queues), *_CELERY_QUEUES]:
            channel.queue_delete(name)
        for name in [*(exchange.name for exchange in topology.exchanges), *_CELERY_QUEUES]:
            channel.exchange_delete(name)
