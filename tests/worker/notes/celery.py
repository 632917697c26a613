"""The Celery application of the worker's tests."""

from celery import Celery

from postroad.worker.install import install_consumers, install_task_queue

app = Celery("notes")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
install_consumers(app)
install_task_queue(app)
