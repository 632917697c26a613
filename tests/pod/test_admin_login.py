"""The admin through `kubectl port-forward`: another port than the pod's, and plain HTTP."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.pod.program import run

HERE = {"host": "localhost:8001", "origin": "http://localhost:8001"}


@pytest.fixture
def browser(settings: Settings, db: None) -> Client:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    User.objects.create_superuser("admin", password="open")  # noqa: S106 - only for tests
    return Client(enforce_csrf_checks=True, headers=HERE)


def log_in(browser: Client, **headers: str) -> int:
    page = browser.get("/admin/login/").content.decode()
    (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page))
    form = {"username": "admin", "password": "open", "csrfmiddlewaretoken": token, "next": "/admin/"}
    return browser.post("/admin/login/", form, headers={**HERE, **headers}).status_code


def test_one_can_log_in_at_a_forwarded_port(browser: Client) -> None:
    assert log_in(browser) == 302
    assert browser.get("/admin/").status_code == 200


def test_a_page_from_elsewhere_cannot_log_in(browser: Client) -> None:
    assert log_in(browser, origin="http://localhost:8002") == 403


def test_two_services_at_one_host_keep_their_cookies_apart() -> None:
    look = "from django.conf import settings; print(settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)"
    given = {"DATABASE_URL": "sqlite://:memory:", "BROKER_URL": "memory://"}

    done = run("-c", look, service="order-history", **given)

    assert done.stdout == "order_history_session order_history_csrf\n", done.stderr


BEHIND_TLS = """
from django.conf import settings
print(settings.CSRF_TRUSTED_ORIGINS, settings.SECURE_PROXY_SSL_HEADER, settings.SESSION_COOKIE_SECURE)
"""


@pytest.mark.slow
def test_behind_an_ingress_that_ends_tls_forms_and_cookies_know_of_it() -> None:
    done = run(
        "-c", BEHIND_TLS,
        service="kitchen", BEHIND_TLS_PROXY="true", CSRF_TRUSTED_ORIGINS="https://shop.example",
        DATABASE_URL="sqlite://:memory:", BROKER_URL="memory://",
    )  # fmt: skip

    assert done.stdout == "['https://shop.example'] ('HTTP_X_FORWARDED_PROTO', 'https') True\n", done.stderr
