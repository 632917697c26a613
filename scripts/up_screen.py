"""The output of `make up`: coloured lines on a terminal, plain ones in a pipe.

Not a log: the processes' own output is in `var/log/`.
"""

import os
import sys
import threading
import time

COLOURS = {"green": "32", "red": "31", "blue": "34", "dim": "2", "bold": "1"}


class Screen:
    """Writes one line at a time; safe to call from several threads.

    Colours follow no-color.org: none if NO_COLOR is set to anything, none if the output is no terminal.
    """

    def __init__(self) -> None:
        self._is_coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def paint(self, text: str, colour: str) -> str:
        """Return the text in one of the `COLOURS`."""
        return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if self._is_coloured else text

    def say(self, text: str = "") -> None:
        """Write a line."""
        with self._lock:
            print(text, flush=True)

    def tick(self, subject: str, words: str) -> None:
        """Write that something is done, with the seconds since the beginning."""
        moment = self.paint(f"{time.monotonic() - self._began:5.1f} s", "dim")
        self.say(f"  {self.paint('✓', 'green')} {moment}  {subject:<22} {words}".rstrip())

    def cross(self, words: str) -> None:
        """Write that something failed."""
        self.say(f"  {self.paint('✗', 'red')} {words}")
