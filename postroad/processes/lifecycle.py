"""The lines that a long-running process logs at start and stop: what it is, where, and which version."""

import logging
import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def version() -> str:
    """Return the version of Postroad, or "from source" if it runs uninstalled."""
    try:
        return installed_version("postroad")
    except PackageNotFoundError:
        return "from source"


def tell_started(what: str, details: str) -> None:
    """Log that a process has started; `details` says on what it works and where, without passwords."""
    _tell("Postroad %s started (%s): %s", what, details)


def tell_stopped(what: str, details: str) -> None:
    """Log that a process has stopped in order."""
    _tell("Postroad %s stopped (%s): %s", what, details)


def _tell(message: str, what: str, details: str) -> None:
    """Log at INFO whatever the level of the loggers is; without any handler (Django's default), write to stderr."""
    extra = {"role": what, "version": version()}
    record = log.makeRecord(
        log.name, logging.INFO, __file__, 0, message, (what, version(), details), None, "_tell", extra
    )
    if log.hasHandlers():
        log.handle(record)
    else:
        sys.stderr.write(f"{record.getMessage()}\n")
