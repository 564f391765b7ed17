"""Thresholds: what a run has to reach, from a TOML file; judged on figures, while the run goes on and at its end.

```toml
[thresholds]
abort_on_fail = false          # the default for every table below

[thresholds.workflow.checkout] # or [thresholds.call.lookup], or [thresholds.all] for all calls together
p95_ms = 250                   # any of offerproof.loadtest.plan.measures
error_rate = 0.001
abort_on_fail = true
```
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from offerproof.findings.distribution import needed
from offerproof.findings.load_records import ALL_CALLS
from offerproof.loadtest.figures import Series
from offerproof.loadtest.plan.measures import Measure, SeriesReading, measure_of
from offerproof.toml_file import read_toml

ENOUGH = 20
"""Finished calls before a threshold may end a run."""


class Threshold(msgspec.Struct, frozen=True):
    """One bound that ``measure`` of ``name`` (a call, a workflow or all calls) must not exceed, or must reach."""

    name: str
    measure: str
    bound: float
    abort: bool = False

    @property
    def declared(self) -> Measure:
        """What is measured."""
        return measure_of(self.measure)[0]

    @property
    def sentence(self) -> str:
        """The bound in words."""
        words = "at least" if self.declared.at_least else "at most"
        return f"{self.measure} of {self.name} {words} {self.bound:g}"

    def met_by(self, value: float) -> bool:
        """Whether a measured value keeps the bound."""
        return value >= self.bound if self.declared.at_least else value <= self.bound

    def held_against(self, reading: SeriesReading) -> Measured:
        """Hold the bound against what was measured."""
        declared, number = measure_of(self.measure)
        if not reading.series.count:
            due = declared.at_least and bool(reading.due)
            return Measured(self, 0.0 if due else None, False if due else None)
        value = declared.value(reading, number)
        without = None if declared.blameless is None else declared.blameless(reading, number)
        excused = without is None or self.met_by(without)
        return Measured(self, value, None if value is None else self.met_by(value), excused, reading.series.count)


class Measured(msgspec.Struct, frozen=True):
    """A threshold beside what was measured; ``value`` and ``met`` are None when that was too little."""

    threshold: Threshold
    value: float | None
    met: bool | None
    excused: bool = True
    """Whether a generator that was the limit may have broken the bound."""
    count: int = 0
    """How many were finished."""

    @property
    def observed(self) -> str:
        """What was measured, or why that was too little, in words."""
        of, measure = self.threshold.name, self.threshold.measure
        if self.value is not None:
            return f"{measure} of {of} was {self.value:.6g}"
        if not self.count:
            return f"nothing of {of} was finished"
        return f"too few of {of} for {measure}: {self.count}, and {needed(measure_of(measure)[1])} are needed"


def load_thresholds(path: Path) -> tuple[Threshold, ...]:
    """Read a thresholds file; raises :class:`Misuse` with the row that is wrong."""
    hint = "thresholds are written as in examples/thresholds.toml: [thresholds.all], [thresholds.call.lookup], …"
    return parse_thresholds(read_toml(path, "thresholds", "the thresholds", hint=hint).values["thresholds"])


def parse_thresholds(table: Mapping[str, Any]) -> tuple[Threshold, ...]:
    """Return the rows of a ``[thresholds]`` table that its schema allows."""
    named = {ALL_CALLS: table.get("all", {}), **table.get("call", {}), **table.get("workflow", {})}
    return tuple(
        Threshold(name, measure, float(bound), rows.get("abort_on_fail", table.get("abort_on_fail", False)))
        for name, rows in named.items()
        for measure, bound in rows.items()
        if measure != "abort_on_fail"
    )


def to_abort(thresholds: tuple[Threshold, ...], total: Mapping[str, Series]) -> Threshold | None:
    """Return the first threshold that is broken already and ends the run; rates are only judged at the end."""
    for threshold in thresholds:
        series = total.get(threshold.name, Series())
        early = threshold.abort and not threshold.declared.at_least and series.count >= ENOUGH
        if early and threshold.held_against(SeriesReading(series)).met is False:
            return threshold
    return None
