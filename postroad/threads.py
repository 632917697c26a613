"""Threads of ours: those that a process cannot do without, and the database connections that a thread opened.

A process that goes on without its relay or its consumer looks healthy and does nothing; whoever supervises it starts
a process that has ended again.  Nothing is lost by such an end: what was not committed or acknowledged comes again.
"""

import logging
import os
import threading
from collections.abc import Callable
from typing import NoReturn

from django.db import connections
from typing_extensions import override

log = logging.getLogger(__name__)


def end_process() -> NoReturn:
    """End this process at once, as a crash would, with exit code 70 (`EX_SOFTWARE`); the log is written first."""
    logging.shutdown()
    os._exit(os.EX_SOFTWARE)


class VitalThread(threading.Thread):
    """A daemon thread whose end, unless it was told to end, is the end of the process.

    Args:
        work: What it does; returns only when `is_told` is true.
        is_told: Whether it was told to end; what is raised after that is only logged.
    """

    def __init__(self, work: Callable[[], object], *, name: str, is_told: Callable[[], bool]) -> None:
        super().__init__(name=name, daemon=True)
        self._work, self._is_told = work, is_told

    @override
    def run(self) -> None:
        """Work; end the process if that ends by itself, whatever was raised."""
        try:
            self._work()
        except BaseException as error:
            log.critical("thread failed: %s", self.name, exc_info=error, extra={"vital": self.name})
        finally:
            if not self._is_told():
                log.critical("thread ended by itself; the process ends: %s", self.name, extra={"vital": self.name})
                end_process()


def close_own_connections() -> None:
    """Close this thread's connections for good; to be called last in a thread that nobody uses again.

    Django keeps a connection to an SQLite in memory open when it is told to close it, since the data would go with the
    last one; a thread's own would stay behind.
    """
    for one in connections.all(initialized_only=True):
        one.close()
        if one.connection is not None:
            one.connection.close()
