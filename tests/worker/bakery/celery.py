import os

from celery import Celery

from postroad.worker.install import install_consumers, install_task_queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.worker.bakery.settings")
app = Celery("bakery")
app.config_from_object("django.conf:settings", namespace="CELERY")
install_consumers(app)
install_task_queue(app)


@app.task(name="bakery.add")
def add(left: int, right: int) -> int:
    """Show that ordinary tasks run beside the message handlers."""
    with open(os.environ["TASK_FILE"], "a") as file:  # noqa: PTH123 - the shortest way to leave a trace
        file.write(f"{left + right}\n")
    return left + right
