"""The Celery application: `celery -A config worker` runs the message handlers of one service.

Django's LOGGING is the worker's as well: LOG_LEVEL counts, `--loglevel` does not.
"""

import os
from typing import Any

from celery import Celery
from celery.apps.worker import Worker
from celery.signals import celeryd_init, setup_logging

from config.logs import is_json
from postroad import install_consumers, install_task_queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.service")
app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
install_consumers(app)
install_task_queue(app)


def keep_logging(**_: Any) -> None:
    """Do nothing: connecting to `setup_logging` disables Celery's own logging setup."""


def leave_out_banner(instance: Worker, **_: Any) -> None:
    """Print no banner if the log lines are JSON."""
    if is_json():
        instance.quiet = True


setup_logging.connect(keep_logging)
celeryd_init.connect(leave_out_banner)
