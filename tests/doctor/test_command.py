"""`manage.py doctor`."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from postroad.calls.discovery.static import StaticResolver
from postroad.composition import Postroad
from postroad.installation import installing
from postroad.management.commands import doctor
from postroad.messaging.conf import MessagingSettings
from postroad.operations.conf import OperationsSettings
from postroad.operations.doctor.checks import checks
from postroad.operations.doctor.findings import failure, ok

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("doctor", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def names(parts: Postroad) -> list[str]:
    resolver = StaticResolver({})
    return [
        check.about
        for check in checks(
            MessagingSettings.current(), parts, resolver, others=[*OperationsSettings.current().siblings, "bakery"]
        )
    ]


def test_one_process_with_everything_is_well() -> None:
    lines = run().splitlines()

    assert [line.split()[:2] for line in lines[:2]] == [["ok", "database"], ["ok", "migrations"]]
    assert [line.split()[:2] for line in lines[-3:-1]] == [["ok", "broker"], ["ok", "relay"]]
    assert lines[-1] == "Nothing is wrong."


def test_a_process_that_has_nothing_says_so() -> None:
    with installing(Postroad()):
        assert run().startswith("Nothing to check")


def test_a_failure_has_its_way_out_below_it_and_ends_with_1(settings: Settings) -> None:
    settings.POSTROAD = {**settings.POSTROAD, "DISCOVERY": "static", "SIBLINGS": "bakery"}
    out = io.StringIO()

    with pytest.raises(CommandError, match=r"1 of [56] findings are failures") as raised:
        call_command("doctor", stdout=out, no_color=True)

    assert raised.value.returncode == 1
    assert "failure  sibling bakery         discovery does not find it\n" in out.getvalue()
    assert "→ POSTROAD['ADDRESSES'] has no address of 'bakery'" in out.getvalue()


def test_while_something_is_starting_it_looks_again_until_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([[failure("relay", "is not there", remedy="start it")], [ok("relay", "is there")]])
    monkeypatch.setattr(doctor, "_findings", lambda _: next(looks))
    monkeypatch.setattr(doctor, "_PAUSE_SECONDS", 0)

    said = run("--wait", "60").splitlines()

    assert said == ["ok       relay                  is there", "Nothing is wrong."]


def test_it_waits_no_longer_than_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_findings", lambda _: [failure("relay", "is not there", remedy="start it")])
    monkeypatch.setattr(doctor, "_PAUSE_SECONDS", 0)

    with pytest.raises(CommandError, match="1 of 1 findings are failures"):
        run("--wait", "0.05")


def test_programs_get_json() -> None:
    found: dict[str, Any] = json.loads(run("--json"))

    assert (found["service"], found["level"]) == ("", "ok")
    assert found["findings"][0].keys() == {"about", "level", "text", "remedy"}


def test_a_level_is_painted_for_a_terminal() -> None:
    out = io.StringIO()
    call_command("doctor", stdout=out, force_color=True)

    assert "\x1b[32;1mok" in out.getvalue()


def test_a_process_without_services_is_only_asked_for_its_siblings() -> None:
    assert names(Postroad()) == ["sibling bakery"]


def test_a_service_is_not_its_own_sibling(settings: Settings) -> None:
    settings.POSTROAD = {
        **settings.POSTROAD,
        "BROKER_URL": "amqp://user:hush@127.0.0.1:1/",
        "SERVICE": "orders",
        "SIBLINGS": ["orders", "kitchen"],
    }

    assert names(Postroad(services=("orders",))) == [
        "database",
        "migrations",
        "database clock",
        "broker",
        "tasks",
        "bindings",
        "consumers",
        "relay",
        "sibling kitchen",
        "sibling bakery",
    ]
