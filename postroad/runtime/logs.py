"""How a log record looks: for people a line, for machines an object of JSON.  Not: what is logged, and where it goes."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from typing_extensions import override

from postroad.context import current

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "data", "color_message"}


class LineFormatter(logging.Formatter):
    """`time level logger: message key=value …`, one line and the traceback if there is one.

    While a request is answered its id is among the values.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        request_id = current().request_id
        extra = ({"request_id": request_id} if request_id else {}) | _extra(record)
        return " ".join([line, *(f"{key}={value}" for key, value in sorted(extra.items()))])


class JsonFormatter(logging.Formatter):
    """One object of JSON a record, on one line, in ASCII.

    time, level, logger, message      of the record; the time in UTC with milliseconds
    service                           whose code runs, else the process's
    request_id, trace_id, message_id  what the work belongs to, where it belongs to one
    traceback                         the exception's, as text
    …                                 every value of `extra`; one of a name above but the ids is called `extra_…`
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
            "message": record.getMessage(),
            "service": work.service or self._service,
            "traceback": "\n".join(self._traces(record)),
        }
        ids = {"request_id": work.request_id, "trace_id": work.trace_id, "message_id": work.message_id}
        extra = {f"extra_{key}" if key in fixed else key: value for key, value in _extra(record).items()}
        return _line({key: value for key, value in {**fixed, **ids}.items() if value} | extra)

    def _traces(self, record: logging.LogRecord) -> list[str]:
        traceback = self.formatException(record.exc_info) if record.exc_info else record.exc_text
        return [text for text in (traceback, record.stack_info) if text]


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


def _line(values: dict[str, Any]) -> str:
    try:
        return json.dumps(values, default=str, allow_nan=False)
    except (TypeError, ValueError):  # a key that is no text, a number that is none, a circle
        return json.dumps({key: str(value) for key, value in values.items()})
