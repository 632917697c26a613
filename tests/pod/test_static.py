"""Static files: collected while an image is built, served from there."""

from pathlib import Path

import pytest

from tests.pod.program import run

SERVE = """
import django
from django.conf import settings
from django.test import Client
django.setup()
answer = Client(headers={"host": "localhost"}).get("/static/tour/tour.css")
print(settings.WHITENOISE_USE_FINDERS, answer.status_code, b"".join(answer)[:9])
"""
DATABASE = {"DATABASE_URL": "sqlite://:memory:", "BROKER_URL": "memory://"}


@pytest.mark.slow
def test_they_are_collected_without_any_secret_database_or_broker(tmp_path: Path) -> None:
    done = run(
        "manage.py", "collectstatic", "--noinput",
        service="", SECRET_KEY="", DJANGO_SETTINGS_MODULE="config.settings.build", STATIC_ROOT=str(tmp_path / "static"),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "static" / "tour" / "tour.css").is_file()
    assert (tmp_path / "static" / "unfold" / "css" / "styles.css").is_file()


@pytest.mark.slow
def test_collected_files_are_served(tmp_path: Path) -> None:
    (tmp_path / "tour").mkdir()
    (tmp_path / "tour" / "tour.css").write_text("collected")

    done = run("-W", "error", "-c", SERVE, service="kitchen", STATIC_ROOT=str(tmp_path), **DATABASE)

    assert done.stdout == "False 200 b'collected'\n", done.stderr


@pytest.mark.slow
def test_without_collected_files_those_of_the_code_are_served(tmp_path: Path) -> None:
    done = run("-W", "error", "-c", SERVE, service="kitchen", STATIC_ROOT=str(tmp_path / "none"), **DATABASE)

    assert done.stdout.startswith("True 200 "), done.stderr
