"""Log formatters: one writes lines of text, the other JSON objects.

The library's modules log with `logger`: any formatter shows the values of `extra`, because the text has them, too.
"""

import json
import logging
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

from typing_extensions import override

from postroad.context import current
from postroad.secrecy import hide_passwords

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "data", "color_message"}
_CONSTANT = "postroad_text"
"""Attribute of a record: its text without the values, for formatters that show `extra` themselves."""


_INDENT = "    "


def printable(text: object) -> str:
    """Return text for one line of a log or terminal: characters that are not printable are escaped as by `repr`.

    So foreign input in it cannot start a new line, change colours, or reverse the direction.
    """
    text = str(text)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def indented(text: str) -> str:
    """Return text of several lines, each indented, so that none of them can be taken for a line of its own."""
    return "\n".join(f"{_INDENT}{printable(line)}" for line in text.split("\n"))


class ValuesInText(logging.LoggerAdapter[logging.Logger]):
    """Writes the values of `extra` after the text, because no formatter of Django or Celery shows `extra`.

    Logins of URLs are hidden, and foreign input in a value cannot start a new line.
    """

    @override
    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        return msg, kwargs

    @override
    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        if not self.isEnabledFor(level):
            return
        values = dict(kwargs.pop("extra", None) or {})
        if values:
            shown = [printable(hide_passwords(str(value))) for value in values.values()]
            kwargs["extra"] = values | {_CONSTANT: str(msg) % args if args else str(msg)}
            text = str(msg) if args else str(msg).replace("%", "%%")
            msg, args = f"{text} ({', '.join(f'{key}=%s' for key in values)})", (*args, *shown)
        stacklevel = kwargs.pop("stacklevel", 1) + 1  # past this function
        self.logger.log(level, msg, *args, stacklevel=stacklevel, **kwargs)


def logger(name: str) -> ValuesInText:
    """Return the logger of a module."""
    return ValuesInText(logging.getLogger(name))


class LineFormatter(logging.Formatter):
    """`time level logger: message key=value …`, one line and the traceback, indented, if there is one.

    While a request is handled, its id is among the values.  Logins of URLs are hidden.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _constant(record)
        line = super().formatMessage(record)
        request_id = current().request_id
        extra = ({"request_id": request_id} if request_id else {}) | _extra(record)
        words = [line, *(f"{key}={value}" for key, value in sorted(extra.items()))]
        return " ".join(printable(hide_passwords(word)) for word in words)

    @override
    def formatException(self, ei: Any) -> str:
        return indented(hide_passwords(super().formatException(ei)))

    @override
    def formatStack(self, stack_info: str) -> str:
        return indented(hide_passwords(stack_info))


class JsonFormatter(logging.Formatter):
    """One object of JSON a record, on one line, in ASCII; logins of URLs are hidden.

    time, level, logger, message      of the record; the time in UTC with milliseconds
    service                           the service whose code runs, otherwise that of the process
    request_id, trace_id, message_id  ids of the work in progress, if it has them
    traceback                         the exception's, as text
    …                                 every value of `extra`; one with a name above, except the ids, is called `extra_…`
    """

    def __init__(self, *, service: str = "") -> None:
        super().__init__()
        self._service = service

    @override
    def format(self, record: logging.LogRecord) -> str:
        work = current()
        fixed = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _constant(record),
            "service": work.service or self._service,
            "traceback": "\n".join(self._traces(record)),
        }
        ids = {"request_id": work.request_id, "trace_id": work.trace_id, "message_id": work.message_id}
        extra = {f"extra_{key}" if key in fixed else key: value for key, value in _extra(record).items()}
        line = _line({key: value for key, value in {**fixed, **ids}.items() if value} | extra)
        return line.replace("\x7f", "\\u007f")  # the only control character that JSON leaves as it is

    def _traces(self, record: logging.LogRecord) -> list[str]:
        traceback = self.formatException(record.exc_info) if record.exc_info else record.exc_text
        return [text for text in (traceback, record.stack_info) if text]


def _constant(record: logging.LogRecord) -> str:
    return str(getattr(record, _CONSTANT, None) or record.getMessage())


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD and key != _CONSTANT}


def _line(values: dict[str, Any]) -> str:
    try:
        return json.dumps(_hidden(values), default=lambda value: hide_passwords(str(value)), allow_nan=False)
    except (TypeError, ValueError, RecursionError):  # a key that is not text, NaN, a circular reference
        return json.dumps({key: hide_passwords(str(value)) for key, value in values.items()})


def _hidden(value: Any) -> Any:
    match value:
        case str():
            return hide_passwords(value)
        case dict():
            return {key: _hidden(each) for key, each in value.items()}
        case list() | tuple():
            return [_hidden(each) for each in value]
        case _:
            return value
