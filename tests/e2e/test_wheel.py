"""The built wheel in an empty Django project: five lines of settings, then a message is sent and handled."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.faults.deployment import ROOT

pytestmark = pytest.mark.slow

SETTINGS = """
INSTALLED_APPS += ["postroad.messaging", "postroad.sagas", "postroad.runtime", "billing"]
POSTROAD = {"SERVICE": "billing", "BROKER_URL": "memory://"}
"""
CELERY = """
from celery import Celery
from postroad.runtime.worker import install_consumers
app = Celery("config"); app.config_from_object("django.conf:settings", namespace="CELERY"); install_consumers(app)
"""
MESSAGES = """
from postroad.codecs.types import Message, Positive
from postroad.commands.messages import Done, command
from postroad.messaging.channels import CommandChannel

BILLING = CommandChannel("billing")


@command("billing.SendInvoice", on=BILLING, key="customer_id", replies=(Done,))
class SendInvoice(Message):
    customer_id: Positive
"""
HANDLERS = """
from billing.messages import BILLING, SendInvoice
from postroad.commands.handlers import CommandHandlers
from postroad.commands.messages import Done

SENT = []


def send_invoice(command: SendInvoice) -> Done:
    SENT.append(command.customer_id)
    return Done()


COMMANDS = CommandHandlers(BILLING, {SendInvoice: send_invoice})
"""
TRY = """
import django
django.setup()
from billing.handlers import SENT
from billing.messages import SendInvoice
from postroad.commands.sender import send
from postroad.messaging.producer import unit_of_work
from postroad.testing.pump import Pump
import config.celery

with unit_of_work():
    send(SendInvoice(customer_id=42))
Pump().until_quiet()
print("handled", SENT)
"""


def run(*command: str, cwd: Path, **environment: str) -> str:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "DJANGO_", "POSTROAD_"))
    }
    done = subprocess.run(
        command, cwd=cwd, env={**clean, **environment}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_works_in_an_empty_project(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT), cwd=tmp_path)
    (wheel,) = tmp_path.glob("postroad-*.whl")
    home = tmp_path / "env"
    venv.create(home, with_pip=False)
    python = str(home / "bin" / "python")
    run(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, f"{wheel}[postgres]", cwd=tmp_path)
    run(python, "-m", "django", "startproject", "config", ".", cwd=tmp_path)
    run(python, "manage.py", "startapp", "billing", cwd=tmp_path)
    with (tmp_path / "config" / "settings.py").open("a") as settings:
        settings.write(SETTINGS)
    (tmp_path / "config" / "celery.py").write_text(CELERY)
    (tmp_path / "billing" / "messages.py").write_text(MESSAGES)
    (tmp_path / "billing" / "handlers.py").write_text(HANDLERS)
    (tmp_path / "try.py").write_text(TRY)
    run(python, "manage.py", "check", "--fail-level", "WARNING", cwd=tmp_path)
    run(python, "manage.py", "migrate", cwd=tmp_path)
    run(python, "manage.py", "declare_channels", cwd=tmp_path)

    shown = run(python, "try.py", cwd=tmp_path, DJANGO_SETTINGS_MODULE="config.settings")

    assert shown == "handled [42]\n"
    assert "No message is parked." in run(python, "manage.py", "deadletters", "list", cwd=tmp_path)
    assert "The outbox is empty" in run(python, "manage.py", "outbox", "status", cwd=tmp_path)
