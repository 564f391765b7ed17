"""What the HTML of a load run shows beside figures: plots, histories, the change from a baseline run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from offerproof.findings import Audit, OperationRecord, Run
from offerproof.report.loadview import LoadView, fold, number
from offerproof.report.safety import Drawn, one_line
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
        "examples": _examples,
        "looked_at": _looked_at,
    }


def change(now: Any, before: Any) -> str:
    """The change from one figure to another, signed: ``+12 %``; ``=`` within half a per cent."""
    new, old = number(str(now)), number(str(before))
    if new is None or old is None or old == 0:
        return ""
    moved = 100.0 * (new - old) / old
    return "=" if abs(moved) < 0.5 else f"{moved:+.0f} %"


def histories(operations: list[OperationRecord]) -> list[tuple[str, Drawn]]:
    """Key → drawing of what happened to it, for the keys whose operations the run kept."""
    by_key: dict[str, list[Bar]] = {}
    for operation in operations:
        by_key.setdefault(operation.key, []).append(_bar(operation))
    return [(key, draw(bars)) for key, bars in list(by_key.items())[:HISTORIES]]


def _bar(operation: OperationRecord) -> Bar:
    detail = operation.detail
    till = detail.get("till")
    caller = detail.get("caller", till if isinstance(till, str) or till is None else f"till {till}")
    transaction = str(detail.get("transaction") or "")
    short = transaction if len(transaction) <= 12 else f"…{transaction[-8:]}"  # ids differ at their ends
    return Bar(
        operation=f"{operation.operation} {short}".strip(),
        outcome=operation.outcome,
        started_us=operation.started_us,
        ended_us=operation.ended_us,
        caller=None if caller is None else str(caller),
    )


def _columns(load: LoadView) -> list[str]:
    return [label for label in COLUMNS if any(row.response.get(label) for row in load.rows)]


def _examples(audit: Audit) -> list[str]:
    every = audit.detail.get("examples")
    return [str(example) for example in every[:20]] if isinstance(every, list) else []


def _looked_at(audit: Audit) -> str:
    detail: Mapping[str, Any] = audit.detail
    known = ("customers", "user_offers", "operations")
    parts = [f"{detail[name]:,} {name.replace('_', ' ')}" for name in known if isinstance(detail.get(name), int)]
    every = detail.get("sample_every", 1)
    if every != 1:
        parts.append(f"a sample: one customer of {every}")
    return one_line(", ".join(parts))
