"""DATABASE_… and BROKER_…: a URL, or its parts."""

import pytest

from config.addresses import broker_url, database_url
from config.databases import databases
from postroad.brokers.rabbitmq.connection import read_url

AWKWARD = "p@ss:w/rd #%?[é]"
DATABASE = {"DATABASE_HOST": "db", "DATABASE_NAME": "orders", "DATABASE_USER": "me", "DATABASE_PASSWORD": AWKWARD}
BROKER = {"BROKER_HOST": "mq", "BROKER_USER": "me", "BROKER_PASSWORD": AWKWARD}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    names = [f"DATABASE_{part}" for part in ("URL", "HOST", "PORT", "NAME", "USER", "PASSWORD", "OPTIONS")]
    names += [f"BROKER_{part}" for part in ("URL", "HOST", "PORT", "USER", "PASSWORD", "VHOST", "TLS")]
    [monkeypatch.delenv(name, raising=False) for name in names]
    return monkeypatch


def put(given: pytest.MonkeyPatch, *tables: dict[str, str]) -> None:
    [given.setenv(name, value) for table in tables for name, value in table.items()]


def test_the_parts_of_a_database_arrive_whatever_is_in_them(given: pytest.MonkeyPatch) -> None:
    put(given, DATABASE, {"DATABASE_NAME": "or/ders"})

    read = databases(database_url())["default"]

    assert read["ENGINE"] == "django.db.backends.postgresql"
    assert (read["HOST"], read["PORT"], read["NAME"]) == ("db", 5432, "or/ders")
    assert (read["USER"], read["PASSWORD"]) == ("me", AWKWARD)


def test_options_of_the_database_arrive(given: pytest.MonkeyPatch) -> None:
    put(given, DATABASE, {"DATABASE_OPTIONS": "sslmode=require&application_name=a b", "DATABASE_PORT": "6432"})

    read = databases(database_url())["default"]

    assert read["OPTIONS"].items() >= {"sslmode": "require", "application_name": "a b"}.items()
    assert read["PORT"] == 6432


@pytest.mark.parametrize(("options", "seconds"), [("sslmode=require", 5), ("connect_timeout=20", 20)])
def test_a_silent_database_is_given_up_soon_unless_told_otherwise(
    given: pytest.MonkeyPatch, options: str, seconds: int
) -> None:
    put(given, DATABASE, {"DATABASE_OPTIONS": options})

    assert databases(database_url())["default"]["OPTIONS"]["connect_timeout"] == seconds


def test_the_parts_of_a_broker_arrive_whatever_is_in_them(given: pytest.MonkeyPatch) -> None:
    put(given, BROKER, {"BROKER_VHOST": "a/b c"})

    read = read_url(broker_url())

    assert (read.host, read.port, read.vhost) == ("mq", 5672, "a/b c")
    assert (read.user, read.password, read.tls) == ("me", AWKWARD, {})


def test_a_broker_with_tls_has_the_port_of_tls_and_the_usual_vhost(given: pytest.MonkeyPatch) -> None:
    put(given, BROKER, {"BROKER_TLS": "true"})

    read = read_url(broker_url())

    assert (read.port, read.vhost) == (5671, "/")
    assert read.tls != {}


def test_an_address_of_version_6_is_bracketed(given: pytest.MonkeyPatch) -> None:
    put(given, BROKER, {"BROKER_HOST": "fd00::7"})

    assert read_url(broker_url()).host == "fd00::7"


def test_a_url_wins_over_its_parts(given: pytest.MonkeyPatch) -> None:
    put(given, DATABASE, BROKER, {"DATABASE_URL": "postgresql://a@b/c", "BROKER_URL": "amqp://d"})

    assert (database_url(), broker_url()) == ("postgresql://a@b/c", "amqp://d")


def test_an_empty_url_counts_as_none(given: pytest.MonkeyPatch) -> None:
    put(given, DATABASE, {"DATABASE_URL": ""})

    assert database_url().startswith("postgresql://me:")


def test_where_nothing_is_said_there_is_no_url(given: pytest.MonkeyPatch) -> None:
    put(given, {"DATABASE_PORT": "5432", "BROKER_TLS": "true"})

    assert (database_url(), broker_url()) == ("", "")


@pytest.mark.parametrize("missing", ["DATABASE_HOST", "DATABASE_NAME", "DATABASE_USER", "DATABASE_PASSWORD"])
def test_a_missing_part_of_the_database_is_named(given: pytest.MonkeyPatch, missing: str) -> None:
    put(given, DATABASE)
    given.delenv(missing)

    with pytest.raises(SystemExit, match=rf"^postroad: {missing} is not set although other parts are; .*DATABASE_URL"):
        database_url()


@pytest.mark.parametrize("missing", ["BROKER_HOST", "BROKER_USER", "BROKER_PASSWORD"])
def test_a_missing_part_of_the_broker_is_named(given: pytest.MonkeyPatch, missing: str) -> None:
    put(given, BROKER)
    given.delenv(missing)

    with pytest.raises(SystemExit, match=rf"^postroad: {missing} is not set although other parts are; .*BROKER_URL"):
        broker_url()


@pytest.mark.parametrize(
    ("name", "value", "way_out"),
    [
        ("DATABASE_PORT", "tcp://10.0.0.1:5432", "enableServiceLinks: false"),
        ("DATABASE_PORT", "70000", "the maximum is 65535"),
        ("DATABASE_PORT", "0", "the minimum is 1"),
        ("DATABASE_OPTIONS", "sslmode", "sslmode=require"),
    ],
)
def test_a_part_that_cannot_be_used_is_named(given: pytest.MonkeyPatch, name: str, value: str, way_out: str) -> None:
    put(given, DATABASE, {name: value})

    with pytest.raises(SystemExit, match=f"^postroad: {name} '{value}' cannot be used; .*{way_out}"):
        database_url()


def test_tls_that_is_neither_yes_nor_no_is_refused(given: pytest.MonkeyPatch) -> None:
    put(given, BROKER, {"BROKER_TLS": "maybe"})

    with pytest.raises(SystemExit, match=r"^postroad: BROKER_TLS 'maybe' cannot be used; it must be true or false"):
        broker_url()


def test_a_url_that_cannot_be_read_is_shown_without_its_password() -> None:
    with pytest.raises(SystemExit) as refusal:
        databases("postgresql://me:s3cr@t@db:port/orders")

    assert "'postgresql://me:**@db:…/orders'" in str(refusal.value)
