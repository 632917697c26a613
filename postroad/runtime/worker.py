"""Message handlers inside an ordinary Celery worker.  Not: Celery tasks, which work beside them as ever.

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
install_consumers(app)          # then: celery -A config worker -n orders@%h
"""

from typing import Any

from celery import Celery

from postroad.brokers.rabbitmq_connection import celery_broker
from postroad.conf import settings


def install_consumers(app: Celery) -> None:
    """Let the workers of a Celery application run the message handlers of the installed services.

    Sets the configuration that this needs, as defaults: settings `CELERY_…` win.
    """
    app.add_defaults(_defaults)
    app.steps["consumer"].add("postroad.runtime.worker_step:Consumers")  # by name: Django is not set up yet


def _defaults() -> dict[str, Any]:
    name = settings().service or "postroad"
    return {
        **celery_broker(settings().broker_url),
        "broker_channel_error_retry": True,  # else a worker ends when the broker closes one of its channels
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # for ever: the consumer never stops
        "broker_transport_options": {"confirm_publish": True},  # of `send_task`: each waits for its confirm
        "task_default_queue": f"{name}.tasks",
        "task_default_queue_type": "quorum",
        "task_default_exchange_type": "topic",  # delayed tasks on quorum queues need it
        "worker_consumer": "postroad.runtime.worker_consumer:Consumer",
        "worker_detect_quorum_queues": True,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_hijack_root_logger": False,  # Django's LOGGING shows the values of a log line
    }
