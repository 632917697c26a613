"""LOG_LEVEL and LOG_FORMAT → Django's LOGGING.  See also: `postroad.logs`, which formats the lines.

Knows no Django, since settings import it.
"""

import logging
from typing import Any

from typing_extensions import override

from config.environment import choice, text, unusable
from config.services import service_name

_FORMATS = ("line", "json")
_SERVERS = ("uvicorn",)
"""Loggers whose programs give them handlers of their own, which this takes away."""


class Readable(logging.Filter):
    """Leaves out gRPC's tracebacks of requests that are no messages: the client is answered, and could fill the log."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return record.msg != "Exception deserializing message!"


class WithoutTraceback(logging.Filter):
    """Takes the traceback from records of requests that Django refuses as suspicious: one line says what the client sent."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = None
        return True


def is_json() -> bool:
    """Return whether LOG_FORMAT asks for JSON.

    Raises:
        SystemExit: It asks for a format that does not exist.
    """
    return choice("LOG_FORMAT", *_FORMATS) == "json"


def logging_from(default: str) -> dict[str, Any]:
    """Return LOGGING from LOG_LEVEL on: a line a record on standard error, or an object of JSON on standard output.

    Args:
        default: The level if LOG_LEVEL is not set.

    Raises:
        SystemExit: LOG_LEVEL or LOG_FORMAT is no such thing.
    """
    level = text("LOG_LEVEL", default)
    if level.upper() not in logging.getLevelNamesMapping():
        raise unusable("LOG_LEVEL", level, "choose one of: DEBUG, INFO, WARNING, ERROR, CRITICAL")
    formatter = "json" if is_json() else "line"
    stream = "ext://sys.stdout" if is_json() else "ext://sys.stderr"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "readable": {"()": "config.logs.Readable"},
            "without traceback": {"()": "config.logs.WithoutTraceback"},
        },
        "formatters": {
            "line": {"()": "postroad.logs.LineFormatter"},
            "json": {"()": "postroad.logs.JsonFormatter", "service": service_name()},
        },
        "handlers": {
            "stream": {
                "class": "logging.StreamHandler",
                "filters": ["without traceback"],
                "formatter": formatter,
                "stream": stream,
            }
        },
        "root": {"handlers": ["stream"], "level": level.upper()},
        "loggers": {
            "django.request": {"level": "ERROR"},  # a 404 is an answer, not news
            "grpc._common": {"filters": ["readable"]},
            "httpx": {"level": "WARNING"},  # it tells every request
            "celery.apps.worker": {"level": "INFO"},  # that a worker is ready, which others wait to read
            **{name: {"handlers": [], "propagate": True} for name in _SERVERS},
            "uvicorn.access": {"handlers": [], "propagate": False},  # off; the ingress has one
        },
    }
