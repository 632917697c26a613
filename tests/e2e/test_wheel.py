"""The built wheel in an empty Django project: five lines of settings, then a message is sent and handled."""

import os
import re
import subprocess
import sys
import textwrap
import venv
from pathlib import Path

import pytest

from tests.faults.deployment import ROOT

pytestmark = pytest.mark.slow

HOW_TO = ROOT / "docs" / "how-to" / "add-a-service.md"
TRY = """
import django
django.setup()
import config.celery
from billing.handlers import SENT
from postroad.testing.pump import Pump
{snippet}
Pump().until_quiet()
print("handled", SENT)
"""


def snippets() -> list[str]:
    """Return the how-to's Python blocks in order: settings, messages, handlers, celery, send."""
    text = HOW_TO.read_text()
    return [textwrap.dedent(block) for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)]


def run(*command: str, cwd: Path, **environment: str) -> str:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "DJANGO_", "POSTROAD_"))
    }
    done = subprocess.run(
        command, cwd=cwd, env={**clean, **environment}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_works_in_an_empty_project_that_follows_the_how_to(tmp_path: Path) -> None:
    parts = snippets()
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT), cwd=tmp_path)
    (wheel,) = tmp_path.glob("postroad-*.whl")
    home = tmp_path / "env"
    venv.create(home, with_pip=False)
    python = str(home / "bin" / "python")
    run(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, f"{wheel}[postgres]", cwd=tmp_path)
    run(python, "-m", "django", "startproject", "config", ".", cwd=tmp_path)
    run(python, "manage.py", "startapp", "billing", cwd=tmp_path)
    with (tmp_path / "config" / "settings.py").open("a") as settings:
        settings.write(parts[0])
    (tmp_path / "billing" / "messages.py").write_text(parts[1])
    (tmp_path / "billing" / "handlers.py").write_text(parts[2])
    (tmp_path / "config" / "celery.py").write_text(parts[3])
    (tmp_path / "try.py").write_text(TRY.format(snippet=parts[4]))
    run(python, "manage.py", "check", "--fail-level", "WARNING", cwd=tmp_path)
    run(python, "manage.py", "migrate", cwd=tmp_path)
    run(python, "manage.py", "declare_channels", cwd=tmp_path)

    shown = run(python, "try.py", cwd=tmp_path, DJANGO_SETTINGS_MODULE="config.settings")

    assert shown == "handled [42]\n"
    assert "No message is parked." in run(python, "manage.py", "deadletters", "list", cwd=tmp_path)
    assert "The outbox is empty" in run(python, "manage.py", "outbox", "status", cwd=tmp_path)
