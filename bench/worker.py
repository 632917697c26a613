"""The measured service's Celery application: `celery -A bench.worker worker`."""

import os

from celery import Celery

from postroad.worker.install import install_consumers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
app = Celery("bench")
app.config_from_object("django.conf:settings", namespace="CELERY")
install_consumers(app)
