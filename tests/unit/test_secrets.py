"""Files that only their owner may read, and a SECRET_KEY that nobody can guess."""

import hashlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.shared.secrets import kept_secret
from config.databases import databases
from config.secret_key import _find_problem
from tests.faults.deployment import ROOT


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def test_a_new_sqlite_file_and_those_beside_it_are_the_owners(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite3"

    databases(f"sqlite:///{path}")

    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE letters (text)")
        assert {file.name: mode(file) for file in tmp_path.iterdir()} == {
            "new.sqlite3": "0o600",
            "new.sqlite3-wal": "0o600",
            "new.sqlite3-shm": "0o600",
        }
    database.close()


def test_an_old_sqlite_file_that_all_could_read_is_closed_to_them(tmp_path: Path) -> None:
    names = ("old.sqlite3", "old.sqlite3-wal", "old.sqlite3-shm", "old.sqlite3-journal")
    for name in names:
        (tmp_path / name).touch(mode=0o644)

    databases(f"sqlite:///{tmp_path / 'old.sqlite3'}")

    assert {mode(tmp_path / name) for name in names} == {"0o600"}


def test_a_database_in_memory_and_one_in_a_folder_that_is_not_there_make_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    databases("sqlite://:memory:")
    databases(f"sqlite:///{tmp_path / 'missing' / 'a.sqlite3'}")

    assert list(tmp_path.iterdir()) == []


def test_a_kept_secret_that_was_copied_for_all_is_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "secret-key"
    text = kept_secret(path)
    path.chmod(0o644)

    assert kept_secret(path) == text
    assert mode(path) == "0o600"


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("a", "1 characters"),
        ("only-for-tests", "14 characters"),
        ("a" * 50, "1 different characters"),
        ("0123456" * 9, "7 different characters"),
        ("12345678" * 8, "again and again"),
        ("django-insecure-" + "x8f#k2)w9s$mz0" * 4, "startproject"),
    ],
)
def test_a_key_that_can_be_guessed_is_refused_with_the_reason(key: str, problem: str) -> None:
    assert problem in _find_problem(key)


@given(st.binary(min_size=24, max_size=64).map(lambda seed: hashlib.sha256(seed).hexdigest()))
def test_a_key_made_at_random_is_taken(key: str) -> None:
    assert _find_problem(key) == ""


@given(st.text(min_size=1, max_size=31))
def test_no_short_key_is_taken(key: str) -> None:
    assert _find_problem(key)


@pytest.mark.parametrize("settings", ["embedded", "service"])
def test_a_process_with_such_a_key_does_not_start_and_says_the_way_out(settings: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={
            "SECRET_KEY": "abracadabra",
            "DJANGO_SETTINGS_MODULE": f"config.settings.{settings}",
            "VAR_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "SECRET_KEY has 11 characters of the 32" in done.stderr
    assert "secrets.token_urlsafe(48)" in done.stderr
    assert "abracadabra" not in done.stderr
    assert "Traceback" not in done.stderr
