"""Distributions of latencies: microseconds → how often, cut to the buckets of an HdrHistogram of three digits.

A percentile never flatters: it is the smallest recorded value that at least so many per cent do not exceed (the rank is
rounded up), at the upper end of its bucket; and where so few were counted that nobody could exceed it, it is none.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import accumulate
from typing import Final

from hdrh.histogram import HdrHistogram

HIGHEST_US: Final = 3_600_000_000
"""An hour. What lasts longer is counted as an hour."""
DIGITS: Final = 3

Counts = Mapping[int, int]
"""Microseconds, the lower end of a bucket → how often."""


def cut(us: int) -> int:
    """Cut a latency (microseconds) to the lower end of its bucket: exact below 2,048, then three digits."""
    if us < 2048:
        return max(0, us)
    if us > HIGHEST_US:
        us = HIGHEST_US
    shift = us.bit_length() - 11
    return us >> shift << shift


def upper(us: int) -> int:
    """Return the upper end of the bucket of a latency."""
    return us if us < 2048 else us + (1 << (us.bit_length() - 11)) - 1


def needed(q: float) -> int:
    """Return how many must be counted before the percentile ``q`` (below 100) is a figure."""
    return -(-100 // (100 - Fraction(str(q))))


def percentile(counts: Counts, q: float, *, fastest: float = 0.0) -> float | None:
    """Return the latency (milliseconds) that ``q`` per cent do not exceed; None where too few were counted.

    ``fastest``: the share of the slowest that is taken to have needed no time at all.
    """
    at = _Ranks(counts)
    rank = -(-Fraction(str(q)) * at.total // 100) - math.ceil(fastest * at.total)
    return None if at.total < needed(q) else at(rank) if rank > 0 else 0.0


def percentiles(counts: Counts, qs: Iterable[float]) -> list[float | None]:
    """Return several percentiles (milliseconds) in one pass; None where too few were counted."""
    at = _Ranks(counts)
    return [at(-(-Fraction(str(q)) * at.total // 100)) if at.total >= needed(q) else None for q in qs]


class _Ranks:
    """The latency (milliseconds) of a rank, from 1 to the number of all."""

    def __init__(self, counts: Counts) -> None:
        self._ordered = sorted(counts)
        self._seen = list(accumulate(map(counts.__getitem__, self._ordered)))
        self.total = self._seen[-1] if self._seen else 0

    def __call__(self, rank: int) -> float:
        return upper(self._ordered[bisect_left(self._seen, rank)]) / 1000.0


def longest(counts: Counts) -> float:
    """Return the longest latency (milliseconds); 0 when nothing was counted."""
    return upper(max(counts)) / 1000.0 if counts else 0.0


def mean(counts: Counts) -> float:
    """Return the mean (milliseconds); 0 when nothing was counted."""
    total = sum(counts.values())
    return sum((us + upper(us)) / 2 * count for us, count in counts.items()) / total / 1000.0 if total else 0.0


def encode(counts: Counts) -> str:
    """Return the whole as HdrHistogram's own compressed V2 text, which its tools can read."""
    whole = HdrHistogram(1, HIGHEST_US, DIGITS)
    for us, count in counts.items():
        whole.record_value(min(max(us, 0), HIGHEST_US), count)
    text: bytes = whole.encode()
    return text.decode("ascii")


def decode(text: str) -> dict[int, int]:
    """Return the counts of an encoded distribution; raises what the decoder stumbles over."""
    whole = HdrHistogram.decode(text.encode("ascii"))
    # hdrh's own iterator takes forty times as long: it reckons the value of every bucket, also of empty ones.
    return {cut(whole.get_value_from_index(at)): count for at, count in enumerate(whole.counts[:]) if count}
