import json
from pathlib import Path
from typing import Any

import pytest

from bench import results
from bench.figures.catalog import FIGURES, P1, P2, P3
from bench.results import Measured

MACHINE = {"cores": 2, "python": "3.12.1", "broker": "RabbitMQ 4.1.0", "database": "PostgreSQL 17.2"}
KEYS = {
    *("id", "title", "unit", "taken_at", "machine", "rounds", "ours", "limit", "peers"),
    *("ratio_to_limit", "ratio_to_best_peer", "spread", "goal", "holds"),
}


def measured(**changes: Any) -> Measured:
    values: dict[str, Any] = {
        "ours": [[100.0], [400.0], [300.0]],
        "limit": [[200.0], [500.0], [600.0]],
        "peers": {"slow 1.0": [[10.0], [40.0], [60.0]], "slower 2.0": [[5.0], [5.0], [5.0]]},
        "taken_at": "2026-01-01T00:00:00+00:00",
        "machine": MACHINE,
    }
    return Measured(**{**values, **changes})


def latencies() -> Measured:
    return measured(
        ours=[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        limit=[[1.0], [2.5]],
        peers={"polling": [[100.0], [1000.0]]},
    )


def test_a_rate_has_exactly_the_keys_of_the_schema() -> None:
    assert set(results.summarise(P1, measured())) == KEYS


def test_a_rate_is_the_median_of_the_rounds_with_its_spread() -> None:
    result = results.summarise(P1, measured())

    assert (result["ours"], result["limit"], result["rounds"]) == (300, 500, 3)
    assert result["peers"] == {"slow 1.0": 40, "slower 2.0": 5}
    assert result["spread"] == {"ours": [100, 400], "limit": [200, 600], "slow 1.0": [10, 60], "slower 2.0": [5, 5]}


def test_ratios_are_taken_within_rounds_and_the_best_peer_counts() -> None:
    result = results.summarise(P1, measured())

    assert result["ratio_to_limit"] == 0.5  # of 0.5, 0.8 and 0.5; the medians alone would say 0.6
    assert result["ratio_to_best_peer"] == 10.0  # of 10, 10 and 5 against the faster peer


def test_a_latency_has_p50_and_p99_and_less_is_better() -> None:
    result = results.summarise(P3, latencies())

    assert result["ours"] == {"p50": 3.0, "p99": 6.0}
    assert result["ratio_to_limit"] == 0.5
    assert result["ratio_to_best_peer"] == pytest.approx(125.0)


def test_a_figure_without_limit_and_peers_says_null() -> None:
    result = results.summarise(P3, measured(limit=[], peers={}))

    assert (result["limit"], result["ratio_to_limit"], result["ratio_to_best_peer"]) == (None, None, None)
    assert set(result["spread"]) == {"ours"}


@pytest.mark.parametrize(("share", "holds"), [(0.49, False), (0.5, True)])
def test_the_relay_holds_from_half_of_the_limit(*, share: float, holds: bool) -> None:
    result = results.summarise(P1, measured(ours=[[share]], limit=[[1.0]], peers={}))

    assert result["holds"] is holds


@pytest.mark.parametrize(("rate", "holds"), [(1.9, False), (2.0, True)])
def test_the_consumer_holds_from_twice_the_peer(*, rate: float, holds: bool) -> None:
    result = results.summarise(P2, measured(ours=[[rate]], limit=[[1.0]], peers={"peer": [[1.0]]}))

    assert result["holds"] is holds


@pytest.mark.parametrize(("milliseconds", "holds"), [(10.1, False), (10.0, True)])
def test_the_latency_holds_up_to_its_goal(*, milliseconds: float, holds: bool) -> None:
    result = results.summarise(P3, measured(ours=[[milliseconds]], limit=[], peers={}))

    assert result["holds"] is holds


@pytest.mark.parametrize(("percent", "value"), [(50, 50.0), (99, 99.0), (100, 100.0), (0, 1.0)])
def test_a_percentile_is_the_nearest_rank(percent: float, value: float) -> None:
    assert results.percentile([float(number) for number in range(100, 0, -1)], percent) == value


@pytest.mark.parametrize(
    ("number", "text"), [(12345.6, "12\u202f346"), (999.0, "999"), (4.814, "4.81"), (0.0567, "0.0567"), (0, "0")]
)
def test_a_number_is_shown_with_three_digits(number: float, text: str) -> None:
    assert results.shown(number) == text


def test_a_written_result_is_read_again(tmp_path: Path) -> None:
    result = results.summarise(P1, measured())

    path = results.write(result, tmp_path)

    assert json.loads(path.read_text(encoding="utf-8")) == result == results.read(P1, tmp_path)
    assert results.read(P2, tmp_path) is None


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_a_committed_result_fits_the_schema(figure: results.Figure) -> None:
    result = results.read(figure, Path(results.__file__).parent / "results")

    assert result is not None
    assert set(result) == KEYS
    assert (result["id"], result["title"], result["goal"]) == (figure.id, figure.title, figure.goal)
