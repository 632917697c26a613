"""`manage.py prepare_service`, and the user it makes."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from postroad.brokers.memory import MemoryBroker
from postroad.errors import BrokerUnavailable

pytestmark = pytest.mark.django_db(transaction=True)


def prepare() -> list[str]:
    told = StringIO()
    call_command("prepare_service", stdout=told)
    return told.getvalue().splitlines()


def test_a_service_is_prepared_in_the_order_tables_queues_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "first")
    monkeypatch.delenv("ADMIN_USER", raising=False)

    lines = prepare()

    assert lines[0] == "Operations to perform:"
    assert lines[-3].endswith("bindings are there.")
    assert lines[-2:] == ["The user 'admin' is made.", "The service is prepared."]
    user = User.objects.get()
    assert user.check_password("first")
    assert (user.username, user.is_staff, user.is_superuser) == ("admin", True, True)


def test_a_changed_secret_changes_the_password_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_USER", "ann")
    User.objects.create_user("ann", is_staff=True)
    monkeypatch.setenv("ADMIN_PASSWORD", "second")

    lines = prepare()

    user = User.objects.get()
    assert user.check_password("second")
    assert not user.is_superuser
    assert lines[-2] == "The user 'ann' is there, with the password of ADMIN_PASSWORD."


def test_an_unchanged_secret_leaves_the_sessions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "first")
    prepare()
    before = User.objects.get().get_session_auth_hash()

    prepare()

    assert User.objects.get().get_session_auth_hash() == before


def test_without_a_password_no_user_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADMIN_PASSWORD", raising=False)

    assert prepare()[-2] == "ADMIN_PASSWORD is not set, so no user is made for the admin."
    assert not User.objects.exists()


def test_a_broker_that_is_away_ends_the_preparation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "first")

    def refuse(_self: object, _topology: object) -> None:
        raise BrokerUnavailable("Nobody answers at amqp://mq.")

    monkeypatch.setattr(MemoryBroker, "declare", refuse)

    with pytest.raises(CommandError, match=r"Nobody answers at amqp://mq\."):
        prepare()
