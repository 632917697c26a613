from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench import chart, page, results
from bench.figures.catalog import FIGURES, P1, P3
from bench.progress import Progress
from bench.results import Measured
from bench.rounds import Contender, interleave

SVG = "{http://www.w3.org/2000/svg}"
MACHINE = {"cores": 2, "python": "3.12.1", "broker": "RabbitMQ 4.1.0", "database": "PostgreSQL 17.2"}


def summary(figure: results.Figure, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "ours": [[100.0], [300.0]],
        "limit": [[400.0], [400.0]],
        "peers": {"kombu <5>": [[10.0], [20.0]]},
        "taken_at": "2026-01-01T00:00:00+00:00",
        "machine": MACHINE,
    }
    return results.summarise(figure, Measured(**{**values, **changes}))


def widths(svg: str) -> list[float]:
    return [float(bar.attrib["width"]) for bar in ElementTree.fromstring(svg).iter(f"{SVG}rect")]  # noqa: S314 - ours


class Silent:
    def begin(self, *, number: int, name: str) -> None:
        pass

    def end(self, *, number: int, name: str, values: object) -> None:
        pass


def test_the_bars_of_a_chart_are_to_scale() -> None:
    ours, limit, peer = widths(chart.draw(P1, summary(P1)))

    assert ours / limit == pytest.approx(0.5, abs=0.01)
    assert peer / limit == pytest.approx(15 / 400, abs=0.01)


def test_a_chart_names_everyone_and_stays_on_its_page() -> None:
    svg = chart.draw(P1, summary(P1))

    texts = [text.text for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - ours
    assert texts[0::2] == ["Postroad", f"Limit: {P1.limit}", "kombu <5>"]
    assert texts[1::2] == ["200", "400", "15.0"]
    assert max(widths(svg)) < chart.WIDTH


def test_a_latency_has_a_pale_bar_up_to_its_p99() -> None:
    result = summary(P3, ours=[[float(number) for number in range(1, 101)]], limit=[], peers={})

    svg = chart.draw(P3, result)

    p99, p50 = widths(svg)
    assert p50 / p99 == pytest.approx(50 / 99, abs=0.01)
    assert "p50 50.0, p99 99.0" in svg


def test_the_page_has_the_figures_that_have_a_result(tmp_path: Path) -> None:
    results.write(summary(P1), tmp_path / "results")

    written = page.write(list(FIGURES.values()), folder=tmp_path).read_text(encoding="utf-8")

    assert "## P1" in written
    assert "## P3" not in written
    assert P1.fairness in " ".join(written.split())
    assert (tmp_path / "results" / "P1.svg").exists()


def test_a_goal_that_is_missed_is_said_aloud() -> None:
    assert "**does not hold**" in page.render([(P1, summary(P1, ours=[[1.0], [1.0]]))])


def test_everyone_runs_once_a_round_in_changing_order() -> None:
    ran: list[str] = []

    def contender(name: str) -> Contender:
        def run() -> list[float]:
            ran.append(name)
            return [1.0]

        return Contender(name=name, run=run)

    samples = interleave([contender(name) for name in "abc"], rounds=20, watcher=Silent())

    assert [sorted(ran[start : start + 3]) for start in range(0, 60, 3)] == [["a", "b", "c"]] * 20
    assert len({tuple(ran[start : start + 3]) for start in range(0, 60, 3)}) > 1
    assert {name: len(values) for name, values in samples.items()} == {"a": 20, "b": 20, "c": 20}


def test_progress_shows_each_value_and_the_verdict() -> None:
    out = StringIO()
    progress = Progress(P1, out)

    progress.begin(number=1, name="ours")
    progress.end(number=1, name="ours", values=[1234.5])
    progress.close(summary(P1))

    assert "1\u202f234" in out.getvalue()
    assert "holds" in out.getvalue()
