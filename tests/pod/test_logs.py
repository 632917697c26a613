"""Log records as JSON, and the variables that choose it."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory
from rest_framework.request import Request
from rest_framework.response import Response

from apps.shared.views import ServiceView
from config.logs import logging_from
from postroad.context import Current, working
from postroad.logs import JsonFormatter
from tests.faults.deployment import until
from tests.pod.program import running

TRACE = "0af7651916cd43dd8448eb211c80319c"


def shown(extra: dict[str, Any], message: str = "sent %s", **values: Any) -> dict[str, Any]:
    record = logging.makeLogRecord(
        {
            "name": "shop",
            "levelname": "INFO",
            "created": 1_700_000_000.25,
            "msg": message,
            "args": ("it",),
            **extra,
            **values,
        }
    )
    line = JsonFormatter(service="orders").format(record)
    assert "\n" not in line
    read = json.loads(line)
    assert isinstance(read, dict)
    return read


def failure() -> Any:
    try:
        int("no number")
    except ValueError as error:
        return type(error), error, error.__traceback__
    raise AssertionError


def test_a_record_is_an_object_with_its_values() -> None:
    assert shown({"order_id": 7, "é": "ö", "tags": ["a"]}) == {
        "time": "2023-11-14T22:13:20.250+00:00",
        "level": "INFO",
        "logger": "shop",
        "message": "sent it",
        "service": "orders",
        "order_id": 7,
        "é": "ö",
        "tags": ["a"],
    }


def test_it_says_what_the_work_belongs_to() -> None:
    work = Current(service="kitchen", message_id="m1", request_id="r1", trace_parent=f"00-{TRACE}-b7ad6b7169203331-01")
    with working(work):
        read = shown({})

    assert read["service"] == "kitchen"
    assert (read["request_id"], read["trace_id"], read["message_id"]) == ("r1", TRACE, "m1")


def test_an_id_among_the_values_wins() -> None:
    with working(Current(message_id="m1")):
        assert shown({"message_id": "m2"})["message_id"] == "m2"


def test_a_value_named_like_a_part_of_the_record_is_kept_beside_it() -> None:
    read = shown({"level": 3, "service": "kitchen"})

    assert (read["level"], read["extra_level"]) == ("INFO", 3)
    assert (read["service"], read["extra_service"]) == ("orders", "kitchen")


def test_a_traceback_is_text() -> None:
    read = shown({}, exc_info=failure())

    assert read["traceback"].startswith("Traceback (most recent call last):\n")
    assert read["traceback"].endswith("ValueError: invalid literal for int() with base 10: 'no number'")


@pytest.mark.parametrize("value", [float("nan"), {("a", 1): 2}, object()])
def test_a_value_that_json_does_not_know_is_text(value: object) -> None:
    read = shown({"value": value, "order_id": 7})

    assert str(value)[:6] in str(read["value"])
    assert read["message"] == "sent it"


def test_lines_go_to_standard_error_and_json_to_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOG_FORMAT", raising=False)
    line = logging_from("INFO")["handlers"]["stream"]
    monkeypatch.setenv("LOG_FORMAT", "json")
    json_ = logging_from("INFO")["handlers"]["stream"]

    assert (line["formatter"], line["stream"]) == ("line", "ext://sys.stderr")
    assert (json_["formatter"], json_["stream"]) == ("json", "ext://sys.stdout")


def test_that_a_worker_is_ready_is_told_at_every_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    given = logging_from("INFO")

    assert (given["root"]["level"], given["loggers"]["celery.apps.worker"]["level"]) == ("ERROR", "INFO")


def test_a_format_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_FORMAT", "xml")

    with pytest.raises(SystemExit, match=r"^postroad: LOG_FORMAT 'xml' cannot be used; it must be one of line, json"):
        logging_from("INFO")


def test_a_level_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "loud")

    with pytest.raises(SystemExit, match=r"^postroad: LOG_LEVEL 'loud' cannot be used; choose one of: DEBUG, INFO"):
        logging_from("INFO")


class Look(ServiceView):
    """Answers what a line that it logged would say."""

    service = "kitchen"

    def get(self, request: Request) -> Response:
        return Response(shown({}))


@pytest.mark.parametrize(("given", "logged"), [("r-1", "r-1"), ("evil\tid", None)])
def test_a_service_logs_by_the_request_and_chain_of_its_caller(given: str, logged: str | None) -> None:
    headers = {"x-request-id": given, "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}

    read = Look.as_view()(RequestFactory().get("/", headers=headers)).data

    assert (read["service"], read["trace_id"], read.get("request_id")) == ("kitchen", TRACE, logged)


@pytest.mark.slow
def test_a_worker_writes_nothing_but_json_on_standard_output(tmp_path: Path) -> None:
    nobody = {"BROKER_HOST": "127.0.0.1", "BROKER_PORT": "1", "BROKER_USER": "me", "BROKER_PASSWORD": "p@ss"}
    sqlite = f"sqlite:///{tmp_path}/orders.sqlite3"

    with running(
        tmp_path,
        ("celery", "-A", "config", "worker", "-c", "1"),
        service="orders", DATABASE_URL=sqlite, LOG_FORMAT="json", **nobody,
    ) as worker:  # fmt: skip
        until(lambda: "Cannot connect" in worker.out.read_text(), seconds=60, what="the worker has tried the broker")
        record = worker.records()[-1]

    assert record["logger"] == "celery.worker.consumer.consumer"
    assert record["service"] == "orders"
    assert "p@ss" not in record["message"]
