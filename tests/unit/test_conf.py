import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from postroad import conf
from postroad.calls.conf import CallSettings
from postroad.checks.settings import KEYS, SECTIONS, check_variables, ensure_usable, problems
from postroad.conf import CoreSettings, Section
from postroad.errors import InvalidSetting
from postroad.messaging.conf import MessagingSettings

PROJECT = Path(__file__).resolve().parent.parent.parent


def test_a_wrong_key_gets_the_right_spelling() -> None:
    (problem,) = problems({"RELAY_BATCHROWS": 5})

    assert problem == "POSTROAD has the key 'RELAY_BATCHROWS', which does not exist; did you mean 'RELAY_BATCH_ROWS'?"


@pytest.mark.parametrize("value", ["many", None, [], {}])
def test_a_value_of_a_wrong_type_is_named_with_what_it_means(value: Any) -> None:
    (problem,) = problems({"RELAY_BATCH_ROWS": value})

    assert repr(value) in problem
    assert "must be a whole number (maximum outbox rows published in one transaction)" in problem


@pytest.mark.parametrize("value", [0, -1, "-3"])
def test_a_value_below_the_least_one_is_refused(value: Any) -> None:
    (problem,) = problems({"CONSUMER_ATTEMPTS": value})

    assert "the minimum is 1" in problem


def test_a_value_above_the_largest_one_is_refused() -> None:
    (problem,) = problems({"BREAKER_ERROR_RATE": 1.5})

    assert "the maximum is 1" in problem


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (5, "must be a dict of texts"),
        ({"kitchen": "carrier pigeon"}, "of 'kitchen': it must be one of rest, grpc, local"),
        ("default=rest,kitchen", "of 'kitchen': it must be one of rest, grpc, local"),
        ({"kitchen": ["rest"]}, "of 'kitchen': it must be one of rest, grpc, local"),
    ],
)
def test_a_table_of_choices_names_the_wrong_one(value: Any, problem: str) -> None:
    (found,) = problems({"TRANSPORT": value})

    assert problem in found


def test_a_table_may_be_text_as_in_the_environment(settings: Any) -> None:
    settings.POSTROAD = {"TRANSPORT": "default=rest, kitchen=grpc"}

    assert CallSettings.current().transport == {"default": "rest", "kitchen": "grpc"}


def test_the_environment_wins_over_the_settings_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROAD_CONSUMER_ATTEMPTS", "9")
    conf.forget()

    attempts = MessagingSettings.current().consumer_attempts

    monkeypatch.undo()
    conf.forget()
    assert attempts == 9


def test_settings_are_read_again_after_a_test_changed_them(settings: Any) -> None:
    settings.POSTROAD = {"CONSUMER_ATTEMPTS": 7}

    assert MessagingSettings.current().consumer_attempts == 7


def test_reading_wrong_settings_raises_with_every_problem(settings: Any) -> None:
    settings.POSTROAD = {"NONSENSE": 1, "CONSUMER_ATTEMPTS": "x"}

    with pytest.raises(InvalidSetting, match=r"NONSENSE.*CONSUMER_ATTEMPTS"):
        ensure_usable()


def test_a_command_that_cannot_use_a_setting_says_so_in_one_line() -> None:
    given = {"POSTROAD_CONSUMER_ATTEMPTS": "many", "DJANGO_SETTINGS_MODULE": "config.settings.test"}

    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=PROJECT, env={**os.environ, **given}, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip

    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert line.startswith("postroad: POSTROAD['CONSUMER_ATTEMPTS'] is 'many'; it must be a whole number (")


def test_another_program_that_cannot_use_a_setting_ends_with_the_exception(settings: Any) -> None:
    settings.POSTROAD = {"CONSUMER_ATTEMPTS": "many"}

    with pytest.raises(InvalidSetting, match="CONSUMER_ATTEMPTS"):
        apps.get_app_config("postroad").ready()


@pytest.mark.django_db
def test_manage_py_check_fails_for_a_wrong_key(settings: Any) -> None:
    settings.POSTROAD = {"SERVISE": "orders"}

    with pytest.raises(SystemCheckError, match="did you mean 'SERVICE'"):
        call_command("check")


@pytest.mark.django_db
def test_manage_py_check_fails_for_a_broker_nobody_speaks(settings: Any) -> None:
    settings.POSTROAD = {"BROKER_URL": "amqq://localhost"}

    with pytest.raises(SystemCheckError, match="did you mean amqp://"):
        call_command("check")


def sections(parent: type[Section] = Section) -> set[type[Section]]:
    return {one for child in parent.__subclasses__() for one in {child, *sections(child)}}


def test_every_section_of_postroad_is_checked() -> None:
    declared = {one for one in sections() if one.setting == "POSTROAD" and not one.__module__.startswith("tests.")}
    keys = set().union(*(one.keys() for one in declared))

    assert keys == set(KEYS)
    assert len(SECTIONS) == len({section.__module__ for section in SECTIONS}) == 11


def test_a_key_is_declared_by_one_room() -> None:
    rooms = {
        f"{section.__module__}.{section.__qualname__}": section for section in sections()
    }  # slots make two of each
    own = [name for section in rooms.values() for name in set(section.keys()) - set(section.__mro__[1].keys())]

    assert sorted(own) == sorted(set(own))


def test_a_section_ignores_what_is_wrong_in_another_one(settings: Any) -> None:
    settings.POSTROAD = {"SERVICE": "orders", "CONSUMER_ATTEMPTS": "x"}

    assert CoreSettings.current().service == "orders"
    with pytest.raises(InvalidSetting, match="CONSUMER_ATTEMPTS"):
        MessagingSettings.current()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("POSTROAD_RELAY_BATCHROWS", "Did you mean POSTROAD_RELAY_BATCH_ROWS?"),
        ("POSTROAD_SERVISE", "Did you mean POSTROAD_SERVICE?"),
        ("POSTROAD_METRIC_PORT", "Did you mean POSTROAD_METRICS_PORT?"),
        ("POSTROAD_XQZ", "Unset it."),
    ],
)
def test_a_variable_that_no_key_has_is_found(monkeypatch: pytest.MonkeyPatch, name: str, hint: str) -> None:
    monkeypatch.setenv(name, "5")

    [problem] = check_variables(None)

    assert (problem.id, problem.hint) == ("postroad.W016", hint)
    assert f"the environment variable {name} is set" in problem.msg


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POSTROAD_RELAY_BATCH_ROWS", "5"),
        ("POSTROAD_VERSION", "5"),
        ("POSTROAD_RABBITMQ_PORT", "5672"),
        ("POSTROAD_SERVICE_HOST", "10.0.0.1"),
        ("POSTROAD_PORT", "tcp://10.0.0.1:80"),
        ("POSTROAD_ORDERS_SERVICE_PORT_HTTP", "80"),
        ("POSTROAD_ORDERS_PORT_80_TCP_ADDR", "10.0.0.1"),
    ],
)
def test_a_variable_of_a_key_of_compose_or_of_kubernetes_is_not_reported(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    assert check_variables(None) == []
