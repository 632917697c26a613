from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from postroad import conf
from postroad.errors import InvalidSetting


def test_a_wrong_key_gets_the_right_spelling() -> None:
    (problem,) = conf.problems({"RELAY_BATCHROWS": 5})

    assert problem == "POSTROAD has the key 'RELAY_BATCHROWS', which does not exist; did you mean 'RELAY_BATCH_ROWS'?"


@pytest.mark.parametrize("value", ["many", None, [], {}])
def test_a_value_of_a_wrong_type_is_named_with_what_it_means(value: Any) -> None:
    (problem,) = conf.problems({"RELAY_BATCH_ROWS": value})

    assert repr(value) in problem
    assert "must be a whole number (most outbox rows published in one transaction)" in problem


@pytest.mark.parametrize("value", [0, -1, "-3"])
def test_a_value_below_the_least_one_is_refused(value: Any) -> None:
    (problem,) = conf.problems({"CONSUMER_ATTEMPTS": value})

    assert "the least value is 1" in problem


def test_a_value_above_the_largest_one_is_refused() -> None:
    (problem,) = conf.problems({"BREAKER_ERROR_RATE": 1.5})

    assert "the largest value is 1" in problem


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (5, "must be a dict of texts"),
        ({"kitchen": "carrier pigeon"}, "'kitchen' must be one of rest, grpc, local"),
        ("default=rest,kitchen", "'kitchen' must be one of rest, grpc, local"),
        ({"kitchen": ["rest"]}, "'kitchen' must be one of rest, grpc, local"),
    ],
)
def test_a_table_of_choices_names_the_wrong_one(value: Any, problem: str) -> None:
    (found,) = conf.problems({"TRANSPORT": value})

    assert problem in found


def test_a_table_may_be_text_as_in_the_environment(settings: Any) -> None:
    settings.POSTROAD = {"TRANSPORT": "default=rest, kitchen=grpc"}

    assert conf.settings().transport == {"default": "rest", "kitchen": "grpc"}


def test_the_environment_wins_over_the_settings_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROAD_CONSUMER_ATTEMPTS", "9")
    conf.settings.cache_clear()

    attempts = conf.settings().consumer_attempts

    monkeypatch.undo()
    conf.settings.cache_clear()
    assert attempts == 9


def test_settings_are_read_again_after_a_test_changed_them(settings: Any) -> None:
    settings.POSTROAD = {"CONSUMER_ATTEMPTS": 7}

    assert conf.settings().consumer_attempts == 7


def test_reading_wrong_settings_raises_with_every_problem(settings: Any) -> None:
    settings.POSTROAD = {"NONSENSE": 1, "CONSUMER_ATTEMPTS": "x"}

    with pytest.raises(InvalidSetting, match=r"NONSENSE.*CONSUMER_ATTEMPTS"):
        conf.settings()


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
