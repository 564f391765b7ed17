"""How the verdict on one question of the audit follows from what was looked at."""

from __future__ import annotations

from collections.abc import Sequence

from offerproof.findings.model import Audit, Verdict

EXAMPLES = 20


def answer(
    clause: str,
    question: str,
    expected: str,
    observed: str,
    examples: Sequence[str],
    *,
    checked: int,
    nothing: str,
    undecided: int = 0,
    bad: int | None = None,
    vacuous: Verdict = Verdict.UNKNOWN,
) -> Audit:
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
    return Audit(
        clause=clause,
        question=question,
        verdict=verdict,
        expected=expected,
        observed=observed,
        checked=checked,
        bad=count,
        undecided=undecided,
        examples=tuple(examples[:EXAMPLES]),
    )
