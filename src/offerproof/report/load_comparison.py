"""Figures of two load runs held against each other: what chance alone may have moved has not moved.

A percentile and a share of errors lie between confidence bounds, from both runs' histograms and counts. Only where
these are apart, by more than the tolerance and by more than the generator itself was late, something has moved. What
the generator drew (the rates of an open workload) is not compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import stdev
from typing import Final

from offerproof.findings.distribution import bounds, decode
from offerproof.findings.load_records import SeriesSecond
from offerproof.report.loadview import LoadView, SeriesRow

TOLERANCE: Final = 10.0
"""Per cent by which a figure may move before that counts."""
LEAST_MS: Final = 0.5
"""Milliseconds below which no latency counts as moved: the clock's own noise."""
Z: Final = 3.3
"""Standard deviations of a bound: one in 2,000 lies beyond by chance, and two bounds must part."""
BATCHES: Final = 5
"""Seconds from which on their differences tell how far the whole may be off."""
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
    for row in new.rows:
        before = old.row(row.name)
        if before is None:
            continue
        yield from _errors(before, row)
        if row.figures.kind == "workflow" and new.settings.model == old.settings.model == "closed":
            yield from _rate(before, row, tolerance)
        for label, q in _PERCENTILES.items():
            yield from _percentile(old, new, row.name, label, q, tolerance)


def _errors(old: SeriesRow, new: SeriesRow) -> Iterator[Change]:
    before, now = old.errors, new.errors
    if not (old.figures.count and new.figures.count):
        return
    least = _least_difference(now, new.figures.count, before, old.figures.count)
    most = -_least_difference(before, old.figures.count, now, new.figures.count)
    if least > 0 or most < 0:
        direction = Direction.WORSE if least > 0 else Direction.BETTER
        yield Change(f"{new.name} errors", "errors", _told(old), _told(new), direction)


def _least_difference(one: int, of_one: int, other: int, of_other: int) -> float:
    """Return by how much one share surely exceeds the other (below 0: it may not), as Newcombe does it."""
    low, high = _wilson(one, of_one)[0], _wilson(other, of_other)[1]
    p, q = one / of_one, other / of_other
    return p - q - math.hypot(p - low, high - q)


def _wilson(count: int, of: int) -> tuple[float, float]:
    p, z = count / of, Z
    middle, spread = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return (middle - spread) / (1 + z * z / of), (middle + spread) / (1 + z * z / of)


def _told(row: SeriesRow) -> str:
    return f"{row.errors:,} of {row.figures.count:,}"


def _rate(old: SeriesRow, new: SeriesRow, tolerance: float) -> Iterator[Change]:
    """In a closed workload the target's speed makes the rate."""
    before, now = old.figures.rate, new.figures.rate
    if not (before and now and old.figures.count and new.figures.count):
        return
    chance = Z * math.sqrt(1 / old.figures.count + 1 / new.figures.count)
    if abs(math.log(now / before)) > chance + math.log1p(tolerance / 100):
        direction = Direction.WORSE if now < before else Direction.BETTER
        words = (f"{before:,.1f} {old.unit}", f"{now:,.1f} {new.unit}")
        yield Change(f"{new.name} rate", "rate", *words, direction)


def _percentile(old: LoadView, new: LoadView, name: str, label: str, q: float, tolerance: float) -> Iterator[Change]:
    known = [(_bounds(view, name, label, q), _lateness(view, label)) for view in (old, new)]
    (before, late_before), (now, late_now) = known
    if before is None or now is None:
        return
    allowed = max(LEAST_MS, late_before, late_now)
    for slower, faster, direction in ((now, before, Direction.WORSE), (before, now, Direction.BETTER)):
        if slower[0] > faster[1] * (1 + tolerance / 100) + allowed:
            yield Change(f"{name} {label}", label, _between(before), _between(now), direction)


def _between(found: tuple[float, float]) -> str:
    return f"{found[0]:,.3g} to {found[1]:,.3g} ms"


def _bounds(view: LoadView, name: str, label: str, q: float) -> tuple[float, float] | None:
    """Return between what a percentile lies: as far as answers differ, and as far as seconds do."""
    row = view.row(name)
    if row is None or not row.figures.response.histogram:
        return None
    value = row.latency(label)
    found = bounds(decode(row.figures.response.histogram), q, Z)
    if found is None or value is None:
        return None
    spread = _spread(view.seconds.get(name, ()), label)
    return max(0.0, min(found[0], value - spread)), max(found[1], value + spread)


def _spread(seconds: Sequence[SeriesSecond], label: str) -> float:
    values = [value for second in seconds if (value := getattr(second, label)) is not None]
    return Z * stdev(values) / math.sqrt(len(values)) if len(values) >= BATCHES else 0.0


def _lateness(view: LoadView, label: str) -> float:
    """Return how late the generator itself may have been at this percentile."""
    lags = (one.loop_lag_p50 if label == "p50" else one.loop_lag_p99 for one in view.figures.workers)
    return max(lags, default=0.0)
