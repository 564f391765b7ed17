"""What the HTML of a load run shows beside figures: plots, histories, the change from a baseline run."""

from __future__ import annotations

from typing import Any, Final

from offerproof.findings import OperationRecord, Run
from offerproof.report.loadview import LoadView, fold
from offerproof.report.safety import Drawn
from offerproof.report.timeline import Bar, draw

COLUMNS: Final = ("p50", "p95", "p99", "p99.9", "max")
HISTORIES: Final = 8
"""Histories drawn; an audit names more keys than anybody looks at."""


def values(run: Run, baseline: Run | None) -> dict[str, Any]:
    """The variables of the load template; ``load`` is None when the run measured no load."""
    load = fold(run)
    if load is None:
        return {"load": None}
    from offerproof.report import plots  # imports numbers and curves only when there is something to draw

    before = fold(baseline) if baseline else None
    return {
        "load": load,
        "baseline": before,
        "baseline_id": baseline.header.run_id if baseline else "",
        "load_columns": _columns(load),
        "change": change,
        "plots": plots.over_time(load, before),
        "curve": plots.distribution(load, before),
        "histories": histories(run.operations),
        "looked_at": _looked_at(load),
    }


def change(now: float | None, before: float | None) -> str:
    """The change from one figure to another, signed: ``+12 %``; ``=`` within half a per cent."""
    if now is None or not before:
        return ""
    moved = 100.0 * (now - before) / before
    return "=" if abs(moved) < 0.5 else f"{moved:+.0f} %"


def histories(operations: list[OperationRecord]) -> list[tuple[str, Drawn]]:
    """Key → drawing of what happened to it, for the keys whose operations the run kept."""
    by_key: dict[str, list[OperationRecord]] = {}
    for operation in operations:
        by_key.setdefault(operation.key, []).append(operation)
    return [(key, draw([_bar(one) for one in found])) for key, found in list(by_key.items())[:HISTORIES]]


def _bar(operation: OperationRecord) -> Bar:
    transaction = operation.transaction
    short = transaction if len(transaction) <= 12 else f"…{transaction[-8:]}"  # ids differ at their ends
    return Bar(
        operation=f"{operation.operation} {short}".strip(),
        outcome=operation.outcome,
        started_us=operation.started_us,
        ended_us=operation.ended_us,
        caller=operation.caller or None,
    )


def _columns(load: LoadView) -> list[str]:
    return [label for label in COLUMNS if any(row.latency(label) is not None for row in load.rows)]


def _looked_at(load: LoadView) -> str:
    scope = load.figures.audited
    if scope is None:
        return ""
    sample = f", a sample: one customer of {scope.sample_every}" if scope.sample_every != 1 else ""
    return f"{scope.customers:,} customers, {scope.user_offers:,} user offers, {scope.operations:,} operations{sample}"
