"""One second of a run, as it is kept."""

from __future__ import annotations

import msgspec


class Second(msgspec.Struct):
    """One second of one series: how many, errors, and milliseconds."""

    second: int
    name: str
    count: int
    errors: int
    p50: float
    p95: float
    p99: float
    top: float
