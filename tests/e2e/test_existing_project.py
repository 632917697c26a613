"""A project that has Celery, an admin and a LOGGING of its own adopts Postroad by the how-to, on RabbitMQ and PostgreSQL."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.e2e.test_wheel import run, snippets
from tests.faults.deployment import ROOT
from tests.support.amqp import virtual_host

pytestmark = [pytest.mark.broker, pytest.mark.postgres, pytest.mark.virtual_hosts, pytest.mark.slow]

SETTINGS = """
import os
INSTALLED_APPS += ["shop", "people"]
DATABASES = {{"default": {database}}}
CELERY_BROKER_URL = os.environ["TASKS_URL"]
CELERY_TASK_ROUTES = {{"shop.tasks.email": {{"queue": "emails"}}}}
LOGGING = {{
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {{"own": {{"format": "MINE %(levelname)s %(message)s"}}}},
    "handlers": {{"own": {{"class": "logging.StreamHandler", "formatter": "own"}}}},
    "root": {{"handlers": ["own"], "level": "WARNING"}},
}}
"""
CELERY = """
import os
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""
MODELS = """
from django.db import models


class Sale(models.Model):
    kind = models.CharField(max_length=20)
"""
ADMIN = """
from django.contrib import admin
from shop.models import Sale

admin.site.register(Sale)
"""
TASKS = """
from celery import shared_task
from shop.models import Sale


@shared_task
def stock():
    Sale.objects.create(kind="stock")


@shared_task
def email():
    Sale.objects.create(kind="email")
"""
QUEUE = "import django; django.setup(); from shop.tasks import email, stock; stock.delay(); email.delay()"
LOOK = """
import json
import django
django.setup()
from django.contrib.auth.models import User
from django.test import Client
from postroad.messaging.models import DeadLetter, OutboxMessage, ProcessedMessage
from shop.models import Sale
boss, _ = User.objects.get_or_create(username="boss", is_staff=True, is_superuser=True)
client = Client(headers={"host": "localhost"})
client.force_login(boss)
pages = {path: client.get(f"/admin/{path}") for path in ("shop/sale/", "postroad_messaging/outboxmessage/")}
print(json.dumps({
    "sales": sorted(Sale.objects.values_list("kind", flat=True)),
    "handled": ProcessedMessage.objects.filter(subscriber="billing").count(),
    "waiting": OutboxMessage.objects.count(),
    "parked": DeadLetter.objects.count(),
    "pages": {path: answer.status_code for path, answer in pages.items()},
    "own": pages["shop/sale/"].content.decode(),
}))
"""


