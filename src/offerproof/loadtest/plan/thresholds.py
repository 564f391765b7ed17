"""Thresholds: what a run has to reach, from a TOML file; judged on figures, while the run goes on and at its end.

```toml
[thresholds]
abort_on_fail = false          # the default for every table below

[thresholds.workflow.checkout] # or [thresholds.call.lookup], or [thresholds.all] for all calls together
p95_ms = 250                   # any percentile: p50_ms, p99_ms, p99.9_ms ... ("p99.9_ms" in quotes); mean_ms; max_ms
error_rate = 0.001             # at most; a share (what the target asked us to send later, 429, is no error)
rate_share = 0.98              # at least; of what the workload asked for (open workloads; tables of workflows)
rate = 100                     # at least; finished a second (what got a 429 is not)
abort_on_fail = true
```
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from offerproof.loadtest import figures
from offerproof.loadtest.client.checks import NOT_ERRORS
from offerproof.loadtest.figures import ALL_CALLS, Series
from offerproof.toml_file import read_toml

_PERCENTILE = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,3})?)_ms")
AT_LEAST = frozenset({"rate", "rate_share"})
CLAUSES = {"rate": "LOAD-3", "rate_share": "LOAD-3", "error_rate": "LOAD-2"}
"""Measure → clause; every other measure is a latency, LOAD-1."""

ENOUGH = 20
"""Finished calls before a threshold may end a run."""


class Threshold(msgspec.Struct, frozen=True):
    """One bound that ``measure`` of ``name`` (a call, a workflow or all calls) must not exceed, or must reach."""

    name: str
    measure: str
    bound: float
    abort: bool = False

    @property
    def clause(self) -> str:
        """The clause a broken bound breaks."""
        return CLAUSES.get(self.measure, "LOAD-1")

    @property
    def sentence(self) -> str:
        """The bound in words."""
        words = "at least" if self.measure in AT_LEAST else "at most"
        return f"{self.measure} of {self.name} {words} {self.bound:g}"

    def met_by(self, value: float) -> bool:
        """Whether a measured value keeps the bound."""
        return value >= self.bound if self.measure in AT_LEAST else value <= self.bound


class Measured(msgspec.Struct, frozen=True):
    """A threshold beside what was measured; ``met`` is None when nothing was there to measure."""

    threshold: Threshold
    value: float
    met: bool | None


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


def measure(threshold: Threshold, series: Series | None, *, finished: float, elapsed: float, due: float) -> Measured:
    """Hold one threshold against what was measured.

    ``finished``: how many ended within the judged time of ``elapsed`` seconds; ``due``: how many were asked for.
    """
    if series is None or not series.count:
        met = False if threshold.measure in AT_LEAST and due else None
        return Measured(threshold, 0.0, met)
    kind = threshold.measure
    if kind == "error_rate":
        value = errors(series) / series.count
    elif kind == "rate":
        value = finished / elapsed if elapsed > 0 else 0.0
    elif kind == "rate_share":
        if not due:
            return Measured(threshold, 0.0, None)
        value = finished / due
    elif kind == "mean_ms":
        value = figures.mean(series.latency)
    elif kind == "max_ms":
        value = figures.percentile(series.latency, 100.0)
    else:
        match = _PERCENTILE.fullmatch(kind)
        assert match is not None
        value = figures.percentile(series.latency, float(match[1]))
    return Measured(threshold, value, threshold.met_by(value))


def errors(series: Series) -> int:
    """Return how many went wrong: everything but what the target asked us to send later."""
    return sum(count for kind, count in series.errors.items() if kind not in NOT_ERRORS)


def served(series: Series) -> int:
    """Return how many were not sent away with a 429: only these are finished, for a rate that is to be reached."""
    return series.count - sum(series.errors.get(kind, 0) for kind in NOT_ERRORS)


def to_abort(thresholds: tuple[Threshold, ...], total: dict[str, Series]) -> Threshold | None:
    """Return the first threshold that is broken already and ends the run; rates are only judged at the end."""
    for threshold in thresholds:
        if not threshold.abort or threshold.measure in AT_LEAST:
            continue
        series = total.get(threshold.name)
        if series is None or series.count < ENOUGH:
            continue
        if measure(threshold, series, finished=0, elapsed=0, due=0).met is False:
            return threshold
    return None
