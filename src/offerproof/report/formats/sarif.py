"""A run as SARIF 2.1.0 (OASIS): a rule for each clause that is broken, a result for each finding, at its clause.

Readers such as code scanning keep a result over time by its fingerprint: it is the finding's identity, the same in
every run. Waived failures are suppressed with their waiver. What we failed at, and required clauses that nobody
observed, are notifications of the tool, never results: they say nothing of the target.
"""

from __future__ import annotations

import json
from typing import Any, Final

from offerproof.contract import Clause
from offerproof.findings import Run, RunVerdict, Verdict
from offerproof.report.cases import CLAUSES_FILE
from offerproof.report.formats import Format
from offerproof.report.safety import CELL, bounded, command, one_line
from offerproof.report.summary import FindingView, Summary, summarize
from offerproof.report.words import exchange_line

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
RESULTS: Final = 5_000
"""Most results; readers take so many of one run."""
_LEVELS: Final = {Verdict.FAIL: "error", Verdict.WAIVED: "error", Verdict.WARN: "warning"}


def render(run: Run) -> str:
    """The run as a SARIF log, in ASCII."""
    s = summarize(run)
    views = s.broken[:RESULTS]
    rules = {view.clause.id: view.clause for view in views}
    header = run.header
    level = f"/{header.level.value}" if header.kind != "load" else ""
    log = {
        "tool": {
            "driver": {
                "name": "offerproof",
                "version": header.suite_version,
                "rules": [_rule(clause) for clause in rules.values()],
            }
        },
        "automationDetails": {"id": one_line(f"offerproof/{header.kind}/{header.target.name}{level}/{header.run_id}")},
        "invocations": [_invocation(s)],
        "columnKind": "utf16CodeUnits",
        "results": [_result(view, list(rules).index(view.clause.id)) for view in views],
        "properties": {"verdict": s.verdict.value, "scope": [one_line(part) for part in s.scope]},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [log]}, indent=2) + "\n"


def _rule(clause: Clause) -> dict[str, Any]:
    written = one_line(f"{clause.source}, {clause.section}")
    return {
        "id": clause.id,
        "shortDescription": {"text": one_line(clause.sentence)},
        "help": {"text": f"Written in {written} ({clause.strength}). offerproof explain {clause.id} tells more."},
        "defaultConfiguration": {"level": "error" if clause.strength == "must" else "warning"},
        "properties": {"tags": [clause.chapter, clause.strength.value]},
    }


def _result(view: FindingView, rule: int) -> dict[str, Any]:
    finding, clause = view.finding, view.clause
    result: dict[str, Any] = {
        "ruleId": clause.id,
        "ruleIndex": rule,
        "level": _LEVELS[view.verdict],
        "message": {"text": "\n".join(_told(view))},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": CLAUSES_FILE}, "region": {"startLine": 1}},
                "logicalLocations": [{"name": clause.id, "fullyQualifiedName": f"{clause.chapter}/{clause.id}"}],
            }
        ],
        "partialFingerprints": {"offerproofIdentity/v1": one_line(finding.identity)},
        "occurrenceCount": max(finding.count, 1),
    }
    if view.waived:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": one_line(view.waived)}]
    return result


def _told(view: FindingView) -> list[str]:
    """What is wrong, and how to see it again; what is red for the same reason says so."""
    finding = view.finding
    lines = [one_line(f"{view.clause.id} {finding.summary}")]
    if view.cause:
        lines.append(f"Probably for the same reason as {view.cause[1]}.")
    for word, value in (("Expected", finding.expected), ("Observed", finding.observed)):
        if value is not None:
            lines.append(f"{word}: {bounded(value, CELL)}")
    lines += [one_line(exchange_line(step)) for step in view.steps[-5:]]
    return lines + ([f"Again: {command(finding.replay)}"] if finding.replay else [])


def _invocation(s: Summary) -> dict[str, Any]:
    header, footer = s.run.header, s.run.footer
    notes = [("error", f"{view.clause.id} {view.finding.summary}") for view in s.errors]
    if s.verdict is RunVerdict.NOT_JUDGED:
        notes += [("error", reason) for reason in s.run.outcome.reasons]
    else:
        unseen = [standing for standing in s.run.standings.values() if standing.leaves_open]
        notes += [("warning", f"{one.clause.id} was not observed: {one.reason}") for one in unseen]
    ended = {"endTimeUtc": footer.finished} if footer else {}
    return {
        "executionSuccessful": s.verdict is not RunVerdict.NOT_JUDGED,
        "exitCode": s.exit_code,
        "startTimeUtc": header.started,
        **ended,
        "toolExecutionNotifications": [{"level": level, "message": {"text": one_line(text)}} for level, text in notes],
    }


FORMAT: Final = Format(
    name="sarif",
    suffix="sarif",
    media_type="application/sarif+json",
    about="code scanning: a result for each finding, at its clause",
    run=render,
)
