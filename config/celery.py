"""The Celery application: `celery -A config worker` runs the message handlers of one service."""

import os

from celery import Celery

from postroad.runtime.worker import install_consumers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.service")
app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
install_consumers(app)
