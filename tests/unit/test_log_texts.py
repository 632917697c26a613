"""What a log record says in a project whose formatters do not show `extra`, and in ours, which do."""

import json
import logging
import pkgutil
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

import postroad
from postroad.logs import JsonFormatter, LineFormatter, ValuesInText, logger

log = logger("postroad.test")


def emitted(caplog: pytest.LogCaptureFixture, text: str, *args: object, **extra: object) -> logging.LogRecord:
    caplog.clear()
    log.warning(text, *args, extra=extra)
    (record,) = caplog.records
    return record


def test_the_text_holds_the_values_without_passwords(caplog: pytest.LogCaptureFixture) -> None:
    record = emitted(caplog, "broker is away", broker="amqp://me:hush@broker:5672/v", queue="a\nERROR forged")

    assert record.getMessage() == "broker is away (broker=amqp://**@broker:5672/v, queue=a\\nERROR forged)"


def test_a_text_with_arguments_or_percent_signs_keeps_them(caplog: pytest.LogCaptureFixture) -> None:
    assert emitted(caplog, "%s is 5 %%", "x", queue="q").getMessage() == "x is 5 % (queue=q)"
    assert emitted(caplog, "it is 5 % s", queue="q").getMessage() == "it is 5 % s (queue=q)"
    assert emitted(caplog, "plain").getMessage() == "plain"


def test_our_formatters_say_each_value_once(caplog: pytest.LogCaptureFixture) -> None:
    record = emitted(caplog, "broker is away", queue="billing.0")
    line, document = LineFormatter().format(record), json.loads(JsonFormatter().format(record))

    assert line.endswith("broker is away queue=billing.0")
    assert (document["message"], document["queue"]) == ("broker is away", "billing.0")
    assert "postroad_text" not in document


def test_the_record_names_the_line_that_logged(caplog: pytest.LogCaptureFixture) -> None:
    record = emitted(caplog, "x", queue="q")

    assert (record.pathname, record.funcName) == (__file__, "emitted")


@given(st.text(), st.text())
def test_any_value_is_one_line(text: str, value: str) -> None:
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    log.logger.addHandler(handler)
    try:
        log.error(text, extra={"value": value})
    finally:
        log.logger.removeHandler(handler)

    assert records[0].getMessage().removeprefix(text).isprintable()


def test_every_module_that_logs_does_so_with_values_in_the_text() -> None:
    plain = {"postroad.threads", "postroad.processes.lifecycle"}  # they write the values into the text themselves
    modules = [
        import_module(name) for _, name, _ in pkgutil.walk_packages(postroad.__path__, "postroad.") if _is_read(name)
    ]
    logs = {module.__name__: vars(module)["log"] for module in modules if "log" in vars(module)}

    assert {name for name, one in logs.items() if not isinstance(one, ValuesInText)} == plain & logs.keys()
    assert len(logs) > 20


def _is_read(name: str) -> bool:
    return ".management.commands" not in name and ".migrations" not in name
