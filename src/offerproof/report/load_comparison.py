"""Figures of two load runs held against each other: what chance alone may have moved has not moved.

A percentile and a share of errors lie between confidence bounds. How far chance reaches is told by the blocks of the
run (stretches of its time, each with its own distribution): answers of one moment are slow together, so that a thousand
of them may tell as little as ten would. Percentiles are bounded as Woodruff does it for samples of whole clusters: by
the share of answers that exceed a latency, its variance from the differences between blocks, Student's t for their
number. Only where bounds of two runs are apart, by more than the tolerance and by more than the slower run's generator
was late itself, something has moved. What the generator drew (the rates of an open workload) is not compared.

A bound fails once in 2,000 times, so that a figure moves by chance at most once in 1,000 comparisons. That holds while
what is slow stays slow for a few blocks at most: under a drift that lasts a quarter of the run, and moves latencies by
a fifth, it is one in 50. A machine that was slower from the first to the last second of one run is a difference that no
run can be witness to, but where its generator was late as well.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from statistics import mean, stdev
from typing import Final, NamedTuple

from offerproof.findings.distribution import decode, upper
from offerproof.report.loadview import LoadView, SeriesRow

TOLERANCE: Final = 10.0
"""Per cent by which a figure may move before that counts."""
LEAST_MS: Final = 0.5
"""Milliseconds below which no latency counts as moved: the clock's own noise."""
Z: Final = 3.3
"""Standard deviations that one in 2,000 lies beyond."""
_T: Final = (
    "31.60 12.92 8.610 6.869 5.959 5.408 5.041 4.781 4.587 4.437 4.318 4.221 4.140 4.073 4.015 3.965 3.922 3.883"
)
T: Final = {freedom: float(t) for freedom, t in enumerate(_T.split(), start=2)}
"""The same of Student's t, by degrees of freedom: one less than there are blocks."""
LEAST_BLOCKS: Final = 5
"""With fewer blocks nothing is known of chance, and no figure is compared."""
BUSY_MS: Final = 1.0
"""Milliseconds that a generator is late on average where its machine has no time for it, and more than twice as late as
in the other run: the two ran under conditions that differ, and no latency is called slower for it."""
LAGS: Final = 4
"""So many blocks after a slow one may be slow for the same reason."""
WAKES: Final = 2
"""How often the generator has to come back in time for the latency of a call: to send it, and to read its answer."""
_PERCENTILES: Final = {"p50": 50.0, "p95": 95.0, "p99": 99.0}


class Direction(StrEnum):
    """Whether a change is for the worse, for the better, or neither."""

    WORSE = "worse"
    BETTER = "better"
    OTHER = "changed"

    @property
    def sign(self) -> str:
        """The direction at a glance."""
        return {Direction.WORSE: "✗", Direction.BETTER: "✓", Direction.OTHER: "·"}[self]


@dataclass(frozen=True, slots=True)
class Change:
    """One clause or one figure that is not what it was. ``before`` and ``now`` are as people read them."""

    subject: str
    about: str
    before: str
    now: str
    direction: Direction


def figures_moved(old: LoadView | None, new: LoadView | None, tolerance: float) -> Iterator[Change]:
    """Yield the figures that moved; ``tolerance`` in per cent."""
    if old is None or new is None:
        return
    lateness = [_Lateness.of(view) for view in (old, new)]
    for row in new.rows:
        found = old.row(row.name)
        if found is None:
            continue
        blocks = [_Blocks.of(found), _Blocks.of(row)]
        if any(len(one.counts) < LEAST_BLOCKS for one in blocks):
            continue
        yield from _errors(found, row, blocks)
        if row.figures.kind == "workflow" and new.settings.model == old.settings.model == "closed":
            yield from _rate(found, row, blocks, tolerance)
        yield from _percentiles(found, row, blocks, lateness, tolerance)


def not_compared(old: LoadView | None, new: LoadView | None) -> Iterator[str]:
    """Yield what cannot be compared of two runs, and why."""
    if old is None or new is None:
        return
    both = ((row.name, old.row(row.name), row) for row in new.rows)
    short = [
        name
        for name, found, row in both
        if found is not None and min(len(one.figures.blocks) for one in (found, row)) < LEAST_BLOCKS
    ]
    if short:
        yield f"too short to tell change from chance, and not compared: {', '.join(short)}"
    before, now = (_Lateness.of(view) for view in (old, new))
    if before.out_of_step(now) or now.out_of_step(before):
        late = f"{before.mean:.1f} ms on average, then {now.mean:.1f} ms"
        yield f"latencies not compared: the generator itself was late by {late}; run both on a machine that is as free"


