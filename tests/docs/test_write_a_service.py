"""The page that shows a whole service: short, and executed as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "how-to" / "write-a-service.md").read_text()
FILES = dict(re.findall(r"^`hotel/(\w+\.py)`.*?```python\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE))
(DELIVERY,) = re.findall(r"^`deliver` handles.*?```python\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
SETTINGS = """
INSTALLED_APPS = ["django.contrib.contenttypes", "postroad.messaging", "postroad.sagas", "postroad", "hotel"]
POSTROAD = {"SERVICE": "hotel", "BROKER_URL": "memory://"}
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
SECRET_KEY = "only for this test"
"""
TRAVEL = """
import pytest
from hotel.handlers import PAID, Trip, book_trip
from hotel.messages import BookRoom, RoomBooked
from postroad import send, start_saga, unit_of_work


@pytest.mark.parametrize(("guest", "paid"), [(7, [7]), (13, [])])
def test_the_saga_travels(postroad_pump, guest, paid):
    PAID.clear()
    with unit_of_work():
        start_saga(book_trip, Trip(guest_id=guest))
    postroad_pump.until_quiet()
    assert PAID == paid
    assert [event.guest_id for event in postroad_pump.sent(RoomBooked)] == paid


def test_an_error_of_a_handler_fails_the_test(postroad_pump, monkeypatch):
    monkeypatch.setattr("hotel.handlers.BLOCKED", None)
    with unit_of_work():
        send(BookRoom(guest_id=7))
    with pytest.raises(AssertionError, match="message parked") as caught:
        postroad_pump.until_quiet()
    assert isinstance(caught.value.__cause__, TypeError)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "hotel").mkdir()
    for name, text in {"__init__.py": "", "test_travel.py": TRAVEL, "test_delivery.py": DELIVERY, **FILES}.items():
        (tmp_path / "hotel" / name).write_text(text)
    (tmp_path / "only_settings.py").write_text(SETTINGS)
    return tmp_path


def test_the_page_has_three_files() -> None:
    assert list(FILES) == ["messages.py", "handlers.py", "tests.py"]


def test_a_service_is_sixty_lines_and_imports_are_few() -> None:
    lines = [line for text in FILES.values() for line in text.splitlines() if line.strip()]

    assert len(lines) <= 60
    assert len([line for line in lines if re.match(r"from |import ", line)]) <= 6


def test_its_tests_pass_and_its_saga_travels(project: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "-c", "/dev/null"]
    done = subprocess.run(
        [*command, "-p", "postroad.testing.plugin", "--ds", "only_settings", "hotel/tests.py", "hotel/test_travel.py", "hotel/test_delivery.py"],
        cwd=project, env={"PYTHONPATH": f"{project}:{ROOT}", "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_django_finds_nothing_wrong_with_it(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "django", "check", "--settings", "only_settings"],
        cwd=project, env={"PYTHONPATH": f"{project}:{ROOT}", "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
