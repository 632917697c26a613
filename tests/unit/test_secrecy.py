"""No text that people read holds a password: every place that prints a setting, with random URLs and secrets."""

import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError, SystemCheckError
from django.test import override_settings
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.gateway import conf as gateway_conf
from apps.tour.management.commands import demo
from config.addresses import broker_url, database_url
from config.databases import databases
from postroad import conf
from postroad.brokers.rabbitmq.connection import celery_broker, read_url
from postroad.brokers.registry import broker_for
from postroad.calls.discovery.registry_client import RegistryClient
from postroad.checks.settings import KEYS, SECTIONS, ensure_usable, problems
from postroad.codecs.showing import shown_text
from postroad.composition import Postroad
from postroad.conf_readers import read_urls
from postroad.errors import InvalidSetting, MisconfiguredError, ServiceUnavailable, UnknownBroker
from postroad.logs import JsonFormatter, LineFormatter
from postroad.messaging.conf import MessagingSettings
from postroad.operations.doctor.checks import checks
from postroad.secrecy import hide_password, hide_passwords, split_url

PROJECT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(PROJECT / "scripts"))
import server_choice  # noqa: E402 - the folder of scripts is no package
import up_databases  # noqa: E402

START = "Zq7"
"""How each secret begins, and what no shown text may hold: not even a part of a secret is shown."""

letters = st.text(st.sampled_from("aé1 @:/?#[]%;,&='\"\\$!|^\n\u2028"), max_size=8)
secrets = letters.map(lambda text: f"{START}{text}{START}")
quoted_secrets = st.text(st.sampled_from("a1!$&'()*+,;=~.-_"), max_size=8).map(lambda text: f"{START}{text}{START}")
schemes = st.sampled_from(
    ["amqp", "amqps", "postgresql", "http", "https", "redis", "memory", "sqlite", "AMQP", "amqpp"]
)
hosts = st.sampled_from(["mq", "10.0.0.1:5672", "[::1]:5672", "mq:port", "mq:99999", "[mq", "m]q", "ⅷ.example", ""])
tails = st.sampled_from(["", "/", "//", "/vhost", "/%2F", "/a/b", "/v;w", "?heartbeat=5"])


@st.composite
def urls(draw: st.DrawFn) -> str:
    """One URL with a secret in its login or in its query, or a list of such, good or bad."""

    def one() -> str:
        secret, user = draw(secrets | quoted_secrets), draw(st.sampled_from(["u", "", "u.v"]))
        login = draw(st.sampled_from([f"{user}:{secret}@", f"{draw(quoted_secrets)}@", ""]))
        query = draw(st.sampled_from(["", f"?password={secret}", f"#{secret}"])) if login else f"?password={secret}"
        return f"{draw(schemes)}://{login}{draw(hosts)}{draw(tails)}{query}"

    return draw(st.sampled_from([";", ",", "; "])).join(one() for _ in range(draw(st.integers(1, 3))))


def text_of(action: Callable[[], object]) -> str:
    """Return what an action says: its result, or the traceback of what it raises."""
    try:
        return str(action())
    except (
        MisconfiguredError,
        CommandError,
        SystemExit,
        ValueError,
        SystemCheckError,
        server_choice.ServerError,
    ) as error:
        return "".join(traceback.format_exception(error)) + repr(error)


@contextmanager
def environment(**values: str) -> Iterator[None]:
    with patch.dict(os.environ, {name: value.replace("\0", "") for name, value in values.items()}):
        conf.forget()
        yield
    conf.forget()


def in_environment(action: Callable[[], object], *names: str) -> Callable[[str], str]:
    def run(url: str) -> str:
        with environment(**dict.fromkeys(names, url)):
            return text_of(action)

    return run


def in_settings(key: str) -> Callable[[str], str]:
    def run(url: str) -> str:
        tried = [url, [url], {"kitchen": url}, f"kitchen={url}", url.encode()]
        return "\n".join(text_of(lambda value=value: problems({key: value})) for value in tried)  # type: ignore[misc]

    return run


def check_command(url: str) -> str:
    out = StringIO()
    with override_settings(POSTROAD={"BROKER_URL": url, "REGISTRY_URL": url, "INSTANCE_URL": url}):
        text = text_of(lambda: call_command("check", stdout=out, stderr=out))
    return text + out.getvalue()