@dataclass(frozen=True)
class _Blocks:
    """The blocks of one series: how many in each, how many of them wrong, and their latencies."""

    counts: tuple[int, ...]
    errors: tuple[int, ...]
    latencies: tuple[_Sorted, ...]

    @classmethod
    def of(cls, row: SeriesRow) -> _Blocks:
        blocks = [one for one in row.figures.blocks if one.count]
        latencies = tuple(_Sorted(decode(one.histogram)) for one in blocks)
        return cls(tuple(one.count for one in blocks), tuple(one.errors for one in blocks), latencies)

    def share(self, parts: Sequence[int]) -> tuple[float, float]:
        """Between what the share lies of which ``parts`` were counted, one number a block.

        The wider of two bounds: Wilson's, for answers that know nothing of each other, and the one of blocks."""
        of, blocks = sum(self.counts), len(self.counts)
        p = sum(parts) / of
        off = [part - p * count for part, count in zip(parts, self.counts, strict=True)]
        # What is slow may stay so for a while, and blocks that are like their neighbours tell less (Newey and West).
        alone = together = sum(one * one for one in off)
        for lag in range(1, LAGS + 1):
            alike = sum(one * other for one, other in zip(off, off[lag:], strict=False))
            together += 2 * (1 - lag / (LAGS + 1)) * alike
        spread = T[min(blocks - 1, max(T))] * math.sqrt(max(alone, together) * blocks / (blocks - 1)) / of
        low, high = _wilson(p, of)
        return min(low, p - spread), max(high, p + spread)

    @property
    def count_moves_by(self) -> float:
        """The part of itself by which the rate may be off; the first block and the last are not whole."""
        whole = self.counts[1:-1]
        return T[min(len(whole) - 1, max(T))] * stdev(whole) / math.sqrt(len(whole)) / mean(whole)

    def percentile(self, q: float) -> tuple[float, float]:
        """Between what latencies (milliseconds) the percentile lies; infinite where too few tell."""
        values = sorted({value for one in self.latencies for value in one.values})
        low, high = 0.0, math.inf
        for value in values:
            if self._beyond(value)[0] <= 1 - q / 100:
                break
            low = value / 1000
        for value in reversed(values):
            if self._beyond(value)[1] >= 1 - q / 100:
                break
            high = upper(value) / 1000
        return low, high

    def _beyond(self, value: int) -> tuple[float, float]:
        return self.share([one.beyond(value) for one in self.latencies])


def _wilson(p: float, n: float) -> tuple[float, float]:
    middle, spread = p + Z * Z / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return (middle - spread) / (1 + Z * Z / n), (middle + spread) / (1 + Z * Z / n)


class _Sorted:
    """A distribution that tells how many lie beyond a value."""

    def __init__(self, counts: Mapping[int, int]) -> None:
        self.values = sorted(counts)
        self._seen = list(accumulate((counts[value] for value in self.values), initial=0))

    def beyond(self, value: int) -> int:
        """How many are greater."""
        return self._seen[-1] - self._seen[bisect_right(self.values, value)]


def _errors(old: SeriesRow, new: SeriesRow, blocks: Sequence[_Blocks]) -> Iterator[Change]:
    before, now = (_Bounded(sum(one.errors) / sum(one.counts), *one.share(one.errors)) for one in blocks)
    for higher, lower, direction in ((now, before, Direction.WORSE), (before, now, Direction.BETTER)):
        # The bound of a difference, from the bounds of both, as Newcombe has it.
        if higher.value - lower.value > math.hypot(higher.value - higher.low, lower.high - lower.value):
            yield Change(f"{new.name} errors", "errors", _told(old), _told(new), direction)


def _told(row: SeriesRow) -> str:
    return f"{row.errors:,} of {row.figures.count:,}"


def _rate(old: SeriesRow, new: SeriesRow, blocks: Sequence[_Blocks], tolerance: float) -> Iterator[Change]:
    """In a closed workload the target's speed makes the rate."""
    before, now = old.figures.rate, new.figures.rate
    if not (before and now):
        return
    chance = math.hypot(*(one.count_moves_by for one in blocks))
    if abs(math.log(now / before)) > chance + math.log1p(tolerance / 100):
        direction = Direction.WORSE if now < before else Direction.BETTER
        words = (f"{before:,.1f} {old.unit}", f"{now:,.1f} {new.unit}")
        yield Change(f"{new.name} rate", "rate", *words, direction)


class _Bounded(NamedTuple):
    """A figure, and between what it lies."""

    value: float
    low: float
    high: float

    @property
    def told(self) -> str:
        """In milliseconds, as people read it."""
        reach = "or more" if math.isinf(self.high) else f"to {self.high:,.3g}"
        return f"{self.value:,.3g} ms ({self.low:,.3g} {reach})"


def _percentiles(
    found: SeriesRow, row: SeriesRow, blocks: Sequence[_Blocks], lateness: Sequence[_Lateness], tolerance: float
) -> Iterator[Change]:
    for label, q in _PERCENTILES.items():
        known = [one.latency(label) for one in (found, row)]
        before, now = (_Bounded(value or 0.0, *one.percentile(q)) for value, one in zip(known, blocks, strict=True))
        if None in known:
            continue
        for slower, faster, (late, other), direction in (
            (now, before, lateness[::-1], Direction.WORSE),
            (before, now, lateness, Direction.BETTER),
        ):
            allowed = max(LEAST_MS, late.of_series(row, label))
            if slower.low > faster.high * (1 + tolerance / 100) + allowed and not late.out_of_step(other):
                yield Change(f"{row.name} {label}", label, before.told, now.told, direction)


@dataclass(frozen=True)
class _Lateness:
    """How late the generator was itself, in milliseconds: at the mean, and at the percentiles."""

    mean: float
    percentiles: Mapping[str, float]
    calls: float
    """Of one visit."""

    @classmethod
    def of(cls, view: LoadView) -> _Lateness:
        loops = [one.loop_lag for one in view.figures.workers if one.loop_lag is not None]
        every = {"call": 0, "workflow": 0, "all": 0}
        for row in view.rows:
            every[row.figures.kind] += row.figures.count
        return cls(
            max((one.mean for one in loops), default=0.0),
            {label: max((one.percentiles.get(label, one.max) for one in loops), default=0.0) for label in _PERCENTILES},
            every["call"] / max(every["workflow"], 1),
        )

    def of_series(self, row: SeriesRow, label: str) -> float:
        """What lateness may have added: once as bad as this percentile, the other times as on average."""
        times = WAKES * (self.calls if row.figures.kind == "workflow" else 1)
        return self.percentiles[label] + max(times - 1, 0) * self.mean

    def out_of_step(self, other: _Lateness) -> bool:
        """Whether the machine had less time for this run than for the other."""
        return self.mean > BUSY_MS + 2 * other.mean
