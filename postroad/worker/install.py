"""Message handlers inside an ordinary Celery worker; Celery tasks work beside them as before.

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
install_consumers(app)          # then: celery -A config worker -n orders@%h

Tasks stay the project's: their broker, queues and logging are what Celery makes of the project's settings.
"""

import os
from collections.abc import Mapping
from typing import Any

from celery import Celery
from celery.app.defaults import _TO_OLD_KEY

from postroad.brokers.rabbitmq.connection import celery_broker, is_rabbitmq
from postroad.messaging.conf import MessagingSettings
from postroad.worker.choice import offer_choice
from postroad.worker.tasks import tasks_queue, use_task_queue

_BROKERS = ("broker_url", "broker_read_url", "broker_write_url", "broker_host")


def install_consumers(app: Celery) -> None:
    """Let the workers of a Celery application run the message handlers of the installed services.

    What the application has set itself (settings `CELERY_…`) wins, and nothing is set that moves tasks to another queue.
    BROKER_URL becomes the broker of tasks only if the application names none.
    """
    _set_defaults(app, _of_handlers)
    offer_choice(app)
    app.steps["consumer"].add("postroad.worker.step:Consumers")  # by name: Django is not set up yet


def install_task_queue(app: Celery) -> None:
    """Give ordinary tasks a queue of the service's own, `<service>.tasks`, with a dead-letter queue; for new projects.

    Not for an application whose tasks wait in another queue: nobody would consume them any more.  The queue is a quorum
    queue, `delay()` waits for the broker's confirm, and remote control is off, because one broadcast of anybody on the
    virtual host ends all workers.
    """
    _set_defaults(app, _of_tasks)


def _set_defaults(app: Celery, defaults: Any) -> None:
    """Set what the application has not set.

    `app.add_defaults` cannot do that: Celery lets such defaults win over the application's settings.
    """

    def configure(source: Any, **_: Any) -> None:
        for key, value in defaults(source).items():
            if not _is_given(source, key):
                source[key] = value
        if defaults is _of_tasks:
            use_task_queue(source)

    app.on_after_configure.connect(configure, weak=False)
    if app.configured:
        configure(app.conf)


def _of_handlers(source: Any) -> Mapping[str, Any]:
    url = MessagingSettings.current().broker_url
    names_broker = any(_is_given(source, name) or os.environ.get(f"CELERY_{name.upper()}") for name in _BROKERS)
    return {
        **({} if names_broker or not is_rabbitmq(url) else celery_broker(url)),
        "broker_channel_error_retry": True,  # else a worker ends when the broker closes one of its channels
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # for ever: the consumer never stops
        "worker_consumer": "postroad.worker.consumer:Consumer",
    }


def _of_tasks(_source: Any) -> Mapping[str, Any]:
    return {
        "broker_transport_options": {"confirm_publish": True},  # of `send_task`: each waits for its confirm
        "task_default_queue": tasks_queue().name,
        "task_default_queue_type": "quorum",
        "task_default_exchange_type": "topic",  # delayed tasks on quorum queues need it
        "worker_detect_quorum_queues": True,
        "worker_enable_remote_control": False,
    }


def _is_given(source: Any, key: str) -> bool:
    """Whether the application has set a key of Celery's, under any of the names that Celery reads."""
    *given, _celerys_own = source.maps
    names = {key, f"{source.prefix or ''}{key}".upper(), _TO_OLD_KEY.get(key, key)}
    return any(name in mapping for mapping in given for name in names)
