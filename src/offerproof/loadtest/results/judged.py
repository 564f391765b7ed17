"""The figures of a run held against its thresholds, and whether the generator was the limit."""

from __future__ import annotations

from dataclasses import dataclass

from offerproof.loadtest.figures import Series, kind_of
from offerproof.loadtest.generator.ledger import RunLedger
from offerproof.loadtest.plan.measures import SeriesReading
from offerproof.loadtest.plan.thresholds import Measured, Threshold

ALL_VISITS = "(all visits)"
RATE_SHARE = 0.95
"""Below this share of the rate that was asked for, an open run did not put the load on the target."""


@dataclass
class Judged:
    """What was measured and decided."""

    measured: list[Measured]
    limit: str
    """Why the generator may have been the limit; nothing when it was not."""
    totals: dict[str, Series]
    elapsed: float
    cut_short: bool = False
    """Whether the run was stopped before its end, so that its rate says nothing."""


def judge_figures(ledger: RunLedger) -> Judged:
    """Hold the figures against the thresholds and ask whether the generator was the limit."""
    workload = ledger.plan.workload
    warm_up = workload.warm_up if workload else 0.0
    until = min(workload.duration, ledger.duration) if workload else ledger.duration
    elapsed = max(until - warm_up, 0.0)
    totals = ledger.totals
    open_model = workload is not None and workload.model == "open"
    due = 0.0
    if workload is not None and open_model:
        due = workload.due(warm_up, until, parts=max(len(ledger.workers), 1), seed=ledger.plan.seed)
    reasons = [ledger.ending.problem] if ledger.ending.our_fault else []
    reasons += [f"a worker was lost ({worker.lost})" for worker in ledger.lost.values()]
    late = None if any(reasons) else _late(ledger, open_model)
    reasons += [worker.health.was_the_limit(open_model=open_model) for worker in ledger.workers.values()]
    flows = sum(ledger.finished.get(name, 0) for name in totals if kind_of(name) == "workflow")
    measured = []
    for threshold in (*ledger.plan.thresholds, *_implied(open_model)):
        together = threshold.name == ALL_VISITS
        series = _together(totals) if together else totals.get(threshold.name, Series())
        finished = flows if together else ledger.finished.get(threshold.name, 0)
        measured.append(threshold.held_against(SeriesReading(series, finished, elapsed, due, late)))
    cut_short = workload is not None and until < workload.duration
    return Judged(measured, next((reason for reason in reasons if reason), ""), totals, elapsed, cut_short)


def _late(ledger: RunLedger, open_model: bool) -> float | None:
    """Which share of the arrivals was started late; None where that is not all that may be held against us."""
    states = [worker.health for worker in ledger.workers.values()]
    arrivals = sum(health.arrivals for health in states)
    alone = arrivals and all(health.late_alone(open_model=open_model) for health in states)
    return sum(health.late for health in states) / arrivals if alone else None


def _implied(open_model: bool) -> tuple[Threshold, ...]:
    return (Threshold(ALL_VISITS, "rate_share", RATE_SHARE),) if open_model else ()


def _together(totals: dict[str, Series]) -> Series:
    whole = Series()
    for name, series in totals.items():
        if kind_of(name) == "workflow":
            whole.merge(series)
    return whole
