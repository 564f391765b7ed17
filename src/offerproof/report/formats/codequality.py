"""A run as a GitLab code-quality report: an entry for each finding against the target, for a merge request.

Written from GitLab's documentation of the report and the schema that GitLab itself holds an entry against
(``app/validators/json_schemas/codeclimate.json``): an array of issues as Code Climate knows them. GitLab tells new
findings from old ones by their fingerprint: it is made of the finding's identity, the same in every run. What we failed
at, and clauses that nobody observed, are no entries, for they say nothing of the target: the exit code and JUnit do.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from offerproof.findings import Run, Verdict
from offerproof.report.cases import CLAUSES_FILE
from offerproof.report.formats import Format
from offerproof.report.safety import CELL, one_line
from offerproof.report.summary import FindingView, summarize

ENTRIES: Final = 5_000
"""Most entries; the findings to repair come first."""
_SEVERITIES: Final = {Verdict.FAIL: "critical", Verdict.WARN: "minor", Verdict.WAIVED: "info"}
_FOLLOWS: Final = {**_SEVERITIES, Verdict.FAIL: "major"}
"""The severities of what is probably red for the same reason as another."""


def render(run: Run) -> str:
    """The run as an array of entries, in ASCII; an empty one where nothing is broken."""
    entries = {entry["fingerprint"]: entry for entry in map(_entry, reversed(summarize(run).broken[:ENTRIES]))}
    return json.dumps(list(reversed(entries.values())), indent=2) + "\n"


def _entry(view: FindingView) -> dict[str, Any]:
    severities = _FOLLOWS if view.cause else _SEVERITIES
    return {
        "type": "issue",
        "check_name": view.clause.id,
        "description": _told(view),
        "fingerprint": hashlib.sha256(view.finding.identity.encode("utf-8", "replace")).hexdigest(),
        "severity": severities[view.verdict],
        "categories": ["Compatibility"],
        "location": {"path": CLAUSES_FILE, "lines": {"begin": 1}},
    }


def _told(view: FindingView) -> str:
    finding = view.finding
    parts = [f"{view.clause.id} {finding.summary}"]
    parts += [f"expected {finding.expected}"] if finding.expected is not None else []
    parts += [f"observed {finding.observed}"] if finding.observed is not None else []
    parts += [f"probably for the same reason as {view.cause[1]}"] if view.cause else []
    parts += [f"waived: {view.waived}"] if view.verdict is Verdict.WAIVED else []
    return "; ".join(one_line(part, CELL) for part in parts)


FORMAT: Final = Format(
    name="codequality",
    suffix="json",
    media_type="application/json",
    about="a merge request in GitLab (code quality): an entry for each finding",
    run=render,
    file="gl-code-quality-report.json",
)
