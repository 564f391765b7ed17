"""A run as CTRF JSON (Common Test Report Format, https://ctrf.io): a test for each clause, for dashboards and CI steps.

Written from the specification and schema of the repository ctrf-io/ctrf (version 0.0.0). Readers refuse a document
with a member that their schema does not know, so only members of every published schema stand here, and what is ours
alone stands in ``extra``, under a name of our own. CTRF has no word for an error: what is one (``cases``) is failed,
and ``rawStatus`` says what it was.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from offerproof.findings import Run
from offerproof.report.cases import Case, CaseStatus, Suite, suites
from offerproof.report.formats import Format
from offerproof.report.safety import one_line
from offerproof.report.summary import summarize

VERSION: Final = "0.0.0"
OURS: Final = "offerproof.report"
"""The key of what is ours in ``extra``; the specification asks for a namespace with a delimiter."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def render(run: Run) -> str:
    """The run as a CTRF document, in ASCII."""
    s = summarize(run)
    header, outcome = run.header, run.outcome
    finished = run.footer.finished if run.footer else header.started
    told = suites(s)
    tests = [_test(suite, case) for suite in told for case in suite.cases]
    counts = Counter(test["status"] for test in tests)
    start, stop = _milliseconds(header.started), _milliseconds(finished)
    tool = f"offerproof {header.suite_version}"
    document = {
        "reportFormat": "CTRF",
        "specVersion": VERSION,
        "timestamp": finished,
        "generatedBy": tool,
        "results": {
            "tool": {"name": "offerproof", "version": header.suite_version},
            "summary": {
                "tests": len(tests),
                **{status: counts[status] for status in ("passed", "failed", "skipped", "pending", "other")},
                "suites": len(told),
                "start": start,
                "stop": max(start, stop),
            },
            "tests": tests,
            "environment": {
                "reportName": one_line(f"{s.headline} {s.sentence}"),
                "appName": one_line(header.target.name),
                "testEnvironment": one_line(header.target.environment),
                "healthy": s.exit_code == 0,
            },
            "extra": {
                OURS: {
                    "run": header.run_id,
                    "kind": header.kind,
                    "verdict": s.verdict.value,
                    "exit_code": s.exit_code,
                    "reasons": [one_line(reason) for reason in outcome.reasons],
                    "scope": [one_line(part) for part in s.scope],
                }
            },
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _test(suite: Suite, case: Case) -> dict[str, Any]:
    status = CaseStatus.FAILED if case.status is CaseStatus.ERROR else case.status
    test: dict[str, Any] = {
        "id": str(uuid5(NAMESPACE_URL, f"offerproof:{case.clause.id if case.clause else case.name}")),
        "name": case.name,
        "status": status.value,
        "duration": round(case.took_us / 1_000),
        "suite": [suite.title],
        "rawStatus": case.verdict.value,
    }
    if case.message:
        test["message"] = case.message
    if case.story:
        test["trace"] = case.story
    if case.clause:
        clause = case.clause.clause
        test["tags"] = [suite.id, clause.strength.value]
        test["extra"] = {OURS: {"clause": clause.id, "source": case.clause.source, "held": case.clause.held}}
    return test


def _milliseconds(instant: str) -> int:
    return (datetime.fromisoformat(instant) - _EPOCH) // timedelta(milliseconds=1)


FORMAT: Final = Format(
    name="ctrf",
    suffix="json",
    media_type="application/json",
    about="dashboards and CI steps that read CTRF: a test for each clause",
    run=render,
    file="ctrf-report.json",
)