def registry(url: str) -> str:
    def refuse(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(404)
        raise httpx.ConnectError(f"cannot connect to {request.url}", request=request)

    try:
        client = RegistryClient(read_urls(url), transport=httpx.MockTransport(refuse))
        return text_of(client.everything)
    except ServiceUnavailable as error:
        return str(error)
    except (httpx.InvalidURL, ValueError):
        return ""  # refused while the settings are read, or by httpx


def log_line(formatter: logging.Formatter) -> Callable[[str], str]:
    def run(url: str) -> str:
        url = "".join(url.split())  # white space is where a URL ends in a text
        failure = (OSError, OSError(f"cannot reach {url}"), None)
        values = {"name": "x", "levelname": "INFO", "msg": "to %s", "args": (url,), "exc_info": failure, "url": url}
        return (
            formatter.format(logging.makeLogRecord(values)) if "@" in url and "?" not in url and "#" not in url else ""
        )

    return run


def doctor(url: str) -> str:
    with environment(POSTROAD_BROKER_URL=url):
        return text_of(lambda: checks(MessagingSettings.current(), Postroad(services=("a",)), None, others=()))  # type: ignore[arg-type]


def reason(url: str) -> str:
    url = "".join(url.split())
    return shown_text(f"OSError: cannot reach {url}", "no.Type", b"")


PLACES: dict[str, Callable[[str], str]] = {
    "hide_password": hide_password,
    "split_url": lambda url: text_of(lambda: split_url(url) and ""),
    "the broker's adapter": lambda url: text_of(lambda: (broker_for(url), read_url(url))),
    "Celery's settings refuse": lambda url: text_of(lambda: celery_broker(url) and ""),
    "DATABASES refuse": lambda url: text_of(lambda: databases(url) and ""),
    "BROKER_URL of a deployment": in_environment(lambda: broker_url() and "", "BROKER_URL"),
    "DATABASE_OPTIONS of a deployment": lambda url: in_environment(lambda: database_url() and "", "DATABASE_OPTIONS")(url)
    if not os.environ.get("DATABASE_URL")
    else "",
    "POSTROAD's settings": in_environment(
        ensure_usable, "POSTROAD_BROKER_URL", "POSTROAD_REGISTRY_URL", "POSTROAD_INSTANCE_URL"
    ),
    **{f"POSTROAD[{key!r}]": in_settings(key) for key in ("BROKER_URL", "REGISTRY_URL", "ADDRESSES", "INSTANCE_URL", "DNS_TEMPLATE")},
    "GATEWAY's settings": in_environment(
        gateway_conf.settings, "GATEWAY_OIDC_JWKS_URL", "GATEWAY_OIDC_ISSUER", "GATEWAY_API_KEYS"
    ),
    "manage.py check": check_command,
    "manage.py doctor": doctor,
    "manage.py demo": in_environment(lambda: demo._gateway() and "", "GATEWAY_URL"),
    "the registry's client": registry,
    "a line of a log": log_line(LineFormatter()),
    "an object of a log": log_line(JsonFormatter()),
    "the reason of a dead letter": reason,
    "make servers": lambda url: text_of(
        lambda: server_choice.hide_password(url) + text_of(lambda: server_choice._scheme("TEST_BROKER_URL", url))
    ),
    "make up": lambda url: text_of(lambda: up_databases._parameters(url) and ""),
}  # fmt: skip


@pytest.mark.django_db  # from Django 6 on, `check` asks SQLite whether it has JSON
@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(url=urls())
@example(url=f"amqp://u:p@mq:5672//;amqp://u:{START}@mq2//")
@example(url=f"amqp://u:{START}[x@mq:5672//")
@example(url=f"https://u:{START}@ⅷ.example/jwks")
@example(url=f"postgresql://u:{START}/x@mq/db")
def test_no_place_shows_a_part_of_a_secret(place: str, url: str) -> None:
    assert START not in PLACES[place](url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("amqp://u:secret@mq:5672/v?x=y", "amqp://u:**@mq:5672/v"),
        ("amqp://u:se@cret@mq", "amqp://u:**@mq"),
        ("amqp://token@mq", "amqp://**@mq"),
        ("amqp://mq:5673//", "amqp://mq:5673//"),
        ("amqps://u:p@[::1]:5671/%2F", "amqps://u:**@[::1]:5671/%2F"),
        ("postgresql:///name?user=u&password=p", "postgresql:///name"),
        ("amqp://u:p@a;amqp://u:p@b", "amqp://…"),
        ("amqp://u:p[x@mq", "amqp://…"),
        ("http://mq:secret/v", "http://mq:…/v"),
        ("kitchen:80", "kitchen:80"),
        ("u:p@mq", "…"),
    ],
)
def test_a_url_is_shown_without_what_is_secret(url: str, shown: str) -> None:
    assert hide_password(url) == shown


