"""A run as one JSON document for other programs: the verdict, and every clause with what is known of it.

Nothing is cut. Members are only ever added; ``version`` changes when one changes its meaning.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final

import msgspec

from offerproof.exchange.parsing import encode_exactly
from offerproof.findings import Finding, Run
from offerproof.report.comparison import Comparison
from offerproof.report.formats import Format
from offerproof.report.matrix import Matrix
from offerproof.report.summary import ClauseLine, FindingView, Summary, summarize

VERSION: Final = 2

_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")


def render(run: Run) -> str:
    """The run as one JSON document."""
    return _ascii(document(summarize(run)))


def document(s: Summary) -> dict[str, Any]:
    """The members of the document, as plain values."""
    run, outcome = s.run, s.run.outcome
    return {
        "format": "offerproof-report",
        "version": VERSION,
        "verdict": outcome.verdict.value,
        "exit_code": int(outcome.exit_code),
        "reasons": list(outcome.reasons),
        "scope": list(outcome.scope),
        "waivers": list(outcome.waiver_notes),
        "counts": run.counts,
        "run": _plain(run.header),
        "footer": _plain(run.footer),
        "chapters": [
            {"id": chapter.id, "title": chapter.title, "clauses": [_clause(line) for line in chapter.clauses]}
            for chapter in s.chapters
        ],
        "findings": [_finding(view) for view in s.views],
        "causes": [_cause(view) for view in s.causes],
        "readings": [_plain(seen) for seen in s.readings],
        "coverage": [_plain(cell) for cell in s.coverage],
        "load": _plain(run.load) if run.header.load else None,
        "audits": [_plain(audit) for audit in s.audits],
        "added": _plain(run.plan.added),
        "situations": [_plain(one) for one in run.situations],
        "unjudged": {remedy: list(ids) for remedy, ids in run.plan.unjudged.items()},
    }


def _clause(line: ClauseLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "sentence": line.clause.sentence,
        "source": line.clause.source,
        "section": line.clause.section,
        "strength": line.clause.strength.value,
        "verdict": line.verdict.value,
        "reason": line.reason,
        "held": line.held,
        "exchanges": list(line.exchanges),
    }


def _finding(view: FindingView) -> dict[str, Any]:
    finding: dict[str, Any] = _plain(view.finding)
    finding.pop("record", None)
    steps = [_plain(step) for step in view.steps]
    follows = view.cause[0] if view.cause else None
    told = {"number": view.number, "verdict": view.verdict.value, "waived": view.waived}
    return finding | told | {"probably_follows_from": follows, "transcript": steps}


def _cause(view: FindingView) -> dict[str, Any]:
    """One probable fault: the finding to repair, and what is red as well, all by number."""
    return {
        "finding": view.number,
        "clause": view.clause.id,
        "verdict": view.verdict.value,
        "also": [{"finding": other.number, "clause": other.clause.id} for other in view.also],
    }


def _plain(record: Any) -> Any:
    """A record as plain values; Decimals stay, as text they would be another JSON value than the one recorded."""
    return msgspec.to_builtins(record, builtin_types=(Decimal,))


def render_comparison(comparison: Comparison) -> str:
    """What moved, for other programs; nothing is cut."""
    return _ascii(
        {
            "format": "offerproof-comparison",
            "version": VERSION,
            "exit_code": comparison.exit_code,
            "worse": list(comparison.worse),
            "old": _run(comparison.old),
            "new": _run(comparison.new),
            "moves": dict(comparison.moves),
            "clauses": [asdict(change) for change in comparison.clauses],
            "new_findings": [_brief(finding) for finding in comparison.fresh],
            "resolved_findings": [_brief(finding) for finding in comparison.gone],
            "findings_not_looked_for": [_brief(finding) for finding in comparison.unsought],
            "figures": [asdict(change) for change in comparison.figures],
            "notes": list(comparison.notes),
        }
    )


def render_matrix(matrix: Matrix) -> str:
    """Runs side by side, for other programs; nothing is cut."""
    return _ascii(
        {
            "format": "offerproof-matrix",
            "version": VERSION,
            "runs": [_run(s.run) for s in matrix.columns],
            "chapters": [
                {
                    "id": chapter.id,
                    "title": chapter.title,
                    "clauses": [
                        {"id": row.clause.id, "sentence": row.clause.sentence, "verdicts": list(row.verdicts)}
                        for row in chapter.rows
                    ],
                }
                for chapter in matrix.chapters
            ],
        }
    )


def _run(run: Run) -> dict[str, Any]:
    header, outcome = run.header, run.outcome
    return {
        "run_id": header.run_id,
        "started": header.started,
        "target": header.target.name,
        "verdict": outcome.verdict.value,
        "exit_code": int(outcome.exit_code),
        "counts": run.counts,
    }


def _brief(finding: Finding) -> dict[str, Any]:
    return {"clause": finding.clause, "verdict": finding.verdict.value, "summary": finding.summary}


def _ascii(document: dict[str, Any]) -> str:
    """Indented JSON with ASCII characters only, so that any pipe can carry it; numbers as they were."""
    indented = msgspec.json.format(encode_exactly(document), indent=2)
    return _BEYOND_ASCII.sub(lambda sign: json.dumps(sign.group())[1:-1], indented) + "\n"


FORMAT: Final = Format(
    name="json",
    suffix="json",
    media_type="application/json",
    about="other programs, with nothing cut",
    run=render,
    comparison=render_comparison,
    matrix=render_matrix,
    whole=True,
)
