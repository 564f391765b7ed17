"""Figures: latencies in HdrHistograms, errors by kind, over time; added up across workers without loss.

The hot path only counts: a dictionary from a latency in microseconds (rounded up), in the buckets of
:mod:`offerproof.findings.distribution`, to how often it was seen. Once a second a worker hands over what is new
(:meth:`LatencyRecorder.take`); the coordinator adds it to the whole (:class:`Figures`). The sum of the parts is the
whole, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from offerproof.contract import OPERATIONS
from offerproof.findings.distribution import cut
from offerproof.findings.load_records import ALL_CALLS, THROTTLED

PERCENTILES = (50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99)


def kind_of(name: str) -> Literal["all", "call", "workflow"]:
    """Return whether a series is a call, a workflow or the sum of all calls (``all``)."""
    if name == ALL_CALLS:
        return "all"
    return "call" if name in OPERATIONS else "workflow"


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
            known = own.get
            own.update({us: known(us, 0) + count for us, count in more.items()} if own else more)
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
        us = -(-latency_ns // 1000)
        if us >= 2048:
            us = cut(us)
        latency = series.latency
        latency[us] = latency.get(us, 0) + 1
        if service_ns != latency_ns:
            us = -(-service_ns // 1000)
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


MOST_BLOCKS: Final = 20


class Blocks:
    """The judged time in stretches of equal length: of a second, and twice as long whenever there are too many."""

    def __init__(self) -> None:
        self._seconds = 1
        self._kept: dict[int, dict[str, Series]] = {}

    def add(self, second: int, slices: Mapping[str, Series]) -> None:
        """Add what came in one second of the run."""
        self._merge(self._kept.setdefault(second // self._seconds, {}), slices)
        while len(self._kept) > MOST_BLOCKS:
            self._seconds *= 2
            finer, self._kept = self._kept, {}
            for place in sorted(finer):
                self._merge(self._kept.setdefault(place // 2, {}), finer[place])

    def _merge(self, into: dict[str, Series], slices: Mapping[str, Series]) -> None:
        for name, series in slices.items():
            into.setdefault(name, Series()).merge(Series(latency=series.latency, errors=series.errors))

    def by_name(self) -> dict[str, list[Series]]:
        """Return the blocks of each series, in order of time; one without it is left out."""
        found: dict[str, list[Series]] = {}
        for place in sorted(self._kept):
            for name, series in self._kept[place].items():
                found.setdefault(name, []).append(series)
        return found


@dataclass
class Figures:
    """The whole run: totals by name, and one slice for each second after the warm-up."""

    total: dict[str, Series] = field(default_factory=dict)
    warm_up: dict[str, Series] = field(default_factory=dict)
    slices: dict[int, dict[str, Series]] = field(default_factory=dict)
    blocks: Blocks = field(default_factory=Blocks)
    """Of the slices that were dropped, when they were complete."""
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
        found = [(key, self.slices.pop(key)) for key in done]
        for key, slices in found:
            self.blocks.add(key, slices)
        return found
