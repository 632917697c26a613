"""Nobody who chooses a part of a log record or of a command's output can write a line of it, or command a terminal."""

import json
import logging
import sys
import unicodedata
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command
from hypothesis import example, given
from hypothesis import strategies as st

from config.logs import logging_from
from postroad import logs
from postroad.logs import JsonFormatter, LineFormatter, indented, printable
from postroad.messaging.inbox import dead_letters
from postroad.messaging.message import Envelope

FORMATTERS: dict[str, Callable[[], logging.Formatter]] = {"line": LineFormatter, "json": JsonFormatter}
FORGED = "2026-01-01 00:00:00,000 ERROR root: forged"
HOSTILE = "\r\n\0\x07\x08\x1b[2J\x7f\x85\x9b\u2028\u2029\u202e\u2066\u200f\ud800"

hostile = st.text(st.sampled_from(HOSTILE + "aé ="), max_size=12)


def record(text: str) -> logging.LogRecord:
    values = {
        "name": f"x{text}",
        "levelname": "INFO",
        "msg": f"{text}%s{text}",
        "args": (text,),
        "stack_info": f"Stack{text}",
    }
    failure = (ValueError, ValueError(f"no{text}\n{FORGED}"), None)
    return logging.makeLogRecord({**values, "exc_info": failure, f"a{text}": text, "many": [text, {text: text}]})


def written(formatter: str, text: str) -> str:
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(FORMATTERS[formatter]())
    handler.handle(record(text))
    return out.getvalue()


def test_these_are_all_the_formatters() -> None:
    configured = {entry["()"].rpartition(".")[2] for entry in logging_from("INFO")["formatters"].values()}
    written_here = {
        name for name, value in vars(logs).items() if isinstance(value, type) and issubclass(value, logging.Formatter)
    }

    assert configured == written_here == {made.__name__ for made in FORMATTERS.values() if isinstance(made, type)}


@pytest.mark.parametrize("formatter", FORMATTERS)
@given(text=hostile)
@example(text=HOSTILE)
@example(text=f"\n{FORGED}")
def test_a_record_is_one_line_and_its_traceback_cannot_be_taken_for_one(formatter: str, text: str) -> None:
    output = written(formatter, text)

    first, *others = output.removesuffix("\n").splitlines()
    assert output.isascii() or output.encode()
    assert [
        each for each in output.replace("\n", "") if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ] == []
    assert [line for line in others if not line.startswith("    ")] == []
    assert "forged" in first or "forged" in "".join(others)


@given(text=hostile)
@example(text=HOSTILE)
def test_json_keeps_what_it_escapes(text: str) -> None:
    (line,) = written("json", text).splitlines()

    assert json.loads(line).get("message", "") == text * 3
    assert json.loads(line)["many"] == [text, {text: text}]


@given(text=hostile)
def test_text_that_can_be_printed_is_printed_as_it_is(text: str) -> None:
    assert printable("größer: 1 = 1") == "größer: 1 = 1"
    assert printable(text).isprintable()
    assert "".join(indented(text).split()).isprintable()


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [("deadletters", "list"), ("deadletters", "show")])
def test_a_command_shows_a_foreign_message_without_obeying_it(arguments: tuple[str, ...]) -> None:
    hostile = f"x\x1b[2J\u202e\r\n{FORGED}"
    envelope = Envelope(
        id=hostile, type=hostile, body=hostile.encode(), reply_to=hostile, headers={"partition-key": hostile}
    )
    dead_letters.park("bakery", envelope, reason=hostile, traceback=hostile)
    (letter,) = dead_letters.DeadLetter.objects.all()
    out = StringIO()

    call_command(*arguments, *([str(letter.pk)] if "show" in arguments else []), stdout=out)

    assert [line for line in out.getvalue().splitlines() if line.startswith("2026")] == []
    assert out.getvalue().replace("\n", "").isprintable()


def test_a_line_of_an_error_without_traceback_is_written_too() -> None:
    try:
        int("no number")
    except ValueError:
        line = LineFormatter().format(logging.makeLogRecord({"exc_info": sys.exc_info(), "msg": "failed"}))

    assert line.splitlines()[1] == "    Traceback (most recent call last):"
    assert line.splitlines()[-1] == "    ValueError: invalid literal for int() with base 10: 'no number'"
