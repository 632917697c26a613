"""Guessing passwords of the admin: after a few failures a name is closed to an address, whoever claims to be what."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from config.lockout import client_address

LOGIN = "/admin/login/"
LIMIT = 5
OPEN = "open sesame"


@pytest.fixture(autouse=True)
def _users(db: None) -> None:
    User.objects.create_superuser("admin", password=OPEN)
    User.objects.create_superuser("other", password=OPEN)


def log_in(password: str = OPEN, *, user: str = "admin", address: str = "10.0.0.1", **headers: str) -> HttpResponse:
    form = {"username": user, "password": password, "next": "/admin/"}
    answer = Client().post(LOGIN, form, REMOTE_ADDR=address, headers=headers)
    assert isinstance(answer, HttpResponse)
    return answer


def fail(times: int, **given_ones: str) -> list[int]:
    return [log_in("wrong", **given_ones).status_code for _ in range(times)]


def test_after_some_failures_the_right_password_is_refused_too() -> None:
    before = fail(LIMIT)
    locked = log_in()

    assert before == [200, 200, 200, 200, 429]
    assert locked.status_code == 429
    page = locked.content.decode()
    assert "Too many failed logins" in page
    assert "<strong>admin</strong> failed 5 times from your address" in page
    assert "opens again 15 minutes after" in page
    assert "manage.py axes_reset_username" in page


def test_one_failure_less_does_not_lock_and_a_login_forgets_them() -> None:
    fail(LIMIT - 1)

    assert log_in().status_code == 302
    assert fail(LIMIT - 1) == [200] * (LIMIT - 1)


def test_others_are_not_locked_out_with_them() -> None:
    fail(LIMIT)

    assert log_in(user="other").status_code == 302
    assert log_in(address="10.0.0.2").status_code == 302


def test_it_opens_by_itself() -> None:
    fail(LIMIT)
    attempt = AccessAttempt.objects.get()
    AccessAttempt.objects.update(attempt_time=attempt.attempt_time - timedelta(minutes=16))

    assert log_in().status_code == 302


def test_trying_on_in_vain_does_not_make_it_longer() -> None:
    fail(LIMIT)
    began = AccessAttempt.objects.get().attempt_time
    fail(3)

    assert AccessAttempt.objects.get().attempt_time == began


def test_a_command_opens_it() -> None:
    fail(LIMIT)

    call_command("axes_reset_username", "admin", stdout=StringIO())

    assert log_in().status_code == 302


def test_no_password_is_kept() -> None:
    log_in("my real passwort")

    assert "passwort" not in str(AccessAttempt.objects.values_list().get())


def test_a_name_is_shown_as_text() -> None:
    assert "<b>" not in [log_in("wrong", user="<b>x").content.decode() for _ in range(LIMIT)][-1]


def test_an_address_that_the_client_writes_itself_does_not_count() -> None:
    forged = [log_in("wrong", x_forwarded_for=f"10.9.9.{number}").status_code for number in range(LIMIT)]

    assert forged[-1] == 429


def test_behind_a_proxy_the_address_that_it_appended_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "1")
    for number in range(LIMIT):
        log_in("wrong", x_forwarded_for=f"1.1.1.{number}, 10.9.9.9")

    assert log_in(x_forwarded_for="1.2.3.4, 10.9.9.9").status_code == 429
    assert log_in(x_forwarded_for="10.9.9.9, 10.9.9.8").status_code == 302


addresses = st.ip_addresses().map(str)


@pytest.fixture(scope="module")
def address_of() -> Callable[..., str | None]:
    def ask(proxies: int, connection: str, forwarded: list[str]) -> str | None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TRUSTED_PROXIES", str(proxies))
            headers = {"x-forwarded-for": ", ".join(forwarded)} if forwarded else {}
            return client_address(RequestFactory().get("/", REMOTE_ADDR=connection, headers=headers))

    return ask


@given(
    written=st.lists(st.text(max_size=5) | addresses, max_size=4),
    appended=st.lists(st.ip_addresses(v=4).map(str), min_size=1, max_size=3),
)
def test_what_a_client_writes_changes_nothing(
    address_of: Callable[..., str | None], written: list[str], appended: list[str]
) -> None:
    assert address_of(len(appended), "10.0.0.1", [*written, *appended]) == appended[0]
    assert address_of(0, "10.0.0.1", [*written, *appended]) == "10.0.0.1"


@pytest.mark.parametrize(
    ("connection", "forwarded", "counted"),
    [
        ("10.0.0.1", ["rubbish"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::ffff:10.0.0.1", [], "10.0.0.1"),
        ("2001:db8::1:2:3:4", [], "2001:db8::"),
        ("", [], None),
    ],
)
def test_addresses_of_every_kind(
    address_of: Callable[..., str | None], connection: str, forwarded: list[str], counted: str | None
) -> None:
    assert address_of(1, connection, forwarded) == counted
