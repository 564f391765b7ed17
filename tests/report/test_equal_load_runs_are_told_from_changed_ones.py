"""Two load runs of one target differ by chance, and that is no change; what the target did differently is one."""

from __future__ import annotations

import random
from typing import Any

import pytest

from offerproof.findings import Run
from offerproof.findings.distribution import cut, encode, longest, mean, percentiles
from offerproof.findings.load_records import Latency, SeriesFigures, SeriesSecond, WorkerFigures
from offerproof.report.comparison import compare_runs

SECONDS = range(10)
PAIRS = range(10)


def counts_of(latencies: list[float]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for milliseconds in latencies:
        us = cut(int(milliseconds * 1000))
        counts[us] = counts.get(us, 0) + 1
    return counts


def distribution(counts: dict[int, int]) -> Latency:
    labels = (50.0, 95.0, 99.0)
    found = {
        f"p{q:g}": value for q, value in zip(labels, percentiles(counts, labels), strict=True) if value is not None
    }
    return Latency(mean=mean(counts), max=longest(counts), percentiles=found, histogram=encode(counts))


def loaded(
    making: Any, draw: random.Random, *, answer_ms: float = 20.0, errors: float = 0.0, lag: float = 0.5, **settings: Any
) -> Run:
    """Ten seconds of about 100 calls a second; some seconds are slower than others, as on any machine."""
    rows: list[Any] = []
    every: list[float] = []
    for second in SECONDS:
        slow = draw.lognormvariate(0, 0.05)
        seen = [answer_ms * slow + draw.expovariate(0.5) for _ in range(draw.randrange(90, 110))]
        every += seen
        p50, p95, p99 = percentiles(counts_of(seen), (50.0, 95.0, 99.0))
        many: dict[str, Any] = {"count": len(seen), "errors": 0, "max": max(seen)}
        rows.append(SeriesSecond(name="checkout", second=second, p50=p50, p95=p95, p99=p99, **many))
    latency = distribution(counts_of(every))
    wrong = sum(draw.random() < errors for _ in every)
    kinds = {"refused": wrong} if wrong else {}
    rate = len(every) / len(SECONDS) if settings.get("model") != "closed" else 2_000 / answer_ms
    rows.append(
        SeriesFigures(
            name="checkout",
            kind="workflow",
            count=len(every),
            rate=rate,
            errors=kinds,
            response=latency,
            service=latency,
        )
    )
    health = {"cpu_share": 0.2, "loop_lag_p50": lag, "loop_lag_p99": 4 * lag, "loop_lag_max": 9 * lag}
    rows.append(WorkerFigures(name="1", late_arrivals=0, slots_exhausted=0, clock=None, parts={}, **health))
    return making.run([making.clause("LOAD-1")], rows, kind="load", load=making.settings(**settings))  # type: ignore[no-any-return]


def pair(making: Any, number: int, **changed: Any) -> tuple[Run, Run]:
    draw = random.Random(number)
    return loaded(making, draw), loaded(making, draw, **changed)


@pytest.mark.parametrize("number", PAIRS)
def test_nothing_got_worse_between_equal_runs(making: Any, number: int) -> None:
    comparison = compare_runs(*pair(making, number))
    assert (comparison.worse, comparison.figures) == ((), ())


@pytest.mark.parametrize("number", PAIRS)
def test_twice_as_slow_with_one_error_in_fifty_got_worse(making: Any, number: int) -> None:
    comparison = compare_runs(*pair(making, number, answer_ms=40.0, errors=0.02))
    moved = {change.subject for change in comparison.figures}
    assert {"checkout p50", "checkout p95", "checkout errors"} <= moved
    assert comparison.exit_code == 1
    assert {c.direction for c in compare_runs(comparison.new, comparison.old).figures} == {"better"}


def test_a_change_within_the_tolerance_or_within_the_generators_own_lateness_is_none(making: Any) -> None:
    assert compare_runs(*pair(making, 1, answer_ms=40.0), tolerance=150.0).figures == ()
    assert compare_runs(*pair(making, 1, answer_ms=40.0, lag=30.0)).figures == ()


def test_the_rate_of_an_open_workload_is_the_generators_and_that_of_a_closed_one_the_targets(making: Any) -> None:
    draw = random.Random(3)
    fast, slow = (loaded(making, draw, answer_ms=ms, model="closed") for ms in (20.0, 40.0))
    assert "checkout rate: 100.0 workflows/s → 50.0 workflows/s" in compare_runs(fast, slow).worse
    fast, slow = (loaded(making, draw, answer_ms=ms) for ms in (20.0, 40.0))
    assert not [line for line in compare_runs(fast, slow).worse if "rate" in line]
