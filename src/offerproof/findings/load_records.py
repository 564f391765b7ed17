"""The records of a load run: its settings, what was measured, what was asked of it, what the audit looked at.

Latencies are milliseconds: *response* counts from the intended start of a call, *service* from when the request left.
A *series* is one call (by operation id), one workflow, or all calls together. Rates are per second.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import msgspec

ALL_CALLS = "(all calls)"
"""The name of the series of all calls together."""
THROTTLED = "throttled"
"""The kind of what the target asked to send later (429), which is no error."""


class PhaseSetting(msgspec.Struct, frozen=True):
    """A straight piece of the workload: the level goes from ``start`` to ``end`` in ``seconds``."""

    seconds: float
    start: float
    end: float
    warm_up: bool = False

    def level(self, t: float) -> float:
        """Return the level ``t`` seconds into the phase."""
        return self.start + (self.end - self.start) * t / self.seconds if self.seconds else self.end


def level_of(phases: Iterable[PhaseSetting], t: float) -> float:
    """Return the level ``t`` seconds after the start; 0 after the end."""
    for phase in phases:
        if t < phase.seconds:
            return phase.level(t)
        t -= phase.seconds
    return 0.0


class LoadSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What was to be sent. The level of a phase is arrivals a second (open) or users (closed)."""

    scenario: str
    model: Literal["open", "closed"]
    arrivals: Literal["constant", "poisson"]
    duration_s: float
    """The warm-up included."""
    warm_up_s: float
    peak: float
    processes: int
    think: str
    customers: int
    phases: tuple[PhaseSetting, ...]
    thresholds: tuple[str, ...]
    """In words."""


class LoadRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="record"):
    """One line of a run file that only load runs have."""


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """One distribution, in milliseconds."""

    mean: float
    max: float
    percentiles: dict[str, float]
    """``p50``, ``p99.9`` … → milliseconds; those that so few were measured for are left out."""
    histogram: str
    """HdrHistogram, compressed V2, base64, microseconds."""


class SeriesBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of one series; all are equally long, but the first and the last, and together they are the whole."""

    count: int
    errors: int
    """What went wrong in it."""
    histogram: str
    """Of its response latencies, as in ``Latency``."""


class SeriesFigures(LoadRecord, frozen=True, kw_only=True, tag="series"):
    """One call, one workflow or all calls over the judged time, the warm-up left out."""

    name: str
    kind: Literal["all", "workflow", "call"]
    count: int
    """Finished, right or wrong."""
    rate: float
    """Served within the workload, a second."""
    errors: dict[str, int]
    """Kind of error → how many."""
    response: Latency
    service: Latency
    blocks: tuple[SeriesBlock, ...] = ()
    """In order of time. What they differ by tells how far off the whole may be by chance."""


class SeriesSecond(LoadRecord, frozen=True, kw_only=True, tag="second"):
    """One second of one series: how many finished, how many of them went wrong, latencies from the intended start."""

    name: str
    second: int
    """Since the run began."""
    count: int
    errors: int
    p50: float | None
    p95: float | None
    p99: float | None
    """None: too few."""
    max: float


class ClockFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How a worker's clock stood to the coordinator's, in milliseconds; ``bound``: how wrong an instant may be."""

    offset: float
    bound: float
    measurements: int


class WorkerFigures(LoadRecord, frozen=True, kw_only=True, tag="worker"):
    """One process of the load generator: was it the limit, and what did it contribute?"""

    name: str
    cpu_share: float
    """Of one core; the rest of the time it waited for answers."""
    loop_lag_p99: float
    """The worst second's, in milliseconds."""
    loop_lag_max: float
    late_arrivals: int
    slots_exhausted: int
    clock: ClockFigures | None
    parts: dict[str, int]
    """Series → how many; the sum over the workers is the whole."""
    loop_lag: Latency | None = None
    """How late the loop came back, in milliseconds, over all the judged time."""


class ThresholdResult(LoadRecord, frozen=True, kw_only=True, tag="threshold"):
    """One bound that was asked for, and what was measured; ``met`` is None when it could not be judged."""

    name: str
    """Of the series."""
    measure: str
    bound: float
    value: float | None
    """None: nothing was measured, or too little."""
    unit: str
    met: bool | None
    clause: str


class CapacityProbe(LoadRecord, frozen=True, kw_only=True, tag="probe"):
    """One rate that a search for the capacity tried, in workflows a second."""

    rate: float
    met: bool | None
    p99: float | None
    """Of all calls, in milliseconds."""
    reached: float | None
    """Workflows that were served a second."""


class Capacity(LoadRecord, frozen=True, kw_only=True, tag="capacity"):
    """The highest rate that met the thresholds, and the lowest that did not, in workflows a second."""

    best: float | None
    broken: float | None


class AuditScope(LoadRecord, frozen=True, kw_only=True, tag="audited"):
    """What the audit looked at."""

    customers: int
    user_offers: int
    operations: int
    sample_every: int
    """One customer of so many, each with all operations."""
    notes: tuple[str, ...] = ()


AnyLoadRecord = SeriesFigures | SeriesSecond | WorkerFigures | ThresholdResult | CapacityProbe | Capacity | AuditScope


@dataclass
class LoadFigures:
    """Everything a load run measured, as its records were read."""

    series: list[SeriesFigures] = field(default_factory=list)
    seconds: list[SeriesSecond] = field(default_factory=list)
    workers: list[WorkerFigures] = field(default_factory=list)
    thresholds: list[ThresholdResult] = field(default_factory=list)
    probes: list[CapacityProbe] = field(default_factory=list)
    capacity: Capacity | None = None
    audited: AuditScope | None = None

    def add(self, record: AnyLoadRecord) -> None:
        """Add one record."""
        match record:
            case SeriesFigures():
                self.series.append(record)
            case SeriesSecond():
                self.seconds.append(record)
            case WorkerFigures():
                self.workers.append(record)
            case ThresholdResult():
                self.thresholds.append(record)
            case CapacityProbe():
                self.probes.append(record)
            case Capacity():
                self.capacity = record
            case AuditScope():
                self.audited = record