def test_a_text_keeps_what_is_no_login() -> None:
    text = "write to me@shop.example; see http://shop.example/a and amqp://u:p@mq/v?x=y or so."

    assert hide_passwords(text) == "write to me@shop.example; see http://shop.example/a and amqp://**@mq/v?… or so."


@pytest.mark.parametrize("between", [";", ",", " ; "])
def test_a_list_of_brokers_is_refused_with_the_way_out(between: str) -> None:
    url = f"amqp://u:p@a:5672//{between}amqp://u:p@b:5672//"

    with pytest.raises(
        InvalidSetting, match="it is a list, but must be one URL: put the nodes of a cluster behind one name"
    ):
        read_url(url)
    with pytest.raises(MisconfiguredError, match="it is a list"):
        celery_broker(url)


@pytest.mark.parametrize("url", ["amqp://u:p@a;b", "amqp://u:p@a/v;w"])
def test_what_celery_would_take_for_a_list_is_refused(url: str) -> None:
    with pytest.raises(InvalidSetting, match="has a ; outside of user and password"):
        read_url(url)


def test_celery_and_we_read_the_same_login() -> None:
    assert celery_broker("amqp://u:a;b%2Fc@mq/v")["broker_url"] == "amqp://u:a%3Bb%2Fc@mq:5672/v"
    assert read_url("amqp://u:a;b%2Fc@mq/v").password == "a;b/c"  # noqa: S105 - only for tests


@pytest.mark.parametrize("url", [f"amqp://u:{START}[@mq//", f"amqp://u:p@mq//;amqp://u:{START}@mq2//"])
@pytest.mark.parametrize("program", [("manage.py", "check"), ("-m", "celery", "-A", "config", "worker")])
def test_a_program_that_cannot_use_its_broker_says_so_in_one_line(url: str, program: tuple[str, ...]) -> None:
    given_ones = {"DJANGO_SETTINGS_MODULE": "config.settings.service", "POSTROAD_SERVICE": "orders", "BROKER_URL": url}
    given_ones |= {
        "DATABASE_URL": "sqlite://:memory:",
        "SECRET_KEY": "only-for-tests-which-sign-nothing-that-leaves-them",
    }

    done = subprocess.run(
        [sys.executable, *program], cwd=PROJECT, env={**os.environ, **given_ones}, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.startswith("postroad: BROKER_URL 'amqp://…' cannot be used: it ")
    assert len(done.stderr.splitlines()) == 1
    assert START not in done.stdout


def test_unknown_brokers_are_named_by_their_scheme() -> None:
    with pytest.raises(UnknownBroker, match="the scheme 'amqpp', for which there is no adapter; did you mean amqp://"):
        broker_for(f"amqpp://u:{START}@mq")


SECRET_KEYS = [key for key in KEYS if any(word in key for word in ("PASSWORD", "SECRET", "TOKEN"))]


@pytest.mark.parametrize("key", SECRET_KEYS)
@pytest.mark.parametrize("value", [[START], {START: START}, START.encode()])
def test_a_setting_that_is_a_secret_is_shown_in_no_text(key: str, value: object) -> None:
    (problem,) = problems({key: value})
    section = next(section for section in SECTIONS if key in dict(section.keys()))
    in_force = section(**{key.lower(): START})

    assert START not in problem
    assert START not in repr(in_force)
    assert getattr(in_force, key.lower()) == START
