"""What a load run adds to a report: its figures in the order they are read, and as people write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from offerproof.findings import Run, Verdict
from offerproof.findings.load_records import (
    ALL_CALLS,
    THROTTLED,
    LoadFigures,
    LoadSettings,
    SeriesFigures,
    SeriesSecond,
    ThresholdResult,
    WorkerFigures,
    level_of,
)

_KINDS: Final = {"all": 0, "workflow": 1, "call": 2}


@dataclass(frozen=True)
class SeriesRow:
    """One call, one workflow or all calls: totals over the judged time."""

    figures: SeriesFigures

    @property
    def name(self) -> str:
        """The operation id, the workflow's name or "(all calls)"."""
        return self.figures.name

    @property
    def unit(self) -> str:
        """The unit of its rate."""
        return "workflows/s" if self.figures.kind == "workflow" else "requests/s"

    @property
    def errors(self) -> int:
        """How many went wrong."""
        return sum(count for kind, count in self.figures.errors.items() if kind != THROTTLED)

    def latency(self, label: str) -> float | None:
        """A latency in milliseconds, from the intended start; ``label`` is a percentile (``p99``) or ``max``."""
        response = self.figures.response
        return response.max if label == "max" else response.percentiles.get(label)

    def p(self, label: str) -> str:
        """The same as people read it."""
        value = self.latency(label)
        return "too few" if value is None else milliseconds(value)


class ThresholdRow(NamedTuple):
    """One row of the thresholds: what was asked, what was measured, whether it was met."""

    name: str
    measure: str
    bound: str
    measured: str
    clause: str
    verdict: Verdict
    sign: str
    told: str
    """Whether it was met, as a verdict, as one character and as a word."""


def _threshold(asked: ThresholdResult) -> ThresholdRow:
    met = _MET[asked.met]
    measured = "too few" if asked.value is None else f"{asked.value:,.6g} {asked.unit}"
    return ThresholdRow(asked.name, asked.measure, f"{asked.bound:g}", measured, asked.clause, *met)


_MET: Final = {
    True: (Verdict.PASS, "✅", "met"),
    False: (Verdict.FAIL, "❌", "MISSED"),
    None: (Verdict.UNKNOWN, "❔", "not judged"),
}


class LoadView:
    """Everything a load section shows."""

    def __init__(self, settings: LoadSettings, figures: LoadFigures) -> None:
        self.settings = settings
        self.figures = figures
        rows = sorted(figures.series, key=lambda one: (_KINDS[one.kind], -one.count, one.name))
        self.rows = [SeriesRow(one) for one in rows]
        self.thresholds = [_threshold(one) for one in figures.thresholds]
        self.seconds: dict[str, list[SeriesSecond]] = {}
        for second in sorted(figures.seconds, key=lambda one: one.second):
            self.seconds.setdefault(second.name, []).append(second)

    @cached_property
    def errors(self) -> list[tuple[str, str, int]]:
        """Series, kind of error, count; the most frequent first."""
        found = [(row.name, kind, count) for row in self.figures.series for kind, count in row.errors.items()]
        return sorted(found, key=lambda error: (-error[2], error[0], error[1]))

    @cached_property
    def health(self) -> list[tuple[str, str, str]]:
        """Worker, what was measured, value with unit."""
        return [row for worker in self.figures.workers for row in _health(worker)]

    @property
    def capacity(self) -> str | None:
        """What a search for the capacity found, in words."""
        found = self.figures.capacity
        if found is None:
            return None
        broken = "nothing tried" if found.broken is None else f"{found.broken:g}"
        return f"{found.best or 0:,.6g} workflows/s met the thresholds; {broken} did not"

    @property
    def main(self) -> str | None:
        """The series that stands for the whole: all calls, or the busiest."""
        if ALL_CALLS in self.seconds:
            return ALL_CALLS
        return max(self.seconds, key=lambda name: sum(s.count for s in self.seconds[name]), default=None)

    @property
    def levels(self) -> list[tuple[int, float]]:
        """What the workload asked for: second since the run began, arrivals a second or users."""
        return [
            (second, level_of(self.settings.phases, second + 0.5)) for second in range(int(self.settings.duration_s))
        ]

    def row(self, name: str) -> SeriesRow | None:
        """The totals of one series."""
        return next((row for row in self.rows if row.name == name), None)


def fold(run: Run) -> LoadView | None:
    """The load section of a run, or None when the run was none of load."""
    return None if run.header.load is None else LoadView(run.header.load, run.load)


def _health(worker: WorkerFigures) -> Iterable[tuple[str, str, str]]:
    shown: Mapping[str, str] = {
        "share of a core used": f"{worker.cpu_share:.1%}",
        "share of time spent waiting for answers": f"{max(0.0, 1.0 - worker.cpu_share):.1%}",
        "event-loop lag, p99": f"{worker.loop_lag_p99:,.6g} ms",
        "event-loop lag, worst": f"{worker.loop_lag_max:,.6g} ms",
        "arrivals started late": f"{worker.late_arrivals:,}",
        "arrivals that found no free slot": f"{worker.slots_exhausted:,}",
    }
    return [(worker.name, measure, value) for measure, value in shown.items()]


def thin(seconds: Iterable[SeriesSecond], points: int = 600) -> list[SeriesSecond]:
    """At most ``points`` seconds; neighbours join: the mean of their rates, all their errors, the worst latency."""
    every = list(seconds)
    if len(every) <= points:
        return every
    size = -(-len(every) // points)
    return [_joined(every[start : start + size]) for start in range(0, len(every), size)]


def _joined(part: list[SeriesSecond]) -> SeriesSecond:
    return SeriesSecond(
        name=part[0].name,
        second=part[0].second,
        count=round(sum(s.count for s in part) / len(part)),
        errors=sum(s.errors for s in part),
        p50=max((s.p50 for s in part if s.p50 is not None), default=None),
        p95=max((s.p95 for s in part if s.p95 is not None), default=None),
        p99=max((s.p99 for s in part if s.p99 is not None), default=None),
        max=max(s.max for s in part),
    )


def milliseconds(value: float) -> str:
    """A latency with three significant digits, never more than two decimals: ``0.41``, ``12.3``, ``1,840``."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
