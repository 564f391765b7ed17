"""What can be bounded: each measure is declared once, by a function, and everything else takes it from here.

``offerproof load --help``, the judgement of a run, its end by ``abort_on_fail`` and the run file ask :data:`MEASURES`;
the tests hold the schemas of the TOML files and the table in ``docs/load-runs.md`` against it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from offerproof.findings import distribution
from offerproof.loadtest.client.checks import SLOW
from offerproof.loadtest.figures import Series


class SeriesReading(NamedTuple):
    """What is known of one series over the judged time."""

    series: Series
    finished: float = 0.0
    """How many were served within the workload."""
    elapsed: float = 0.0
    """Seconds of judged time."""
    due: float = 0.0
    """How many were asked for; 0 in a closed workload."""
    late: float | None = None
    """The share of arrivals that our generator started late; None where it may have done more than that."""


Value = Callable[[SeriesReading, float], float | None]
"""What was measured (None: nothing to measure); the second argument is the number in the measure's name, if any."""


@dataclass(frozen=True)
class Measure:
    """One measure: the clause a broken bound breaks, and how the value is had."""

    name: str
    """``N`` stands for a number: ``pN_ms`` is any of ``p50_ms``, ``p99.9_ms``."""
    unit: str
    clause: str
    about: str
    value: Value
    at_least: bool
    """Whether the bound is to be reached; such a measure is judged at the end only. Else it is not to be exceeded."""
    blameless: Value | None
    """The value without what a busy generator may have done to it; None: all of it may be the generator's doing."""

    @property
    def pattern(self) -> str:
        """The names it goes by, as a regular expression (of our schemas too)."""
        return f"^{re.escape(self.name).replace('N', '([0-9]{1,2}(?:[.][0-9]{1,3})?)')}(?!\n)$"

    def number(self, name: str) -> float | None:
        """Return the number in a name (0 where there is none), or None when the name is not one of its names."""
        match = re.match(self.pattern, name)
        return None if match is None else float(match[1]) if match.groups() else 0.0


MEASURES: dict[str, Measure] = {}


def measure(
    name: str, *, unit: str, clause: str, about: str, at_least: bool = False, blameless: Value | None = None
) -> Callable[[Value], Value]:
    """Declare a measure: the function returns its value."""

    def declare(value: Value) -> Value:
        if name in MEASURES:
            raise RuntimeError(f"the measure {name} is declared twice")
        MEASURES[name] = Measure(name, unit, clause, about, value, at_least, blameless)
        return value

    return declare


def measure_of(name: str) -> tuple[Measure, float]:
    """Return the measure that goes by a name, and the number in it; KeyError when there is none."""
    for one in MEASURES.values():
        number = one.number(name)
        if number is not None:
            return one, number
    raise KeyError(name)


def measures_told() -> list[tuple[str, str]]:
    """Return each measure's name, and its sentence with unit and clause: for ``--help`` and the documents."""
    return [(one.name, f"{one.about}; {one.unit}, {one.clause}") for one in MEASURES.values()]


PERCENTILE = "pN_ms"


LATENESS_MS: Final = 50.0
"""What a generator that was late now and then may have added to an answer that was in time."""


def _slow_without_us(reading: SeriesReading, number: float) -> float | None:
    """The percentile if whatever we started late had been the fastest of all, and we had held up every other one."""
    if reading.late is None:
        return None
    found = distribution.percentile(reading.series.latency, number, fastest=reading.late)
    return None if found is None else found - LATENESS_MS


@measure(
    PERCENTILE,
    unit="ms",
    clause="LOAD-1",
    about="at most; so many per cent took no longer, from the intended start",
    blameless=_slow_without_us,
)
def _percentile(reading: SeriesReading, number: float) -> float | None:
    return distribution.percentile(reading.series.latency, number)


@measure("mean_ms", unit="ms", clause="LOAD-1", about="at most; the mean latency")
def _mean(reading: SeriesReading, number: float) -> float:
    return distribution.mean(reading.series.latency)


@measure("max_ms", unit="ms", clause="LOAD-1", about="at most; the longest latency")
def _max(reading: SeriesReading, number: float) -> float:
    return distribution.longest(reading.series.latency)


def _errors_of_the_target(reading: SeriesReading, number: float) -> float:
    """Late a busy generator is, but it makes nothing wrong."""
    slow = sum(reading.series.errors.get(kind, 0) for kind in SLOW)
    return (reading.series.wrong - slow) / reading.series.count


@measure(
    "error_rate",
    unit="share",
    clause="LOAD-2",
    about="at most; what the target asked to send later (429) is no error",
    blameless=_errors_of_the_target,
)
def _error_rate(reading: SeriesReading, number: float) -> float:
    return reading.series.wrong / reading.series.count


@measure("rate", unit="1/s", clause="LOAD-3", about="at least; served a second (what got a 429 is not)", at_least=True)
def _rate(reading: SeriesReading, number: float) -> float:
    return reading.finished / reading.elapsed if reading.elapsed > 0 else 0.0


@measure(
    "rate_share", unit="share", clause="LOAD-3", about="at least; of what an open workload asked for", at_least=True
)
def _rate_share(reading: SeriesReading, number: float) -> float | None:
    return reading.finished / reading.due if reading.due else None
