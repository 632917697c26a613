"""What the measurements print while they run."""

import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from bench.results import LIMIT, OURS, Figure, shown, typical

_WIDTH = 44
_BAR = 18


class Progress:
    """One line for each run of a contender; on a terminal it is there while it runs."""

    def __init__(self, figure: Figure, out: TextIO = sys.stdout) -> None:
        self._figure, self._out = figure, out
        self._best = 0.0
        self._began = 0.0
        out.write(f"\n{figure.id}  {figure.title}, {figure.unit}\n")

    def begin(self, *, number: int, name: str) -> None:
        """Show who runs, where the line can be replaced later."""
        self._began = time.monotonic()
        if self._out.isatty():
            self._out.write(f"    {number}  {name:{_WIDTH}.{_WIDTH}}  …")
            self._out.flush()

    def end(self, *, number: int, name: str, values: Sequence[float]) -> None:
        """Write the value down, with a bar against the largest so far."""
        value, seconds = statistics.median(values), time.monotonic() - self._began
        self._best = max(self._best, value)
        bar = "▇" * max(1, round(_BAR * value / self._best)) if self._best else ""
        start = "\r\033[K" if self._out.isatty() else ""
        self._out.write(
            f"{start}    {number}  {name:{_WIDTH}.{_WIDTH}}  {shown(value):>8}  {bar:{_BAR}}  {seconds:4.1f} s\n"
        )
        self._out.flush()

    def close(self, result: Mapping[str, Any]) -> None:
        """Write what came out."""
        out = self._out
        for name, value in ((OURS, result["ours"]), (LIMIT, result["limit"]), *result["peers"].items()):
            if value is not None:
                tail = f", p99 {shown(value['p99'])}" if isinstance(value, Mapping) else ""
                out.write(f"    =  {name:{_WIDTH}.{_WIDTH}}  {shown(typical(value)):>8}{tail}\n")
        verdict = "holds" if result["holds"] else "does not hold"
        parts = [
            f"{shown(result[key])} x {who}"
            for key, who in (("ratio_to_limit", "the limit"), ("ratio_to_best_peer", "the best peer"))
            if result[key] is not None
        ]
        out.write(f"    {', '.join(parts)}. Goal: {result['goal']}: {verdict}.\n")
