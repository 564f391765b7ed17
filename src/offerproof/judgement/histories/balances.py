"""Balances under concurrency, by bounds: what a reading may show, given what had surely and what may have happened."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from offerproof.contract import Outcome

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Movement:
    """Points that came to (positive) or left (negative) one balance; instants in integer microseconds.

    ``end`` is None when no answer came: then the movement may have happened at any time after its start, or never. When
    rounding or rates are the target's own, ``low`` and ``high`` differ. A refused movement moves nothing.
    """

    low: Decimal
    high: Decimal
    start: int
    end: int | None
    outcome: Outcome = Outcome.ACCEPTED


@dataclass(frozen=True, slots=True)
class Reading:
    """A balance that an answer showed; ``reference`` is the caller's own."""

    value: Decimal
    start: int
    end: int
    reference: int = -1


@dataclass(frozen=True, slots=True)
class BalanceBreach:
    """A reading outside its bounds."""

    reading: Reading
    low: Decimal
    high: Decimal

    @property
    def reason(self) -> str:
        """Say what was read and what could have been read."""
        read, low, high = self.reading.value, self.low, self.high
        expected = f"exactly {low}" if low == high else f"between {low} and {high}"
        return f"the balance was read as {read}, but what happened before allows {expected}"


def check_balances(
    initial: Decimal, movements: Sequence[Movement], readings: Sequence[Reading], *, settle: int = 0
) -> list[BalanceBreach]:
    """Return the readings of one balance that no order of its movements explains, by counting.

    A movement counts surely once it was accepted and its end (plus ``settle`` microseconds) lies before the reading's
    start; it may count once it started before the reading's end. Sorting apart, the work is linear.
    """
    real = [one for one in movements if one.outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN)]
    sure = [one for one in real if one.outcome is Outcome.ACCEPTED and one.end is not None]
    sure.sort(key=lambda one: one.end if one.end is not None else 0)
    begun = sorted(real, key=lambda one: one.start)
    ends = [(one.end if one.end is not None else 0) + settle for one in sure]
    starts = [one.start for one in begun]
    # Once sure, a movement counts in full; while only begun, it can lower or raise, whichever it can do.
    low_sure = _sums([one.low - min(one.low, _ZERO) for one in sure])
    high_sure = _sums([one.high - max(one.high, _ZERO) for one in sure])
    low_begun = _sums([min(one.low, _ZERO) for one in begun])
    high_begun = _sums([max(one.high, _ZERO) for one in begun])
    breaches = []
    for reading in readings:
        done = bisect_left(ends, reading.start)
        may = bisect_right(starts, reading.end)
        low = initial + low_sure[done] + low_begun[may]
        high = initial + high_sure[done] + high_begun[may]
        if not low <= reading.value <= high:
            breaches.append(BalanceBreach(reading, low, high))
    return breaches


def _sums(amounts: Sequence[Decimal]) -> list[Decimal]:
    return list(accumulate(amounts, initial=_ZERO))
