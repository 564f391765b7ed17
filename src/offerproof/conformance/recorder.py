"""Turns what checks find into records: counts, folds what is the same, keeps evidence, stays within bounds."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

from offerproof.conformance.checkrun import RUNNING, CheckRun
from offerproof.conformance.outcome import ExpectationFailed
from offerproof.contract import Strength
from offerproof.exchange import Exchange, Redactor
from offerproof.findings import (
    Event,
    Finding,
    RunPlan,
    RunWriter,
    Verdict,
)
from offerproof.interruption import WholeStep
from offerproof.traffic.evidence import TRANSCRIPT_MAX
from offerproof.traffic.keeper import FindingsKeeper

P = ParamSpec("P")
T = TypeVar("T")

EVERY_ANSWER: Final = "every answer"
"""Stands for a check where no check asked for it."""


def _guarded(method: Callable[Concatenate[Recorder, P], T]) -> Callable[Concatenate[Recorder, P], T]:
    """One check at a time: several run at once, and one may send from several threads."""

    @wraps(method)
    def guarded(self: Recorder, *args: P.args, **named: P.kwargs) -> T:
        with self.guard:
            return method(self, *args, **named)

    return cast("Callable[Concatenate[Recorder, P], T]", guarded)


class Recorder(FindingsKeeper):
    """Writes the records of one run of checks, which may work side by side."""

    def __init__(
        self,
        writer: RunWriter,
        plan: RunPlan,
        redactor: Redactor,
        *,
        tell: Callable[[Event], None],
        replay: Callable[[str], str],
        findings_max: int,
        first_only: bool = False,
    ) -> None:
        waived = writer.run.waived if writer.run else ()
        super().__init__(writer.add, redactor, tell=tell, replay=replay, findings_max=findings_max, waived=waived)
        self.writer = writer
        self._first_only = first_only
        self._sole: str | None = None
        """Where only the first failure is wanted: the check that had it. What others end with then is not kept."""
        self.required = {planned.clause.id: planned.clause for planned in plan.clauses if planned.required}
        self.misshapen: dict[int, list[str]] = {}
        """By exchange, the findings about its answer's schema."""
        self.guard = WholeStep()
        self.at_the_end: list[Callable[[], None]] = []
        """What else there is to write when every check has ended."""

    @property
    def failures(self) -> int:
        """How many findings break a must-clause, and nobody answers for it."""
        return sum(self.counted(one.clause, one.verdict) is Verdict.FAIL for one in self.findings)

    # What checks tell

    def verdict_of(self, clause: str) -> Verdict:
        """What a failed expectation of a clause counts as."""
        found = self.required.get(clause)
        if found is None:
            return Verdict.SKIP
        verdicts = {Strength.MUST: Verdict.FAIL, Strength.SHOULD: Verdict.WARN, Strength.INFO: Verdict.PASS}
        return self.counted(clause, verdicts[found.strength])

    @_guarded
    def failed(self, check: CheckRun, problem: ExpectationFailed) -> Verdict:
        """Record a failed expectation; of an info clause it is an observation."""
        clause = self.required.get(check.current)
        if clause is None:
            return Verdict.SKIP
        if clause.strength is Strength.INFO:
            reading = "no" if problem.unseen else self.shown(problem.observed)
            self.observe(problem.what, reading, clause.id, problem.on)
            check.counts[clause.id] += 1
            self.passed(check, clause.id)
            return Verdict.PASS
        return self.fail(
            clause,
            check.name,
            problem.what,
            signature=problem.what,
            expected=self.shown(problem.expected),
            observed=self.shown(problem.observed),
            on=problem.on,
            exchanges=check.exchanges,
            detail=dict(problem.detail) | self._shapes_of(problem.on),
        )

    @_guarded
    def passed(self, check: CheckRun, clause: str) -> None:
        """Record that everything a check stated about a clause held; the last exchange looked at is the evidence."""
        if clause not in self.required:
            return
        evidence = check.evidence.get(clause)
        self.put(
            Finding(
                clause=clause,
                check=check.name,
                verdict=Verdict.PASS,
                identity=f"{clause}:{check.name}:pass",
                summary=f"{check.counts[clause]} expectations held",
                operation=evidence.operation if evidence else None,
                exchanges=self.keep([evidence]) if evidence else (),
                count=check.counts[clause],
            )
        )

    @_guarded
    def verdict(self, check: CheckRun, clause: str, verdict: Verdict, summary: str) -> None:
        """Record unknown, skip or error for one clause of a check."""
        if clause not in self.required:
            return
        proof = check.exchanges[-TRANSCRIPT_MAX:] if verdict in (Verdict.UNKNOWN, Verdict.ERROR) else []
        self.put(
            Finding(
                clause=clause,
                check=check.name,
                verdict=verdict,
                identity=f"{clause}:{check.name}:{verdict}",
                summary=self.redactor.sentence(summary),
                exchanges=self.keep(proof),
                replay=self._replay(clause) if verdict is Verdict.ERROR else None,
            )
        )

    @_guarded
    def observe(self, question: str, reading: str, clause: str | None, on: Exchange | None) -> None:
        """Record a reading of an open question, once."""
        super().observe(question, reading, clause, on)

    @_guarded
    def keep_also(self, exchange: Exchange) -> None:
        """Write an exchange that need not prove anything."""
        self.keep([exchange])

    def close(self) -> None:
        """Write what is only known at the end: shapes that held, coverage, repeats, what was not kept."""
        for write in self.at_the_end:
            write()
        super().close()

    def put(self, finding: Finding) -> None:
        """Write a finding, unless only the first failure is wanted and another check had it."""
        if self._sole not in (None, current_check()):
            return
        if self._first_only and self.counted(finding.clause, finding.verdict) is Verdict.FAIL:
            self._sole = current_check()
        super().put(finding)

    def _shapes_of(self, on: Exchange | None) -> dict[str, Any]:
        """Which findings about schemas the answer that decided belongs to: what one fault breaks belongs together."""
        found = self.misshapen.get(on.number, []) if on is not None else []
        return {"shapes": list(found)} if found else {}


def current_check() -> str:
    """The name of the check that this thread works for."""
    check = RUNNING.get()
    return check.name if check else EVERY_ANSWER
