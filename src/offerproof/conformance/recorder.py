"""Turns what checks find into records: counts, folds what is the same, keeps evidence, stays within bounds."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

import msgspec

from offerproof.conformance.checkrun import RUNNING, CheckRun
from offerproof.conformance.outcome import ExpectationFailed
from offerproof.contract import Clause, Strength
from offerproof.exchange import Exchange, Redactor
from offerproof.findings import (
    Event,
    ExchangeRecord,
    Finding,
    FindingMade,
    LimitReached,
    Observation,
    RunPlan,
    RunWriter,
    Verdict,
)
from offerproof.traffic.evidence import SHOWN_MAX, TRANSCRIPT_MAX, cited, identity_of, shown

P = ParamSpec("P")
T = TypeVar("T")

EVERY_ANSWER: Final = "every answer"
"""Stands for a check where no check asked for it."""
OBSERVATIONS_MAX: Final = 500


def _guarded(method: Callable[Concatenate[Recorder, P], T]) -> Callable[Concatenate[Recorder, P], T]:
    """One check at a time: several run at once, and one may send from several threads."""

    @wraps(method)
    def guarded(self: Recorder, *args: P.args, **named: P.kwargs) -> T:
        with self.guard:
            return method(self, *args, **named)

    return cast("Callable[Concatenate[Recorder, P], T]", guarded)


class Recorder:
    """Writes the records of one run. ``tell`` passes events on; ``replay`` gives the command for an identity."""

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
        self.writer = writer
        self.redactor = redactor
        self._tell = tell
        self._replay = replay
        self._findings_max = findings_max
        self._first_only = first_only
        self._sole: str | None = None
        """Where only the first failure is wanted: the check that had it. What others end with then is not kept."""
        self.required = {planned.clause.id: planned.clause for planned in plan.clauses if planned.required}
        self._written: set[int] = set()
        self._seen: dict[str, Finding] = {}
        self._again: Counter[str] = Counter()
        self._kept: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._observed: set[tuple[str, str, str]] = set()
        self.misshapen: dict[int, list[str]] = {}
        """By exchange, the findings about its answer's schema."""
        self.guard = threading.RLock()
        self.at_the_end: list[Callable[[], None]] = []
        """What else there is to write when every check has ended."""
        self.failures = 0

    # What checks tell

    def verdict_of(self, clause: str) -> Verdict:
        """The verdict that a failed expectation of a clause becomes."""
        found = self.required.get(clause)
        if found is None:
            return Verdict.SKIP
        return {Strength.MUST: Verdict.FAIL, Strength.SHOULD: Verdict.WARN, Strength.INFO: Verdict.PASS}[found.strength]

    @_guarded
    def failed(self, check: CheckRun, problem: ExpectationFailed) -> Verdict:
        """Record a failed expectation; of an info clause it is an observation."""
        clause = self.required.get(check.current)
        if clause is None:
            return Verdict.SKIP
        if clause.strength is Strength.INFO:
            self.observe(problem.what, self._shown(problem.observed), clause.id, problem.on)
            check.counts[clause.id] += 1
            self.passed(check, clause.id)
            return Verdict.PASS
        return self.fail(
            clause,
            check.name,
            problem.what,
            signature=problem.what,
            expected=self._shown(problem.expected),
            observed=self._shown(problem.observed),
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
                summary=self.redactor.text(summary),
                exchanges=self.keep(proof),
                replay=self._replay(clause) if verdict is Verdict.ERROR else None,
            )
        )

    @_guarded
    def observe(self, question: str, reading: str, clause: str | None, on: Exchange | None) -> None:
        """Record a reading of an open question, once."""
        told = self.redactor.text(reading)[:SHOWN_MAX]
        key = (question, told, clause or "")
        if key in self._observed or len(self._observed) >= OBSERVATIONS_MAX:
            return
        self._observed.add(key)
        proof = self.keep([on]) if on is not None else ()
        self.writer.add(Observation(question=question, reading=told or "empty", clause=clause, exchanges=proof))

    @property
    def findings(self) -> Collection[Finding]:
        """The failures and warnings so far, each once."""
        return self._seen.values()

    # The end

    def close(self) -> None:
        """Write what is only known at the end: repeats, shapes that held, coverage, what was not kept."""
        for write in self.at_the_end:
            write()
        for identity, again in self._again.items():
            first = self._seen[identity]
            self.writer.add(msgspec.structs.replace(first, count=again, exchanges=()))
        for clause, count in self._dropped.items():
            self.writer.add(
                Observation(
                    question="findings not kept",
                    reading=f"{count} further findings of {clause}, beyond the {self._findings_max} kept",
                    clause=clause,
                )
            )

    # Within

    def fail(
        self,
        clause: Clause,
        check: str,
        what: str,
        *,
        signature: str,
        expected: str,
        observed: str,
        on: Exchange | None,
        exchanges: Sequence[Exchange],
        detail: Mapping[str, Any] | None = None,
    ) -> Verdict:
        verdict = Verdict.FAIL if clause.strength is Strength.MUST else Verdict.WARN
        if clause.strength is Strength.INFO:
            self.observe(what, observed, clause.id, on)
            return Verdict.PASS
        operation = on.operation if on else None
        # Which call of a race shows that no order explains it is chance; it is the same defect.
        identity = identity_of(clause.id, None if clause.id.startswith("CONC-") else operation, signature)
        if identity in self._seen:
            self._again[identity] += 1
            self._tell(FindingMade(self._seen[identity], again=True))
            return verdict
        if self._kept[clause.id] >= self._findings_max:
            self._limit(clause.id)
            return verdict
        self._kept[clause.id] += 1
        self.failures += verdict is Verdict.FAIL
        finding = Finding(
            clause=clause.id,
            check=check,
            verdict=verdict,
            identity=identity,
            summary=self.redactor.text(what),
            operation=operation,
            expected=expected,
            observed=observed,
            exchanges=self.keep(cited(exchanges, on)),
            replay=self._replay(identity),
            detail=self.redactor.document(dict(detail or {})),
        )
        self._seen[identity] = finding
        self.put(finding)
        return verdict

    def _shapes_of(self, on: Exchange | None) -> dict[str, Any]:
        """Which findings about schemas the answer that decided belongs to: what one fault breaks belongs together."""
        found = self.misshapen.get(on.number, []) if on is not None else []
        return {"shapes": list(found)} if found else {}

    def _limit(self, clause: str) -> None:
        if not self._dropped[clause]:
            self._tell(LimitReached(f"{self._findings_max} findings of {clause}", "further ones are counted only"))
        self._dropped[clause] += 1

    def put(self, finding: Finding) -> None:
        if self._sole not in (None, current_check()):
            return
        if self._first_only and finding.verdict is Verdict.FAIL:
            self._sole = current_check()
        self.writer.add(finding)
        self._tell(FindingMade(finding, again=False))

    def keep(self, exchanges: Sequence[Exchange]) -> tuple[int, ...]:
        for exchange in exchanges:
            if exchange.number not in self._written:
                self._written.add(exchange.number)
                self.writer.add(ExchangeRecord(**exchange.record()))
        return tuple(exchange.number for exchange in exchanges)

    def _shown(self, value: Any) -> str:
        return shown(value, self.redactor)


def current_check() -> str:
    """The name of the check that this thread works for."""
    check = RUNNING.get()
    return check.name if check else EVERY_ANSWER
