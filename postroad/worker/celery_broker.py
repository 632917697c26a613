"""Is Celery's broker the one of BROKER_URL?  A worker declares at the one and consumes at the other.  Not: the URLs' meaning."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

from amqp.exceptions import NotFound
from django.conf import settings as django_settings

from postroad.brokers.rabbitmq.connection import read_url
from postroad.errors import InvalidSetting, MisconfiguredError
from postroad.secrecy import hide_password

_NAMES = ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL")
_REMEDY = (
    "leave it out, because Postroad gives Celery its own BROKER_URL; or give both the same host, port and virtual host"
)


def list_problems(broker_url: str) -> list[str]:
    """Return a sentence for each of Celery's settings, or variables, that names another broker than BROKER_URL."""
    given = {name: os.environ.get(name) or getattr(django_settings, name, None) for name in _NAMES}
    return [
        f"{name} is {_shown(theirs)}, which is not the broker of BROKER_URL, {hide_password(broker_url)}: tasks are sent"
        f" there, and a worker looks there for our queues, which are not there; {_REMEDY}."
        for name, theirs in given.items()
        if theirs and is_elsewhere(broker_url, theirs)
    ]


def is_elsewhere(broker_url: str, theirs: str | Sequence[str]) -> bool:
    """Whether a URL of Celery's, or every one of several, leads to another host, port or virtual host by its text."""
    return _place(broker_url) not in {_place(url) for url in _urls(theirs)}


def ensure_same(broker_url: str, theirs: str | Sequence[str], connection: Any, queue: str) -> None:
    """Make sure that a queue that we have just declared is there on Celery's own connection.

    Two names may be one broker; so this asks, and only where the URLs differ.

    Raises:
        MisconfiguredError: It is not: Celery is connected to another broker.
    """
    if not is_elsewhere(broker_url, theirs):
        return
    try:
        with connection.channel() as channel:
            channel.queue_declare(queue, passive=True)
    except NotFound as error:
        raise MisconfiguredError(
            f"Celery is connected to {_shown(theirs)}, where queue {queue!r} does not exist, although it has just been"
            f" declared at BROKER_URL, {hide_password(broker_url)}. Is CELERY_BROKER_URL another broker? Then {_REMEDY}."
        ) from error


def _urls(theirs: str | Sequence[str]) -> Iterable[str]:
    return theirs.split(";") if isinstance(theirs, str) else theirs


def _shown(theirs: str | Sequence[str]) -> str:
    return ", ".join(hide_password(url) for url in _urls(theirs))


def _place(url: str) -> tuple[str, int, str] | str:
    try:
        server = read_url(url)
    except InvalidSetting:
        return url
    return server.host.lower(), server.port, server.vhost