class Project:
    """The project's folder, settings, commands and processes."""

    def __init__(self, home: Path, database_url: str, broker_url: str, tasks_url: str) -> None:
        self.home, self._processes = home, list[subprocess.Popen[bytes]]()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "POSTROAD_"))}
        self._given = {"PYTHONPATH": f"{home}:{ROOT}", "DJANGO_SETTINGS_MODULE": "config.settings"}
        self._given |= {"TASKS_URL": tasks_url, "MESSAGES_URL": broker_url}
        self._environment = kept | self._given
        parts = urlsplit(database_url)
        self._database = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path[1:],
            "USER": parts.username,
            "PASSWORD": parts.password,
            "HOST": parts.hostname,
            "PORT": parts.port,
        }

    def make(self) -> None:
        """Write what is there before Postroad."""
        self.run("-m", "django", "startproject", "config", ".", bare=True)
        for app in ("shop", "people"):
            self.run("manage.py", "startapp", app)
        self.write("config/settings.py", SETTINGS.format(database=self._database))
        self.write("config/celery.py", CELERY)
        self.write("config/__init__.py", "from config.celery import app as celery_app\n")
        for name, text in {"models": MODELS, "admin": ADMIN, "tasks": TASKS}.items():
            self.write(f"shop/{name}.py", text)
        self.run("manage.py", "makemigrations", "shop")
        self.run("manage.py", "migrate")

    def adopt(self) -> None:
        """Follow the how-to, as a project on PostgreSQL with Celery does."""
        settings, messages, handlers, celery, _ = snippets()
        whole, _, _ = settings.partition('DATABASES["default"]["OPTIONS"]')  # which is for SQLite only
        self.run("manage.py", "startapp", "billing")
        self.write("config/settings.py", whole.replace('"memory://"', 'os.environ["MESSAGES_URL"]'))
        self.write("config/settings.py", 'INSTALLED_APPS += ["postroad.console"]\n')
        self.write("billing/messages.py", messages)
        self.write("billing/handlers.py", handlers)
        new = [line for line in celery.splitlines() if "install_consumers" in line]
        assert len(new) == 2  # an import and a line, as the how-to says of such a project
        self.write("config/celery.py", "\n".join(new))
        self.run("manage.py", "check", "--fail-level", "WARNING")
        self.run("manage.py", "migrate")
        self.run("manage.py", "declare_channels")

    def write(self, name: str, text: str) -> None:
        with (self.home / name).open("a") as file:
            file.write(f"{text}\n")

    def run(self, *command: str, bare: bool = False) -> str:
        given = {} if bare else self._given
        return run(sys.executable, *command, cwd=self.home, **given)

    def start(self, name: str, *command: str) -> None:
        with (self.home / f"{name}.log").open("wb") as log:
            self._processes.append(
                subprocess.Popen(
                    [sys.executable, *command], cwd=self.home, env=self._environment, stdout=log, stderr=log
                )
            )

    def log(self, name: str) -> str:
        return (self.home / f"{name}.log").read_text(errors="replace")

    def stop(self) -> list[int]:
        for process in self._processes:
            process.terminate()
        return [process.wait(30) for process in self._processes]


@pytest.fixture
def database_url() -> Iterator[str]:
    url, name = os.environ["TEST_DATABASE_URL"], f"adopting_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        yield f"{url.rpartition('/')[0]}/{name}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture(params=["same broker", "another virtual host"])
def project(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Iterator[Project]:
    url = os.environ["TEST_BROKER_URL"]
    with virtual_host(url) as messages_url, virtual_host(url) as other_url:
        tasks_url = messages_url if request.param == "same broker" else other_url
        made = Project(tmp_path, database_url, messages_url, tasks_url)
        yield made
        made.stop()


def until(is_so: Callable[[], bool], *, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.3)
    return False


def test_a_project_adopts_by_the_how_to_and_loses_none_of_its_own(project: Project) -> None:
    project.make()
    project.run("-c", QUEUE)  # tasks that wait while the project adopts
    project.adopt()
    project.write("send.py", f"import django\ndjango.setup()\n{snippets()[-1]}")
    project.write("look.py", LOOK)
    project.run("send.py")
    project.start("relay", "manage.py", "relay")
    project.start("worker", "-m", "celery", "-A", "config", "worker", "-n", "billing@%h", "-c", "1")
    project.start("mail", "-m", "celery", "-A", "config", "worker", "-n", "mail@%h", "-Q", "emails", "-c", "1")

    is_done = until(lambda: _is_done(json.loads(project.run("look.py"))))
    found = json.loads(project.run("look.py"))
    codes = project.stop()

    assert is_done, (found, project.log("worker"), project.log("mail"), project.log("relay"))
    assert codes == [0, 0, 0]
    assert set(found["pages"].values()) == {200}
    assert "postroad-" not in found["own"]
    assert "MINE INFO Postroad relay started (" in project.log("relay")
    assert "MINE INFO Postroad relay stopped (" in project.log("relay")
    assert "Postroad worker started (" in project.log("worker")
    assert "message handlers of billing, " in project.log("worker")
    assert "runs tasks only, no message handlers" in project.log("mail")


def _is_done(found: dict[str, object]) -> bool:
    nothing_left = (found["handled"], found["waiting"], found["parked"]) == (1, 0, 0)
    return nothing_left and found["sales"] == ["email", "stock"]
