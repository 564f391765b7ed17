"""Our counts in Locust's own statistics: once a second instead of once a request.

Free of Locust imports; it is handed Locust's ``RequestStats``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from offerproof.contract import OPERATIONS
from offerproof.findings.load_records import ALL_CALLS
from offerproof.loadtest.figures import Series, kind_of

KEPT_S = 120
"""Locust looks a few seconds back; what is older only grows."""


@lru_cache(maxsize=16_384)
def fine_bucket(milliseconds: float) -> float:
    """Locust's figures to within one per cent, below a millisecond too.

    Locust copies these keys every second, twenty times over, so they must stay few: 128 for each doubling.
    """
    us = int(milliseconds * 1000)
    shift = max(us.bit_length() - 8, 0)
    return (us >> shift << shift) / 1000


def feed(stats: Any, taken: Mapping[str, Series]) -> None:
    """Add what was counted to Locust's entries; its total holds the calls, not the workflows made of them."""
    now = time.time()  # Locust's own clock: it compares these instants with what time.time() tells it
    for name, series in taken.items():
        if name == ALL_CALLS:
            total, last, second = stats.total, stats.total.last_request_timestamp, int(now)
            if total.use_response_times_cache and last and second > int(last):
                total._cache_response_times(second - 1)  # of the total only: 20 copies of each entry would be megabytes
            add(total, series, now)
            continue
        method = "FLOW" if kind_of(name) == "workflow" else OPERATIONS[name].method
        add(stats.entries[(name, method)], series, now)
        for kind, count in series.errors.items():
            _errors(stats, method, name, kind, count)


def add(entry: Any, series: Series, now: float) -> None:
    """Add a second's counts to one entry, as if each had been logged."""
    second = int(now)
    entry.last_request_timestamp = now
    for per_second in (entry.num_reqs_per_sec, entry.num_fail_per_sec):
        per_second.pop(second - KEPT_S, None)
    entry.num_requests += series.count
    entry.num_reqs_per_sec[second] += series.count
    for us, count in series.latency.items():
        milliseconds = us / 1000
        entry.total_response_time += milliseconds * count
        entry.response_times[fine_bucket(milliseconds)] += count
    lowest, highest = min(series.latency, default=0) / 1000, max(series.latency, default=0) / 1000
    entry.min_response_time = lowest if entry.min_response_time is None else min(entry.min_response_time, lowest)
    entry.max_response_time = max(entry.max_response_time, highest)
    if series.failed:
        entry.num_failures += series.failed
        entry.num_fail_per_sec[second] += series.failed


def _errors(stats: Any, method: str, name: str, kind: str, count: int) -> None:
    """Add to a row of Locust's error table; :func:`add` has counted the failures themselves."""
    total, entry = stats.total, stats.entries[(name, method)]
    kept = [(one, one.num_failures, dict(one.num_fail_per_sec)) for one in (total, entry)]
    stats.log_error(method, name, kind)  # makes the row, and counts one failure that is counted already
    for one, failures, per_second in kept:
        one.num_failures = failures
        one.num_fail_per_sec.clear()
        one.num_fail_per_sec.update(per_second)
    row = next(row for row in stats.errors.values() if (row.name, row.method, str(row.error)) == (name, method, kind))
    row.occurrences += count - 1
