"""What a load run adds to a report, folded from its metrics: figures by call and workflow, thresholds, time, health.

The names and labels are those of a load run's records; a figure that is missing is left out, never invented.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from offerproof.findings import Metric, Run, Verdict

ALL: Final = "(all calls)"
THROTTLED: Final = "throttled"
"""The kind of what the target asked us to send later (429): listed, but never counted as an error."""
_KINDS: Final = {"all": 0, "workflow": 1, "call": 2}

HEALTH: Final[Mapping[str, str]] = {
    "cpu_share": "share of a core used",
    "waiting_share": "share of time spent waiting for answers",
    "loop_lag_p99": "event-loop lag, p99",
    "loop_lag_max": "event-loop lag, worst",
    "late_arrivals": "arrivals started late",
    "slots_exhausted": "arrivals that found no free slot",
}


@dataclass(slots=True)
class SeriesRow:
    """One call, one workflow or all calls: totals over the judged time."""

    name: str
    kind: str
    count: int = 0
    rate: float = 0.0
    unit: str = "requests/s"
    errors: int = 0
    response: Mapping[str, str] = field(default_factory=dict)
    service: Mapping[str, str] = field(default_factory=dict)

    def p(self, label: str) -> str:
        """A latency in milliseconds as people read it, or nothing; ``label`` as in the record (``p99``, ``max``)."""
        value = number(self.response.get(label))
        return "" if value is None else milliseconds(value)


@dataclass(frozen=True, slots=True)
class SecondRow:
    """One second of one series."""

    second: int
    warm_up: bool
    rate: float
    errors: float
    p50: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """One row of the thresholds: what was asked, what was measured, whether it was met."""

    name: str
    measure: str
    bound: str
    measured: str
    met: str
    clause: str

    @property
    def verdict(self) -> Verdict:
        """As a verdict, for colour and sign."""
        return {"yes": Verdict.PASS, "no": Verdict.FAIL}.get(self.met, Verdict.UNKNOWN)

    @property
    def sign(self) -> str:
        """As one character."""
        return {"yes": "✅", "no": "❌"}.get(self.met, "❔")


@dataclass(slots=True)
class LoadView:
    """Everything a load section shows."""

    rows: list[SeriesRow] = field(default_factory=list)
    errors: list[tuple[str, str, int]] = field(default_factory=list)
    """Series, kind of error, count; the most frequent first."""
    seconds: dict[str, list[SecondRow]] = field(default_factory=dict)
    levels: list[tuple[int, float]] = field(default_factory=list)
    level_unit: str = ""
    thresholds: list[ThresholdRow] = field(default_factory=list)
    health: list[tuple[str, str, str]] = field(default_factory=list)
    """Worker, what was measured, value with unit."""
    probes: list[tuple[float, str, str]] = field(default_factory=list)
    knee: str | None = None

    @property
    def main(self) -> str | None:
        """The series that stands for the whole: all calls, or the busiest."""
        if ALL in self.seconds:
            return ALL
        return max(self.seconds, key=lambda name: sum(s.rate for s in self.seconds[name]), default=None)

    def row(self, name: str) -> SeriesRow | None:
        """The totals of one series."""
        return next((row for row in self.rows if row.name == name), None)


def fold(run: Run) -> LoadView | None:
    """The load section of a run, or None when the run measured no load."""
    if run.header.kind != "load" and not any(metric.name in ("latency", "second") for metric in run.metrics):
        return None
    view = LoadView()
    rows: dict[str, SeriesRow] = {}
    for metric in run.metrics:
        _take(view, rows, metric)
    view.rows = sorted(rows.values(), key=lambda row: (_KINDS.get(row.kind, 3), -row.count, row.name))
    view.errors.sort(key=lambda error: (-error[2], error[0], error[1]))
    view.levels.sort()
    for series in view.seconds.values():
        series.sort(key=lambda second: second.second)
    return view


def _take(view: LoadView, rows: dict[str, SeriesRow], metric: Metric) -> None:
    labels, name = metric.labels, metric.labels.get("name", "")
    match metric.name:
        case "latency" | "rate" | "errors":
            row = rows.setdefault(name, SeriesRow(name, labels.get("kind", "call")))
            _figure(view, row, metric)
        case "second":
            view.seconds.setdefault(name, []).append(_second(metric))
        case "level":
            view.levels.append((int(number(labels.get("second")) or 0), metric.value))
            view.level_unit = metric.unit
        case "threshold":
            view.thresholds.append(_threshold(metric))
        case "generator":
            measure = labels.get("measure", "")
            shown = f"{metric.value:.1%}" if metric.unit == "share" else f"{metric.value:,.6g} {metric.unit}"
            view.health.append((labels.get("worker", ""), HEALTH.get(measure, measure), shown))
        case "probe":
            view.probes.append((metric.value, labels.get("met", ""), labels.get("p99", "")))
        case "knee":
            broken = labels.get("broken") or "nothing tried"
            view.knee = f"{metric.value:,.6g} {metric.unit} met the thresholds; {broken} did not"


def _figure(view: LoadView, row: SeriesRow, metric: Metric) -> None:
    labels = metric.labels
    row.kind = labels.get("kind", row.kind)
    if metric.name == "errors":
        row.errors += int(metric.value) if labels.get("error") != THROTTLED else 0
        view.errors.append((row.name, labels.get("error", ""), int(metric.value)))
        return
    row.count = int(number(labels.get("count")) or row.count)
    if metric.name == "rate":
        row.rate, row.unit = metric.value, metric.unit
    elif labels.get("measure") == "service":
        row.service = labels
    else:
        row.response = labels


def _second(metric: Metric) -> SecondRow:
    labels = metric.labels
    return SecondRow(
        second=int(number(labels.get("second")) or 0),
        warm_up=labels.get("warm_up") == "yes",
        rate=metric.value,
        **{name: number(labels.get(name)) or 0.0 for name in ("errors", "p50", "p95", "p99", "max")},
    )


def _threshold(metric: Metric) -> ThresholdRow:
    labels = metric.labels
    return ThresholdRow(
        name=labels.get("name", ""),
        measure=labels.get("measure", ""),
        bound=labels.get("bound", ""),
        measured=f"{metric.value:,.6g} {metric.unit}",
        met=labels.get("met", "not judged"),
        clause=labels.get("clause", ""),
    )


def thin(seconds: Iterable[SecondRow], points: int = 600) -> list[SecondRow]:
    """At most ``points`` seconds; neighbours join: the mean of their rates, all their errors, the worst latency."""
    every = list(seconds)
    if len(every) <= points:
        return every
    size = -(-len(every) // points)
    return [_joined(every[start : start + size]) for start in range(0, len(every), size)]


def _joined(part: list[SecondRow]) -> SecondRow:
    return SecondRow(
        second=part[0].second,
        warm_up=part[0].warm_up,
        rate=sum(s.rate for s in part) / len(part),
        errors=sum(s.errors for s in part),
        p50=max(s.p50 for s in part),
        p95=max(s.p95 for s in part),
        p99=max(s.p99 for s in part),
        max=max(s.max for s in part),
    )


def number(text: str | None) -> float | None:
    """A label as a number, None when it is absent or no finite number."""
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and abs(value) < 1e300 else None


def milliseconds(value: float) -> str:
    """A latency with three significant digits, never more than two decimals: ``0.41``, ``12.3``, ``1,840``."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
