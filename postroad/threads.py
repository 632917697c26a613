"""How threads and processes end: vital threads, a thread's database connections, and SIGTERM as an interruption.

A process that continues without its relay or its consumer looks healthy but does nothing, while a supervisor restarts a
process that has ended.  Nothing is lost by such an end: uncommitted or unacknowledged messages are delivered again.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from django.db import connections
from typing_extensions import override

log = logging.getLogger(__name__)


def end_process() -> NoReturn:
    """End this process at once, as a crash would, with exit code 70 (`EX_SOFTWARE`); the log is written first."""
    logging.shutdown()
    os._exit(os.EX_SOFTWARE)


class VitalThread(threading.Thread):
    """A daemon thread that ends the process if it ends without being told to.

    Args:
        work: Its function; it should return only when `is_told` is true.
        is_told: Whether it was told to end; an exception after that is only logged.
    """

    def __init__(self, work: Callable[[], object], *, name: str, is_told: Callable[[], bool]) -> None:
        super().__init__(name=name, daemon=True)
        self._work, self._is_told = work, is_told

    @override
    def run(self) -> None:
        """Run `work`; end the process if it returns or raises without being told to end."""
        try:
            self._work()
        except BaseException as error:
            log.critical("thread failed: %s", self.name, exc_info=error, extra={"vital": self.name})
        finally:
            if not self._is_told():
                log.critical("thread ended by itself; the process ends: %s", self.name, extra={"vital": self.name})
                end_process()


def close_own_connections() -> None:
    """Close this thread's connections permanently; to be called at the end of a thread.

    Django ignores a close of a connection to an in-memory SQLite database, since the data would be lost with the last one;
    so a thread's connection would remain open.
    """
    for one in connections.all(initialized_only=True):
        one.close()
        if one.connection is not None:
            one.connection.close()


def on_termination(act: Callable[[], object]) -> None:
    """Let SIGTERM and SIGINT run `act` in a thread of its own.

    Python runs a handler in the main thread, between any two of its instructions.  If that thread is just entering
    `Event.wait`, it holds the event's lock, and `Event.set` in the handler would wait for it for ever.
    """

    def start(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=act, name="postroad-termination", daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, start)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt in the block, as Ctrl-C does.

    The first process of a container ignores a signal that it does not handle, and would run until it is killed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
