"""A project as startproject makes it, with the settings of the how-to: concurrent requests on SQLite all succeed."""

import sys
from pathlib import Path

import pytest

from tests.e2e.test_wheel import run, snippets
from tests.faults.deployment import ROOT

pytestmark = pytest.mark.slow

THREADS, REQUESTS = 12, 20
URLS = """
from django.http import HttpResponse
from django.urls import path
from django.contrib.sessions.models import Session
from billing.messages import SendInvoice
from postroad.commands.sender import send
from postroad.messaging.outbox.producer import unit_of_work

def invoice(request):
    with unit_of_work():
        Session.objects.count()
        send(SendInvoice(customer_id=42))
    return HttpResponse()

urlpatterns = [path("invoice", invoice)]
"""
ASK = f"""
import sys, threading
import django
django.setup()
from django.test import Client
from postroad.messaging.models import OutboxMessage
statuses, start = [], threading.Barrier({THREADS})

def ask():
    client = Client(raise_request_exception=False)
    start.wait()
    statuses.extend(client.get("/invoice", headers={{"host": "localhost"}}).status_code for _ in range({REQUESTS}))

threads = [threading.Thread(target=ask) for _ in range({THREADS})]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(statuses.count(200), OutboxMessage.objects.count())
"""


def make_project(home: Path) -> None:
    settings, messages, handlers, *_ = snippets()
    run(sys.executable, "-m", "django", "startproject", "config", ".", cwd=home)
    (home / "billing").mkdir()
    for name, text in {"__init__": "", "messages": messages, "handlers": handlers}.items():
        (home / "billing" / f"{name}.py").write_text(text)
    with (home / "config" / "settings.py").open("a") as file:
        file.write(settings)
    (home / "config" / "urls.py").write_text(URLS)
    (home / "ask.py").write_text(ASK)


def test_concurrent_requests_of_the_how_tos_settings_all_succeed(tmp_path: Path) -> None:
    make_project(tmp_path)
    here = {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "config.settings"}
    run(sys.executable, "manage.py", "migrate", cwd=tmp_path, **here)

    shown = run(sys.executable, "ask.py", cwd=tmp_path, **here)

    assert shown == f"{THREADS * REQUESTS} {THREADS * REQUESTS}\n"
