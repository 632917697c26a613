"""The wheel with each extra alone: everything works, or says in one line what to install."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_wheel import run
from tests.faults.deployment import ROOT

pytestmark = pytest.mark.slow

EXTRAS = ("postgres", "admin", "calls", "discovery", "grpc", "kubernetes", "metrics", "web")
COMMANDS = sorted(path.stem for path in (ROOT / "postroad/management/commands").glob("[a-z]*.py"))
SHOWN = {
    "migrate": "Applying postroad_messaging.0001",
    "check": "no issues",
    "declare_channels": "0 exchanges",
    "doctor": "Nothing to check",
    "outbox status": "The outbox is empty",
    "deadletters list": "No message is parked",
    "sagas list": "",
    "grpc": "CommandError: ",
}
"""Command → what it says; an error is a word of its class."""
SETTINGS = """
INSTALLED_APPS += ["postroad.messaging", "postroad.sagas", "postroad", "postroad.console"]
MIDDLEWARE.insert(0, "postroad.web.probes.ProbeMiddleware")
DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 60}
POSTROAD = {
    "BROKER_URL": "memory://", "DISCOVERY": "static", "ADDRESSES": {"kitchen": "http://127.0.0.1:9"}, "CALL_ATTEMPTS": 1,
}
"""
LOOK = """
import importlib, io, json, pkgutil, sys
from typing import Protocol
import django
django.setup()
import postroad
from django.core.management import call_command, load_command_class
from django.test import Client
from postroad.calls.client import calls
from postroad.calls.declaration import get, proxy
from postroad.codecs.types import Message
from postroad.errors import PostroadError

class Ticket(Message):
    id: int

@proxy("kitchen")
class Kitchen(Protocol):
    @get("/v1/tickets/{id}")
    def ticket(self, id: int) -> Ticket: ...

helps, shown = {}, {}
for name in sys.argv[1].split(","):
    helps[name] = load_command_class("postroad", name).create_parser("manage.py", name).format_help()
for command in sys.argv[2].split(","):
    out = io.StringIO()
    try:
        call_command(*command.split(), stdout=out, stderr=out)
    except Exception as error:
        out.write(f"{type(error).__name__}: {error}")
    shown[command] = out.getvalue()
failures = {}
for _, name, _ in pkgutil.walk_packages(postroad.__path__, "postroad."):
    if ".migrations" not in name:
        try:
            importlib.import_module(name)
        except Exception as error:
            failures[name] = [type(error).__name__, str(error)]
try:
    calls().client_of(Kitchen).ticket(1)
except PostroadError as error:
    call = [type(error).__name__, str(error)]
client = Client(headers={"host": "localhost"})
pages = {path: [client.get(path).status_code, client.get(path).content.decode()] for path in ("/livez", "/readyz", "/metrics")}
print(json.dumps({"helps": helps, "shown": shown, "failures": failures, "call": call, "pages": pages}))
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT), cwd=folder)
    (built,) = folder.glob("postroad-*.whl")
    return built


class Project:
    """A project of `startproject`, in an environment with one extra."""

    def __init__(self, home: Path, wheel: Path, extra: str) -> None:
        self.home, self.python = home, str(home / "env/bin/python")
        uv = (sys.executable, "-m", "uv")
        run(*uv, "venv", "--quiet", "--python", sys.executable, str(home / "env"), cwd=home)
        run(*uv, "pip", "install", "--quiet", "--python", self.python, f"{wheel}[{extra}]", cwd=home)
        run(self.python, "-m", "django", "startproject", "config", ".", cwd=home)
        with (home / "config/settings.py").open("a") as settings:
            settings.write(SETTINGS)
        (home / "look.py").write_text(LOOK)

    def look(self) -> Any:
        return json.loads(
            run(
                self.python,
                "look.py",
                ",".join(COMMANDS),
                ",".join(SHOWN),
                cwd=self.home,
                DJANGO_SETTINGS_MODULE="config.settings",
            )
        )


@pytest.mark.parametrize("extra", EXTRAS)
def test_with_one_extra_everything_works_or_says_what_to_install(tmp_path: Path, wheel: Path, extra: str) -> None:
    project = Project(tmp_path, wheel, extra)

    found = project.look()
    served = found["shown"]["grpc"]

    assert all("usage:" in found["helps"][name] for name in COMMANDS)
    assert [name for name, text in SHOWN.items() if text not in found["shown"][name]] == []
    assert ("pip install 'postroad[grpc]'" in served) == (extra != "grpc")
    assert {kind for kind, _ in found["failures"].values()} <= {"MissingExtra", "ModuleNotFoundError"}
    others = {name for name, (kind, _) in found["failures"].items() if kind != "MissingExtra"}
    assert others == {"postroad.testing.brokers", "postroad.testing.plugin"}  # they need pytest
    texts = [text for kind, text in found["failures"].values() if kind == "MissingExtra"]
    assert [text for text in texts if "; run: pip install 'postroad[" not in text or "\n" in text] == []
    assert not any(f"postroad[{extra}]" in text for text in texts)
    kind, text = found["call"]
    has_client = extra in ("calls", "discovery")  # httpx, which looks for instances, brings what blocking calls need
    assert (kind, "postroad[calls]" in text) == (("NotReached", False) if has_client else ("MissingExtra", True))
    assert found["pages"]["/livez"][0] == found["pages"]["/readyz"][0] == 200
    assert found["pages"]["/metrics"][0] == (200 if extra == "metrics" else 404)
    assert ("postroad[metrics]" in found["pages"]["/metrics"][1]) == (extra != "metrics")


def test_the_list_of_extras_is_the_projects() -> None:
    names = set()
    for line in (ROOT / "pyproject.toml").read_text().partition("[project.optional-dependencies]")[2].splitlines():
        if line.startswith("["):
            break
        if " = " in line:
            names.add(line.partition(" = ")[0])

    assert names == set(EXTRAS)
