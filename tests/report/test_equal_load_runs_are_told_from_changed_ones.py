"""Two load runs of one target differ by chance, and that is no change; what the target did differently is one."""

from __future__ import annotations

import random
from collections.abc import Container
from typing import Any

import pytest
from msgspec.structs import replace

from offerproof.findings import Run
from offerproof.findings.distribution import cut, encode, longest, mean, percentiles
from offerproof.findings.load_records import Latency, SeriesBlock, SeriesFigures, WorkerFigures
from offerproof.report.comparison import compare_runs

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
    making: Any,
    draw: random.Random,
    *,
    answer_ms: float = 20.0,
    errors: float = 0.0,
    lag: float = 0.2,
    stalls: Container[int] = (),
    seconds: int = 12,
    **settings: Any,
) -> Run:
    """Seconds of about 100 visits each; some are slower than others, as on any machine, and in ``stalls`` it stood."""
    every: list[float] = []
    blocks: list[SeriesBlock] = []
    for second in range(seconds):
        slow = draw.lognormvariate(0, 0.05) * (20 if second in stalls else 1)
        seen = [answer_ms * slow + draw.expovariate(0.5) for _ in range(draw.randrange(90, 110))]
        every += seen
        wrong = sum(draw.random() < errors for _ in seen)
        blocks.append(SeriesBlock(count=len(seen), errors=wrong, histogram=encode(counts_of(seen))))
    latency = distribution(counts_of(every))
    wrong = sum(block.errors for block in blocks)
    kinds = {"refused": wrong} if wrong else {}
    rate = len(every) / seconds if settings.get("model") != "closed" else 2_000 / answer_ms
    series = SeriesFigures(
        name="checkout",
        kind="workflow",
        count=len(every),
        rate=rate,
        errors=kinds,
        response=latency,
        service=latency,
        blocks=tuple(blocks),
    )
    worker = WorkerFigures(
        name="1",
        cpu_share=0.2,
        loop_lag_p99=4 * lag,
        loop_lag_max=9 * lag,
        loop_lag=distribution(counts_of([lag] * 500)),
        late_arrivals=0,
        slots_exhausted=0,
        clock=None,
        parts={},
    )
    rows = [series, worker]
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
    comparison = compare_runs(*pair(making, number, answer_ms=40.0, errors=0.02, seconds=20))
    moved = {change.subject for change in comparison.figures}
    assert {"checkout p50", "checkout p95", "checkout errors"} <= moved
    assert comparison.exit_code == 1
    assert {c.direction for c in compare_runs(comparison.new, comparison.old).figures} == {"better"}


def test_a_change_within_the_tolerance_or_within_the_generators_own_lateness_is_none(making: Any) -> None:
    assert compare_runs(*pair(making, 1, answer_ms=40.0), tolerance=150.0).figures == ()
    draw = random.Random(1)
    assert compare_runs(*(loaded(making, draw, answer_ms=ms, lag=30.0) for ms in (20.0, 40.0))).figures == ()


@pytest.mark.parametrize("stalls", [(3,), (3, 4), (0, 5, 11)])
def test_seconds_in_which_the_machine_stood_are_chance_and_those_of_a_whole_run_are_not(
    making: Any, stalls: Any
) -> None:
    assert compare_runs(*pair(making, 2, stalls=stalls)).figures == ()
    assert {c.about for c in compare_runs(*pair(making, 2, stalls=range(12))).figures} == {"p50", "p95", "p99"}


def test_errors_of_one_moment_are_chance_and_those_of_every_moment_are_not(making: Any) -> None:
    before, now = pair(making, 4, errors=0.02, seconds=40)
    (figures,) = now.load.series
    one = figures.blocks[0]
    moment = (replace(one, errors=sum(block.errors for block in figures.blocks)),)
    rest = tuple(replace(block, errors=0) for block in figures.blocks[1:])
    assert [change.about for change in compare_runs(before, now).figures] == ["errors"]
    now.load.series[0] = replace(figures, blocks=moment + rest)
    assert compare_runs(before, now).figures == ()


def test_a_run_too_short_to_know_chance_is_not_compared_and_that_is_said(making: Any) -> None:
    comparison = compare_runs(*(loaded(making, random.Random(1), answer_ms=ms, seconds=4) for ms in (20.0, 90.0)))
    assert comparison.figures == ()
    assert "too short to tell change from chance, and not compared: checkout" in comparison.notes


def test_a_generator_that_had_no_time_for_one_of_the_runs_is_no_witness_that_it_was_slow(making: Any) -> None:
    comparison = compare_runs(*pair(making, 1, answer_ms=40.0, lag=2.0))
    assert comparison.figures == ()
    assert [note for note in comparison.notes if "late by 0.2 ms on average, then 2.0 ms" in note]


def test_the_rate_of_an_open_workload_is_the_generators_and_that_of_a_closed_one_the_targets(making: Any) -> None:
    draw = random.Random(3)
    fast, slow = (loaded(making, draw, answer_ms=ms, model="closed") for ms in (20.0, 40.0))
    assert "checkout rate: 100.0 workflows/s → 50.0 workflows/s" in compare_runs(fast, slow).worse
    fast, slow = (loaded(making, draw, answer_ms=ms) for ms in (20.0, 40.0))
    assert not [line for line in compare_runs(fast, slow).worse if "rate" in line]
