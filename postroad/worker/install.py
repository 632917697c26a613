"""Message handlers inside an ordinary Celery worker.  Not: Celery tasks, which work beside them as ever.

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
install_consumers(app)          # then: celery -A config worker -n orders@%h
"""

from typing import Any

from celery import Celery

from postroad.brokers.rabbitmq.connection import celery_broker
from postroad.conf import settings
from postroad.worker.tasks import tasks_queue, use_task_queue


def install_consumers(app: Celery) -> None:
    """Let the workers of a Celery application run the message handlers of the installed services.

    Sets the configuration that this needs; what the application has set itself (settings `CELERY_…`) wins.
    """
    app.on_after_configure.connect(_configure)
    if app.configured:
        _configure(app.conf)
    app.steps["consumer"].add("postroad.worker.step:Consumers")  # by name: Django is not set up yet


def _configure(source: Any, **_: Any) -> None:
    """Set what the application has not set.  Not by `app.add_defaults`: Celery lets those win over its settings."""
    *given, _celerys_own = source.maps
    prefix = source.prefix or ""
    for key, value in _defaults().items():
        if not any(name in mapping for mapping in given for name in (key, f"{prefix}{key}".upper())):
            source[key] = value
    use_task_queue(source)


def _defaults() -> dict[str, Any]:
    return {
        **celery_broker(settings().broker_url),
        "broker_channel_error_retry": True,  # else a worker ends when the broker closes one of its channels
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # for ever: the consumer never stops
        "broker_transport_options": {"confirm_publish": True},  # of `send_task`: each waits for its confirm
        "task_default_queue": tasks_queue().name,
        "task_default_queue_type": "quorum",
        "task_default_exchange_type": "topic",  # delayed tasks on quorum queues need it
        "worker_consumer": "postroad.worker.consumer:Consumer",
        "worker_detect_quorum_queues": True,
        "worker_enable_remote_control": False,  # one broadcast of anybody on the virtual host ends all workers
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_hijack_root_logger": False,  # Django's LOGGING shows the values of a log line
    }
