"""From samples to a result: medians, ratios within a round, the file.

Ratios are taken within each round, where both sides met the same state of the machine, and the median of them is
reported: the machine's speed changes between rounds more than most differences are large.
"""

import json
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OURS, LIMIT = "ours", "limit"

Samples = Sequence[Sequence[float]]
"""For each round the values of one contender: one rate, or many latencies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one figure is, in words and as a rule.

    Attributes:
        id: `P1`, the name of its files.
        unit: Of every value; the page prints it.
        is_latency: Less is better, and a value is p50 and p99; otherwise a rate, and more is better.
        limit: What the limit is, in a few words for the chart.
        method: Paragraph: how it is measured.
        fairness: Paragraph: what the peers do less, or differently.
        goal: The goal as people read it.
        is_met: The goal as a rule over a result file.
    """

    id: str
    title: str
    unit: str
    limit: str
    method: str
    fairness: str
    goal: str
    is_met: Callable[[Mapping[str, Any]], bool]
    is_latency: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The samples of one figure.

    Attributes:
        peers: Name with version → samples.
        machine: Cores, Python, broker and database, for the record.
    """

    ours: Samples
    limit: Samples
    taken_at: str
    machine: Mapping[str, Any]
    peers: Mapping[str, Samples] = field(default_factory=dict)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def ratio(figure: Figure, ours: Samples, other: Samples) -> float:
    """Return how many times better than the other we are: above 1 is better, for rates and latencies alike."""
    pairs = [(statistics.median(mine), statistics.median(theirs)) for mine, theirs in zip(ours, other, strict=True)]
    return statistics.median(theirs / mine if figure.is_latency else mine / theirs for mine, theirs in pairs)


def summarise(figure: Figure, measured: Measured) -> dict[str, Any]:
    """Return the content of a result file."""
    everyone = {OURS: measured.ours, LIMIT: measured.limit, **measured.peers}
    ratios = [ratio(figure, measured.ours, samples) for samples in measured.peers.values()]
    result: dict[str, Any] = {
        "id": figure.id,
        "title": figure.title,
        "unit": figure.unit,
        "taken_at": measured.taken_at,
        "machine": dict(measured.machine),
        "rounds": len(measured.ours),
        "ours": _value(figure, measured.ours),
        "limit": _value(figure, measured.limit) if measured.limit else None,
        "peers": {name: _value(figure, samples) for name, samples in measured.peers.items()},
        "ratio_to_limit": _round(ratio(figure, measured.ours, measured.limit)) if measured.limit else None,
        "ratio_to_best_peer": _round(min(ratios)) if ratios else None,
        "spread": {name: _spread(samples) for name, samples in everyone.items() if samples},
        "goal": figure.goal,
    }
    return {**result, "holds": figure.is_met(result)}


def write(result: Mapping[str, Any], folder: Path) -> Path:
    """Write a result as `<id>.json` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result['id']}.json"
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read(figure: Figure, folder: Path) -> dict[str, Any] | None:
    """Return the last result of a figure; None if there is none."""
    path = folder / f"{figure.id}.json"
    if not path.exists():
        return None
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def typical(value: float | Mapping[str, float]) -> float:
    """Return the one number of a value that a sentence names: a rate's median, a latency's p50."""
    return value["p50"] if isinstance(value, Mapping) else value


def shown(number: float) -> str:
    """Return a number with three significant digits, thousands apart by narrow spaces."""
    if number == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(number))))
    return f"{number:,.{digits}f}".replace(",", "\u202f") if number < 1000 else f"{number:,.0f}".replace(",", "\u202f")


def _value(figure: Figure, samples: Samples) -> float | dict[str, float]:
    every = [value for values in samples for value in values]
    if figure.is_latency:
        return {"p50": _round(percentile(every, 50)), "p99": _round(percentile(every, 99))}
    return _round(statistics.median(every))


def _spread(samples: Samples) -> list[float]:
    every = [value for values in samples for value in values]
    return [_round(min(every)), _round(max(every))]


def _round(number: float) -> float:
    """Return a number to three digits, or whole ones: more would pretend to be known."""
    return float(f"{number:.3g}") if abs(number) < 1000 else round(number)
