"""The page of results: `bench/README.md` and its charts, made from the files of the last results."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from bench import chart, results
from bench.results import Figure, shown, typical

_COLUMNS = 120
_HEAD = """# Measurements

Written by `make bench` (`make bench ONLY=P1,P3` takes some of them again); do not edit.

Contenders run in turns, each once a round in a shuffled order, on the same servers with the same durability: quorum
queues on one node, publisher confirms, PostgreSQL as it is installed (`synchronous_commit` on). Broker, database and
everything measured share one machine's cores, so compare within a figure and trust ratios more than numbers. A ratio
is the median of the ratios within the rounds, and above 1 we are the better one, for rates and latencies alike. The
thin line on a bar spans the slowest and the fastest round; a pale bar reaches to p99. Nothing here says what a
replicated broker or a remote database costs.
"""


def write(figures: Sequence[Figure], *, folder: Path) -> Path:
    """Write the charts into `folder/results` and the page into `folder`; figures without a result are left out."""
    drawn = folder / "results"
    found = [(figure, result) for figure in figures if (result := results.read(figure, drawn)) is not None]
    for figure, result in found:
        (drawn / f"{figure.id}.svg").write_text(chart.draw(figure, result), encoding="utf-8")
    page = folder / "README.md"
    page.write_text(render(found), encoding="utf-8")
    return page


def render(found: Sequence[tuple[Figure, Mapping[str, Any]]]) -> str:
    """Return the page as Markdown."""
    lines = ["| | ours | limit | best peer | goal | |", "| --- | ---: | ---: | ---: | --- | --- |"]
    lines += [_line(figure, result) for figure, result in found]
    return "\n".join([_HEAD, *lines, *(_section(figure, result) for figure, result in found), ""])


def _line(figure: Figure, result: Mapping[str, Any]) -> str:
    limit = "-" if result["ratio_to_limit"] is None else f"{shown(result['ratio_to_limit'])} x"
    peer = "-" if result["ratio_to_best_peer"] is None else f"{shown(result['ratio_to_best_peer'])} x"
    verdict = "holds" if result["holds"] else "**does not hold**"
    name = f"[{figure.id}](#{figure.id.lower()}) {figure.title}"
    return f"| {name} | {shown(typical(result['ours']))} {figure.unit} | {limit} | {peer} | {figure.goal} | {verdict} |"


def _section(figure: Figure, result: Mapping[str, Any]) -> str:
    machine = result["machine"]
    return f"""
## {figure.id}

**{figure.title}**, {figure.unit}.

![{figure.title}](results/{figure.id}.svg)

{fill(f"How it is measured: {figure.method}", _COLUMNS, break_long_words=False)}

{fill(f"What the others do less: {figure.fairness}", _COLUMNS, break_long_words=False)}

Taken {result["taken_at"]}, {result["rounds"]} rounds: {machine["cores"]} cores, Python {machine["python"]},
{machine["broker"]}, {machine["database"]}. [The numbers](results/{figure.id}.json)."""
