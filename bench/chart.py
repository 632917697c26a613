"""A result as an SVG of bars, readable on light and dark pages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from bench.results import LIMIT, OURS, Figure, shown

WIDTH = 720  # pixels, what a README shows without scaling
_LEFT, _RIGHT = 8, 190  # pixels beside the longest bar: the right side takes the numbers
_ROW, _BAR, _TOP = 46, 16, 10
_COLOURS = {OURS: "#2f81f7", LIMIT: "#8b949e"}
_PEER = "#bf8700"
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#57606a}.n{font-weight:600}"
    "@media(prefers-color-scheme:dark){text{fill:#9198a1}}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bar:
    name: str
    label: str
    value: float
    tail: float | None
    low: float
    high: float

    @property
    def longest(self) -> float:
        """How far the bar or its whisker reaches."""
        return max(self.value, self.tail or 0.0, self.high if self.tail is None else 0.0)


def draw(figure: Figure, result: Mapping[str, Any]) -> str:
    """Return the chart of one result.

    A rate has a whisker from its slowest to its fastest round; a latency a pale bar up to its p99.
    """
    bars = list(_bars(figure, result))
    scale = (WIDTH - _LEFT - _RIGHT) / max(bar.longest for bar in bars)
    height = _TOP + _ROW * len(bars)
    rows = "\n".join(_row(bar, scale=scale, top=_TOP + _ROW * index) for index, bar in enumerate(bars))
    title = escape(f"{figure.title}, {figure.unit}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        f' role="img" aria-label="{title}">\n<title>{title}</title>\n<style>{_STYLE}</style>\n{rows}\n</svg>\n'
    )


def _bars(figure: Figure, result: Mapping[str, Any]) -> Iterator[_Bar]:
    values = {OURS: result["ours"], LIMIT: result["limit"], **result["peers"]}
    labels = {OURS: "Postroad", LIMIT: f"Limit: {figure.limit}"}
    for name, value in values.items():
        if value is None:
            continue
        low, high = result["spread"][name]
        is_pair = isinstance(value, Mapping)
        yield _Bar(
            name=name,
            label=labels.get(name, name),
            value=value["p50"] if is_pair else value,
            tail=value["p99"] if is_pair else None,
            low=low,
            high=high,
        )


def _row(bar: _Bar, *, scale: float, top: float) -> str:
    colour = _COLOURS.get(bar.name, _PEER)
    middle = top + 20 + _BAR / 2
    shapes: list[str] = []
    if bar.tail is not None:
        shapes.append(_rectangle(bar.tail * scale, top + 20, colour, opacity=0.35))
    shapes.append(_rectangle(bar.value * scale, top + 20, colour))
    if bar.tail is None:
        shapes.append(_whisker(_LEFT + bar.low * scale, _LEFT + bar.high * scale, middle))
    numbers = shown(bar.value) if bar.tail is None else f"p50 {shown(bar.value)}, p99 {shown(bar.tail)}"
    x = _LEFT + bar.longest * scale + 8
    return "\n".join(
        (
            f'<text x="{_LEFT}" y="{top + 14}">{escape(bar.label)}</text>',
            *shapes,
            f'<text class="n" x="{x:.1f}" y="{middle + 5:.1f}">{escape(numbers)}</text>',
        )
    )


def _rectangle(width: float, top: float, colour: str, *, opacity: float = 1.0) -> str:
    return (
        f'<rect x="{_LEFT}" y="{top:.1f}" width="{max(width, 1.5):.1f}" height="{_BAR}" rx="2"'
        f' fill="{colour}" fill-opacity="{opacity:g}"/>'
    )


def _whisker(start: float, end: float, y: float) -> str:
    line: Sequence[str] = (
        f"M{start:.1f} {y - 4:.1f}v8",
        f"M{start:.1f} {y:.1f}H{end:.1f}",
        f"M{end:.1f} {y - 4:.1f}v8",
    )
    return f'<path d="{"".join(line)}" stroke="#6e7781" stroke-width="1.5" fill="none"/>'
