"""The answer to one question of the audit, and how a verdict follows from what was looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from offerproof.findings.model import Verdict

EXAMPLES = 20


@dataclass
class AuditAnswer:
    """The answer to one question of the audit."""

    clause: str
    question: str
    verdict: Verdict
    expected: str
    observed: str
    detail: dict[str, Any] = field(default_factory=dict)


def answer(
    clause: str,
    question: str,
    expected: str,
    observed: str,
    examples: list[str],
    *,
    checked: int,
    nothing: str,
    undecided: int = 0,
    bad: int | None = None,
    vacuous: Verdict = Verdict.UNKNOWN,
) -> AuditAnswer:
    """Make an answer: fail when anything is bad, unknown when something is undecided, ``vacuous`` when nothing was
    checked."""
    count = len(examples) if bad is None else bad
    if count:
        verdict = Verdict.FAIL
    elif undecided:
        verdict = Verdict.UNKNOWN
    elif not checked:
        verdict, observed = vacuous, nothing
    else:
        verdict = Verdict.PASS
    detail = {"checked": checked, "bad": count, "undecided": undecided, "examples": examples[:EXAMPLES]}
    return AuditAnswer(clause, question, verdict, expected, observed, detail)
