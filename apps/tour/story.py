"""Prints an order's saga history as it happens, one line per message.  See also: `demo`, which reads it."""

import os
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TextIO

_GREEN, _RED, _DIM, _BOLD, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[1m", "\x1b[0m"


class Story:
    """Writes to a stream; colours only on a terminal, and never when NO_COLOR is set (no-color.org)."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._has_colour = stream.isatty() and not os.environ.get("NO_COLOR")
        self._told = 0
        self._began: datetime | None = None

    @property
    def is_new(self) -> bool:
        """Whether nothing has been printed yet."""
        return self._began is None

    def title(self, order: int, journey: Mapping[str, Any]) -> None:
        """Print that an order was placed."""
        saga = journey["saga"]
        self._began = _moment(journey["steps"][0]["startedAt"])
        self.line("")
        self.line(f"{self._paint(_BOLD, 'An order travels'):<75} {self._paint(_DIM, 'saga ' + saga['id'])}")
        self._event(0, "POST /v1/orders", "orders", f"order {order} is APPROVAL_PENDING, answer sent")

    def tell(self, journey: Mapping[str, Any]) -> None:
        """Print the steps that have ended since the last call, in order."""
        steps = journey["steps"]
        while self._told < len(steps) and steps[self._told]["endedAt"]:
            step = steps[self._told]
            self._told += 1
            if step["kind"] == "command":
                self._event(
                    self._since(step["startedAt"]), _what(step), f"orders  → {step['channel']}", self._answer(step)
                )
            elif step["direction"] == "undo":
                self._event(self._since(step["startedAt"]), _what(step), "orders", self._answer(step))

    def end(self, order: int, journey: Mapping[str, Any]) -> None:
        """Print how it ended."""
        state, steps = journey["state"], journey["steps"]
        messages = sum(2 for step in steps if step["kind"] == "command")
        colour = _GREEN if state == "APPROVED" else _RED
        reason = f" ({journey['saga']['reason']})" if journey["saga"].get("reason") else ""
        elapsed = journey["elapsedMilliseconds"]
        sums = f"{len(steps)} steps, {messages} messages, {elapsed} ms"
        self._event(elapsed, self._paint(colour, f"order {order} is {state}{reason}"), "", sums, is_painted=True)

    def line(self, text: str) -> None:
        """Write one line at once."""
        self._stream.write(text + "\n")
        self._stream.flush()

    def progress(self, text: str) -> None:
        """Overwrite the current line on a terminal; write nothing elsewhere, so that logs stay short."""
        if self._stream.isatty():
            self._stream.write(f"\r{text}\x1b[K")
            self._stream.flush()

    def _event(self, milliseconds: int, what: str, way: str, outcome: str, *, is_painted: bool = False) -> None:
        width = 36 + (len(_GREEN + _PLAIN) if is_painted and self._has_colour else 0)
        unit = " ms" if milliseconds == 0 else "   "
        self.line(f"{milliseconds:>5}{unit} {what:<{width}} {way:<24} {outcome}".rstrip())

    def _answer(self, step: Mapping[str, Any]) -> str:
        if step["kind"] == "local":
            return f"{self._paint(_GREEN, '✓')} done"
        mark = self._paint(_GREEN, "✓") if step["outcome"] == "success" else self._paint(_RED, "✗")
        detail = f" {{reason: {step['detail']}}}" if step.get("detail") else ""
        return f"{mark} {step['reply'].rpartition('.')[2]}{detail}"

    def _since(self, moment: str) -> int:
        if self._began is None:
            return 0
        return max(0, round((_moment(moment) - self._began).total_seconds() * 1000))

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self._has_colour else text


def _what(step: Mapping[str, Any]) -> str:
    mark = "↶ " if step["direction"] == "undo" else ""
    return f"{mark}{step['messageType']}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
