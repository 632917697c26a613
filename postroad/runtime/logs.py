"""How a log line looks: message first, then the values in `extra`.  Not: what is logged."""

import logging

from typing_extensions import override

from postroad.context import current

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "data"}


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
        extra = {"request_id": request_id} if request_id else {}
        extra |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        return " ".join([line, *(f"{key}={value}" for key, value in sorted(extra.items()))])
