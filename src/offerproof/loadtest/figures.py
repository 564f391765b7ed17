"""Figures: latencies in HdrHistograms, errors by kind, over time; added up across workers without loss.

The hot path only counts: a dictionary from a latency in microseconds, cut to three significant digits the way an
HdrHistogram of 2,048 sub-buckets cuts it, to how often it was seen. Once a second a worker hands over what is new
(:meth:`LatencyRecorder.take`); the coordinator adds it to the whole (:class:`Figures`). The sum of the parts is the
whole, exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec
from hdrh.histogram import HdrHistogram

from offerproof.contract import OPERATIONS
from offerproof.findings.load_records import ALL_CALLS, THROTTLED

HIGHEST_US = 3_600_000_000
"""An hour. What lasts longer is counted as an hour."""
DIGITS = 3
PERCENTILES = (50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99)


def kind_of(name: str) -> Literal["all", "call", "workflow"]:
    """Return whether a series is a call, a workflow or the sum of all calls (``all``)."""
    if name == ALL_CALLS:
        return "all"
    return "call" if name in OPERATIONS else "workflow"


def cut(us: int) -> int:
    """Cut a latency (microseconds) to the lower end of its histogram bucket: exact below 2,048, then 3 digits."""
    if us < 2048:
        return max(0, us)
    if us > HIGHEST_US:
        us = HIGHEST_US
    shift = us.bit_length() - 11
    return us >> shift << shift


class Series(msgspec.Struct):
    """What one name (a call or a workflow) did: how often, how long, what went wrong."""

    latency: dict[int, int] = {}
    """From the *intended* start to the end, microseconds → how often: what somebody waiting would have seen."""
    service: dict[int, int] = {}
    """From the moment the request left to the end."""
    errors: dict[str, int] = {}
    """Kind → how often."""

    def merge(self, other: Series) -> None:
        """Add another series."""
        for own, more in ((self.latency, other.latency), (self.service, other.service)):
            for us, count in more.items():
                own[us] = own.get(us, 0) + count
        for kind, count in other.errors.items():
            self.errors[kind] = self.errors.get(kind, 0) + count

    @property
    def count(self) -> int:
        """How many were finished, right or wrong."""
        return sum(self.latency.values())

    @property
    def failed(self) -> int:
        """How many of them have an error's kind."""
        return sum(self.errors.values())

    @property
    def wrong(self) -> int:
        """How many went wrong: all that failed but what the target asked to send later."""
        return self.failed - self.errors.get(THROTTLED, 0)

    @property
    def served(self) -> int:
        """How many were not sent away with a 429: only these are finished, for a rate that is to be reached."""
        return self.count - self.errors.get(THROTTLED, 0)


class LatencyRecorder:
    """The counting side, in each worker. Cheap enough for every answer."""

    def __init__(self) -> None:
        self._series: dict[str, Series] = {}

    def record(self, name: str, latency_ns: int, service_ns: int, error: str = "") -> None:
        """Count one call or one workflow; times in nanoseconds, ``error`` is a kind or nothing."""
        series = self._series.get(name)
        if series is None:
            series = self._series[name] = Series()
        us = latency_ns // 1000
        if us >= 2048:
            us = cut(us)
        latency = series.latency
        latency[us] = latency.get(us, 0) + 1
        us = service_ns // 1000
        if us >= 2048:
            us = cut(us)
        service = series.service
        service[us] = service.get(us, 0) + 1
        if error:
            series.errors[error] = series.errors.get(error, 0) + 1

    def take(self) -> dict[str, Series]:
        """Return what is new since the last time, all calls together included, and forget it."""
        taken, self._series = self._series, {}
        calls = [series for name, series in taken.items() if kind_of(name) == "call"]
        if calls:
            whole = taken[ALL_CALLS] = Series()
            for series in calls:
                whole.merge(series)
        return taken


def histogram(counts: Mapping[int, int]) -> HdrHistogram:
    """Return the counts (microseconds → how often) as an HdrHistogram."""
    whole = HdrHistogram(1, HIGHEST_US, DIGITS)
    for value, count in counts.items():
        whole.record_value(min(max(value, 0), HIGHEST_US), count)
    return whole


def percentile(counts: Mapping[int, int], q: float) -> float:
    """Return the latency (milliseconds) that ``q`` per cent do not exceed; 0 when nothing was counted.

    The upper end of its bucket, as HdrHistogram reports it: never better than the truth by more than 0.1 %.
    """
    return percentiles(counts, (q,))[0]


def percentiles(counts: Mapping[int, int], qs: Iterable[float]) -> list[float]:
    """Return several percentiles (milliseconds) in one pass."""
    total = sum(counts.values())
    wanted = list(qs)
    if not total:
        return [0.0] * len(wanted)
    ordered = sorted(counts.items())
    found = []
    for q in wanted:
        target = max(1, int(min(q, 100.0) / 100.0 * total + 0.5))
        found.append(_upper(_reached(ordered, target)) / 1000.0)
    return found


def _reached(ordered: list[tuple[int, int]], target: int) -> int:
    seen = 0
    for value, count in ordered:
        seen += count
        if seen >= target:
            return value
    return ordered[-1][0]


def _upper(us: int) -> int:
    return us if us < 2048 else us + (1 << (us.bit_length() - 11)) - 1


def mean(counts: Mapping[int, int]) -> float:
    """Return the mean (milliseconds)."""
    total = sum(counts.values())
    return sum(_middle(value) * count for value, count in counts.items()) / total / 1000.0 if total else 0.0


def _middle(us: int) -> float:
    return (us + _upper(us)) / 2


def encode(counts: Mapping[int, int]) -> str:
    """Return the whole histogram as HdrHistogram's own compressed V2 text, which its tools can read."""
    text: bytes = histogram(counts).encode()
    return text.decode("ascii")


@dataclass
class Figures:
    """The whole run: totals by name, and one slice for each second after the warm-up."""

    total: dict[str, Series] = field(default_factory=dict)
    warm_up: dict[str, Series] = field(default_factory=dict)
    slices: dict[int, dict[str, Series]] = field(default_factory=dict)
    parts: dict[str, dict[str, int]] = field(default_factory=dict)
    """How many each worker contributed, by name: the sum must be the total."""

    def add(self, worker: str, second: int, taken: Mapping[str, Series], *, warm_up: bool = False) -> None:
        """Add what a worker recorded in one second of the run."""
        goes = (self.warm_up,) if warm_up else (self.total, self.slices.setdefault(second, {}))
        for name, series in taken.items():
            for into in goes:
                into.setdefault(name, Series()).merge(series)
            if not warm_up:
                part = self.parts.setdefault(worker, {})
                part[name] = part.get(name, 0) + series.count

    def drop_before(self, second: int) -> list[tuple[int, dict[str, Series]]]:
        """Return and forget the slices before ``second``, in order: they are complete, and memory stays bounded."""
        done = sorted(key for key in self.slices if key < second)
        return [(key, self.slices.pop(key)) for key in done]
