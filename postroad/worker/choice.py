"""Whether a worker runs message handlers: `celery worker --handlers`, `--no-handlers`, and the default.

See also: docs/decisions/0036-celery-stays-the-projects.md.
"""

from typing import Any

import click
from celery import Celery
from celery.signals import celeryd_init
from typing_extensions import override

from postroad.brokers.rabbitmq.connection import is_rabbitmq
from postroad.errors import MisconfiguredError
from postroad.messaging.conf import MessagingSettings
from postroad.secrecy import hide_password

_CHOICE = "_postroad_runs_handlers"


def offer_choice(app: Celery) -> None:
    """Add the option to `celery worker`, and record the choice when a worker of this application starts."""
    app.user_options["worker"].add(_Option())
    celeryd_init.connect(_choose, dispatch_uid="postroad.worker.choice")


def runs_handlers(worker: Any) -> bool:
    """Return whether a worker (Celery's `WorkController`) runs message handlers."""
    return bool(getattr(worker, _CHOICE, True))


def ensure_possible(consumer: Any) -> None:
    """Make sure that a worker has the broker and the event loop that handlers need.

    Raises:
        MisconfiguredError: BROKER_URL is not RabbitMQ, or there is no event loop, because of the worker's pool or of its
            broker's transport.
    """
    url = MessagingSettings.current().broker_url
    if not is_rabbitmq(url):
        raise MisconfiguredError(
            f"BROKER_URL {hide_password(url)!r} has no queues that a Celery worker could read; write amqp://… for RabbitMQ,"
            " or start this worker with --no-handlers, for tasks alone."
        )
    if consumer.hub is None:
        raise MisconfiguredError(
            "message handlers need a Celery worker with an event loop: a pool of prefork, threads or solo, and a Celery"
            f" broker that is RabbitMQ, Redis or SQS (this one has {consumer.conninfo.transport_cls!r}). Start this"
            " worker with --no-handlers, and one for handlers with such a pool."
        )


class _Option(click.Option):
    """Equal to every other one, because Celery keeps options in a set."""

    help_group = "Postroad"

    def __init__(self) -> None:
        super().__init__(
            ["--handlers/--no-handlers"],
            default=None,
            help="Run Postroad's message handlers. Without either: yes, unless -Q names queues of tasks.",
        )

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Option)

    @override
    def __hash__(self) -> int:
        return hash(_Option)


def _choose(*, instance: Any, options: dict[str, Any], **_: Any) -> None:
    chosen = options.get("handlers")
    setattr(instance, _CHOICE, not options.get("queues") if chosen is None else chosen)
