"""The console in a project of `startproject`: with Django's own admin, which it leaves as it is, and with Unfold."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_wheel import run
from tests.faults.deployment import ROOT

pytestmark = pytest.mark.slow

WALK = """
import json, sys
if sys.argv[1] == "plain":
    sys.modules["unfold"] = None  # as if it were not installed
import django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from postroad.messaging.inbox import dead_letters
from postroad.messaging.message import Envelope
from postroad.messaging.models import DeadLetter, OutboxMessage, OutboxState
from postroad.sagas.models import SagaInstance, SagaLock
from postroad.ids import new_id

call_command("migrate", verbosity=0)
client = Client(headers={"host": "localhost"})
client.force_login(User.objects.create_superuser("boss"))
envelope = Envelope(id="m-1", type="billing.SendInvoice", body=b'{"customerId": 1}', headers={"partition-key": "1"})
dead_letters.park("billing", envelope, reason="ValueError: no paper", traceback="Traceback: no paper")
row = OutboxMessage.objects.create(
    message_id=new_id(), type="billing.SendInvoice", channel="billing", route="0", body=b"{}", headers={},
    state=OutboxState.SET_ASIDE, error="impossible", lane=1, partition_key="1",
)
saga = SagaInstance.objects.create(id=new_id(), type="billing.Bill", version=1, key="1", data={}, step="paper", status="running")
pages, bodies = {}, {}

def look(url, method="get"):
    answer = getattr(client, method)(url)
    pages[url] = answer.status_code
    bodies[url] = answer.content.decode()
    return answer

look("/admin/")
look("/admin/auth/user/")
letter = DeadLetter.objects.get()
lists = ["postroad_messaging/deadletter", "postroad_messaging/outboxmessage", "postroad_sagas/sagainstance", "postroad_sagas/sagalock"]
for name in lists:
    look(f"/admin/{name}/")
    look(f"/admin/{name}/?q=1")
base = f"/admin/postroad_messaging/deadletter/{letter.pk}"
of_letter = look(f"{base}/change/").content.decode()
of_row = look(f"/admin/postroad_messaging/outboxmessage/{row.pk}/change/").content.decode()
of_saga = look(f"/admin/postroad_sagas/sagainstance/{saga.pk}/change/").content.decode()
buttons = [part.split('"')[0] for part in of_letter.split('href="') if "redrive" in part.split('"')[0]]
asked = look(buttons[0])
confirm = asked["Location"] if asked.status_code == 302 else ""
look(confirm)
given_up = client.post(confirm.replace("redrive", "discard"))
letter.refresh_from_db()
gone = look(buttons[0])
print(json.dumps({
    "pages": pages, "buttons": buttons, "confirmed": given_up.status_code, "state": letter.state,
    "index": bodies["/admin/"], "users": bodies["/admin/auth/user/"], "letter": of_letter, "row": of_row, "saga": of_saga,
    "list": bodies["/admin/postroad_messaging/deadletter/"], "gone": gone.status_code,
}))
"""
SETTINGS = """
INSTALLED_APPS = [*{first}, *INSTALLED_APPS, "postroad.messaging", "postroad.sagas", "postroad", "postroad.console"]
POSTROAD = {{"SERVICE": "billing", "BROKER_URL": "memory://"}}
"""


def walk(home: Path, look: str) -> Any:
    run(sys.executable, "-m", "django", "startproject", "config", ".", cwd=home)
    with (home / "config" / "settings.py").open("a") as file:
        file.write(SETTINGS.format(first=["unfold"] if look == "unfold" else []))
    (home / "walk.py").write_text(WALK)
    return json.loads(
        run(sys.executable, "walk.py", look, cwd=home, PYTHONPATH=str(ROOT), DJANGO_SETTINGS_MODULE="config.settings")
    )


@pytest.mark.parametrize("look", ["plain", "unfold"])
def test_every_page_opens_and_both_buttons_work(tmp_path: Path, look: str) -> None:
    found = walk(tmp_path, look)
    buttons = found["buttons"]

    assert {status for url, status in found["pages"].items() if url not in buttons} == {200}
    assert (found["confirmed"], found["state"]) == (302, "discarded")
    assert found["gone"] == 403
    assert len(buttons) == 1
    for page, text in (("letter", "ValueError: no paper"), ("row", "impossible"), ("saga", "postroad-timeline")):
        assert text in found[page]
    assert "Send again" in found["row"]


def test_the_admin_of_the_project_stays_as_it_is_and_ours_looks_like_it(tmp_path: Path) -> None:
    found = walk(tmp_path, "plain")

    for page in ("index", "users"):
        assert "unfold" not in found[page]
        assert "console.css" not in found[page]
        assert "postroad-" not in found[page]
    assert "unfold" not in found["letter"]
    assert '<ul class="object-tools">' in found["letter"]
    assert '<span class="postroad-label is-danger">parked</span>' in found["list"]
    assert "postroad_console/console.css" in found["letter"]


def test_with_unfold_our_pages_are_unfolds(tmp_path: Path) -> None:
    found = walk(tmp_path, "unfold")

    assert "unfold" in found["letter"]
    assert "postroad-label" not in found["list"]
