"""Turns what checks find into records: counts, folds what is the same, keeps evidence, stays within bounds."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from offerproof.conformance.checkrun import CheckRun
from offerproof.conformance.outcome import ExpectationFailed
from offerproof.contract import EVERY, Clause, Strength
from offerproof.exchange import Exchange, Redactor
from offerproof.findings import (
    Coverage,
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
from offerproof.judgement import shapes
from offerproof.traffic.evidence import (
    SHOWN_MAX,
    TRANSCRIPT_MAX,
    cited,
    identity_of,
    outcome_of,
    shown,
    standing_at,
)

OBSERVATIONS_MAX: Final = 500


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
    ) -> None:
        self._writer = writer
        self._redactor = redactor
        self._tell = tell
        self._replay = replay
        self._findings_max = findings_max
        self._required = {planned.clause.id: planned.clause for planned in plan.clauses if planned.required}
        self._shape_clause = {operation: clause for clause in self._required.values() for operation in clause.shapes}
        self._written: set[int] = set()
        self._seen: dict[str, Finding] = {}
        self._again: Counter[str] = Counter()
        self._kept: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._observed: set[tuple[str, str, str]] = set()
        self._coverage: Counter[tuple[str, str]] = Counter()
        self._shaped: Counter[str] = Counter()
        self._misshapen: dict[int, list[str]] = {}
        self._guard = threading.RLock()
        self.failures = 0
        self.check: CheckRun | None = None

    # What the client tells

    def exchanged(self, exchange: Exchange) -> None:
        """Take note of an exchange: for the transcript, the coverage, and the shape of its answer."""
        with self._guard:  # a check may send from several threads
            self._exchanged(exchange)

    def _exchanged(self, exchange: Exchange) -> None:
        if self.check is not None:
            self.check.exchanges.append(exchange)
        self._coverage[exchange.operation, outcome_of(exchange).word] += 1
        clause = self._shape_clause.get(exchange.operation)
        if exchange.failure or not exchange.documented or exchange.status == 429:
            return
        self._not_broken(exchange)
        problems = shapes.check_exchange(exchange)
        if problems and self.check is not None and self.check.malformed is None:
            self.check.malformed = f"{exchange.operation} at {problems[0].pointer or 'the top'}: {problems[0].message}"
        if clause is None:
            return
        self._shaped[clause.id] += 1
        for problem in problems:
            place = problem.pointer or "the top"
            signature = f"{problem.pointer}|{problem.keyword}|{problem.message}"
            self._fail(
                clause,
                self.check.name if self.check else "every answer",
                f"shape of {exchange.operation}'s answer at {place}",
                signature=signature,
                expected=problem.message,
                observed=standing_at(exchange, problem, self._redactor),
                on=exchange,
                exchanges=[exchange],
                detail={"pointer": problem.pointer, "keyword": problem.keyword},
            )
            self._misshapen.setdefault(exchange.number, []).append(
                identity_of(clause.id, exchange.operation, signature)
            )

    def _not_broken(self, exchange: Exchange) -> None:
        """A server error is no right answer to anything, also while a check is being set up."""
        clause = self._shape_clause.get(EVERY)
        if clause is None:
            return
        self._shaped[clause.id] += 1
        if (exchange.status or 0) >= 500:
            self._fail(
                clause,
                self.check.name if self.check else "every answer",
                f"HTTP status of {exchange.operation}",
                signature="server error",
                expected="200 or 4xx",
                observed=str(exchange.status),
                on=exchange,
                exchanges=[exchange],
                detail={"keyword": "status"},
            )
            self._misshapen.setdefault(exchange.number, []).append(
                identity_of(clause.id, exchange.operation, "server error")
            )

    # What checks tell

    def failed(self, check: CheckRun, problem: ExpectationFailed) -> Verdict:
        """Record a failed expectation; of an info clause it is an observation."""
        clause = self._required.get(check.current)
        if clause is None:
            return Verdict.SKIP
        if clause.strength is Strength.INFO:
            self.observe(problem.what, self._shown(problem.observed), clause.id, problem.on)
            check.counts[clause.id] += 1
            self.passed(check, clause.id)
            return Verdict.PASS
        return self._fail(
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

    def passed(self, check: CheckRun, clause: str) -> None:
        """Record that everything a check stated about a clause held; the last exchange looked at is the evidence."""
        if clause not in self._required:
            return
        evidence = check.evidence.get(clause)
        self._put(
            Finding(
                clause=clause,
                check=check.name,
                verdict=Verdict.PASS,
                identity=f"{clause}:{check.name}:pass",
                summary=f"{check.counts[clause]} expectations held",
                operation=evidence.operation if evidence else None,
                exchanges=self._keep([evidence]) if evidence else (),
                count=check.counts[clause],
            )
        )

    def verdict(self, check: CheckRun, clause: str, verdict: Verdict, summary: str) -> None:
        """Record unknown, skip or error for one clause of a check."""
        if clause not in self._required:
            return
        proof = check.exchanges[-TRANSCRIPT_MAX:] if verdict in (Verdict.UNKNOWN, Verdict.ERROR) else []
        self._put(
            Finding(
                clause=clause,
                check=check.name,
                verdict=verdict,
                identity=f"{clause}:{check.name}:{verdict}",
                summary=self._redactor.text(summary),
                exchanges=self._keep(proof),
                replay=self._replay(clause) if verdict is Verdict.ERROR else None,
            )
        )

    def observe(self, question: str, reading: str, clause: str | None, on: Exchange | None) -> None:
        """Record a reading of an open question, once."""
        told = self._redactor.text(reading)[:SHOWN_MAX]
        key = (question, told, clause or "")
        if key in self._observed or len(self._observed) >= OBSERVATIONS_MAX:
            return
        self._observed.add(key)
        proof = self._keep([on]) if on is not None else ()
        self._writer.add(Observation(question=question, reading=told or "empty", clause=clause, exchanges=proof))

    # The end

    def close(self) -> None:
        """Write what is only known at the end: repeats, shapes that held, coverage, what was not kept."""
        for identity, again in self._again.items():
            first = self._seen[identity]
            self._writer.add(msgspec.structs.replace(first, count=again, exchanges=()))
        for clause, operations in _shape_clauses(self._shape_clause).items():
            self._close_shapes(clause, operations)
        for (operation, outcome), count in sorted(self._coverage.items()):
            self._writer.add(Coverage(operation=operation, outcome=outcome, count=count))
        for clause, count in self._dropped.items():
            self._writer.add(
                Observation(
                    question="findings not kept",
                    reading=f"{count} further findings of {clause}, beyond the {self._findings_max} kept",
                    clause=clause,
                )
            )

    def _close_shapes(self, clause: str, operations: Sequence[str]) -> None:
        judged, red = self._shaped[clause], (Verdict.FAIL, Verdict.WARN)
        if any(found.clause == clause and found.verdict in red for found in self._seen.values()):
            return
        if not judged and self._writer.knows(clause):  # an earlier sitting saw such answers
            return
        names = ", ".join(operations)
        verdict = Verdict.PASS if judged else Verdict.UNKNOWN
        fits = f"{judged} answers of {names} fit their schema" if judged else f"no answer of {names} was seen"
        if EVERY in operations:
            fits = f"none of {judged} answers was a server error"
        self._put(
            Finding(
                clause=clause,
                check="every answer",
                verdict=verdict,
                identity=f"{clause}:shapes:{verdict}",
                summary=fits,
                count=max(judged, 1),
            )
        )

    # Within

    def _fail(
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
            summary=self._redactor.text(what),
            operation=operation,
            expected=expected,
            observed=observed,
            exchanges=self._keep(cited(exchanges, on)),
            replay=self._replay(identity),
            detail=self._redactor.document(dict(detail or {})),
        )
        self._seen[identity] = finding
        self._put(finding)
        return verdict

    def _shapes_of(self, on: Exchange | None) -> dict[str, Any]:
        """Which findings about schemas the answer that decided belongs to: what one fault breaks belongs together."""
        found = self._misshapen.get(on.number, []) if on is not None else []
        return {"shapes": list(found)} if found else {}

    def _limit(self, clause: str) -> None:
        if not self._dropped[clause]:
            self._tell(LimitReached(f"{self._findings_max} findings of {clause}", "further ones are counted only"))
        self._dropped[clause] += 1

    def _put(self, finding: Finding) -> None:
        self._writer.add(finding)
        self._tell(FindingMade(finding, again=False))

    def _keep(self, exchanges: Sequence[Exchange]) -> tuple[int, ...]:
        for exchange in exchanges:
            if exchange.number not in self._written:
                self._written.add(exchange.number)
                self._writer.add(ExchangeRecord(**exchange.record()))
        return tuple(exchange.number for exchange in exchanges)

    def _shown(self, value: Any) -> str:
        return shown(value, self._redactor)


def _shape_clauses(by_operation: Mapping[str, Clause]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for operation, clause in by_operation.items():
        grouped.setdefault(clause.id, []).append(operation)
    return grouped
