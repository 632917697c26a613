"""`python -m bench [P1,P2,…]`: take figures, write their files and the page."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from bench import page, processes, results, rounds, stage
from bench.figures.catalog import FIGURES
from bench.progress import Progress
from bench.results import LIMIT, OURS, Figure, Measured
from bench.rounds import Contender

HERE = Path(__file__).resolve().parent
_MODULES = {
    "P1": "relay",
    "P2": "consumer",
    "P3": "latency",
    "P4": "gateway",
    "P5": "composition",
    "P6": "degraded",
}
_ROUNDS = 5


def main(arguments: Sequence[str]) -> int:
    """Take the figures that are asked for; exit code 0 whether goals hold or not, for a measurement is no test."""
    figures, count, began = _parse(arguments), _read_rounds(), time.monotonic()
    with stage.prepared():
        machine = stage.machine()
        told = f"{machine['cores']} cores, {machine['broker']}, {machine['database']}"
        print(f"Postroad, {count} rounds on {told}", flush=True)
        for figure in figures:
            _take(figure, count)
    written = page.write(list(FIGURES.values()), folder=HERE)
    print(f"\nWritten after {time.monotonic() - began:.0f} s: {written.relative_to(HERE.parent)}")
    return 0


def _parse(arguments: Sequence[str]) -> list[Figure]:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure against limits and peers.")
    parser.add_argument("figures", nargs="*", help=f"of {', '.join(FIGURES)}, apart by commas; none: all")
    names = [name.strip().upper() for given in parser.parse_args(arguments).figures for name in given.split(",")]
    unknown = [name for name in names if name and name not in FIGURES]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(FIGURES)}")
    return [figure for name, figure in FIGURES.items() if not names or name in names]


def _read_rounds() -> int:
    text = os.environ.get("BENCH_ROUNDS", str(_ROUNDS))
    if not text.isdigit() or int(text) < 1:
        raise SystemExit(f"bench: BENCH_ROUNDS is {text!r}; it must be a whole number from 1.")
    return int(text)


def _take(figure: Figure, count: int) -> None:
    """Measure one figure and write its file."""
    progress = Progress(figure)
    module = import_module(f"bench.figures.{_MODULES[figure.id]}")  # needs Django set up
    prepare: AbstractContextManager[list[Contender]] = module.contenders()
    with prepare as contenders:
        samples = rounds.interleave(contenders, rounds=count, watcher=progress)
    result = results.summarise(
        figure,
        Measured(
            ours=samples.pop(OURS),
            limit=samples.pop(LIMIT, []),
            peers=samples,
            taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
            machine=stage.machine(),
        ),
    )
    results.write(result, HERE / "results")
    progress.close(result)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except processes.Failed as error:
        sys.exit(f"bench: {error}")
