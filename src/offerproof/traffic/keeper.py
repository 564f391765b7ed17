"""Keeps what is found as records: folds what is the same, keeps the exchanges that prove it, stays within bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from offerproof.contract import Clause, Strength
from offerproof.exchange import Exchange, Redactor
from offerproof.findings import (
    AnyRecord,
    Event,
    ExchangeRecord,
    Finding,
    FindingMade,
    LimitReached,
    Observation,
    Verdict,
)
from offerproof.judgement import shapes
from offerproof.traffic.evidence import SHOWN_MAX, cited, identity_of, shown, standing_at

OBSERVATIONS_MAX: Final = 500


class FindingsKeeper:
    """Writes the records of one run.

    ``tell`` passes events on; ``replay`` gives the command for an identity; ``waived`` are the clauses whose failures
    somebody answers for: written down as failures, told as waived.
    """

    def __init__(
        self,
        add: Callable[[AnyRecord], None],
        redactor: Redactor,
        *,
        tell: Callable[[Event], None],
        replay: Callable[[str], str | None],
        findings_max: int,
        waived: Collection[str] = (),
    ) -> None:
        self.add = add
        self.redactor = redactor
        self._tell = tell
        self._replay = replay
        self._findings_max = findings_max
        self._waived = waived
        self._written: set[int] = set()
        self._seen: dict[str, Finding] = {}
        self._again: Counter[str] = Counter()
        self._kept: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._observed: set[tuple[str, str, str]] = set()

    @property
    def findings(self) -> Collection[Finding]:
        """The failures and warnings so far, each once."""
        return self._seen.values()

    def shown(self, value: object) -> str:
        """A value for a report, with placeholders."""
        return shown(value, self.redactor)

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
        at_most: Verdict | None = None,
    ) -> Verdict:
        """Record that a clause is broken; of an info clause it is an observation. ``at_most``: a milder verdict."""
        verdict = at_most or (Verdict.FAIL if clause.strength is Strength.MUST else Verdict.WARN)
        if clause.strength is Strength.INFO:
            self.observe(what, observed, clause.id, on)
            return Verdict.PASS
        operation = on.operation if on else None
        # Which call of a race shows that no order explains it is chance; it is the same defect.
        identity = identity_of(clause.id, None if clause.id.startswith("CONC-") else operation, signature)
        if identity in self._seen:
            self._again[identity] += 1
            self._announce(self._seen[identity], again=True)
            return verdict
        if self._kept[clause.id] >= self._findings_max:
            self._limit(clause.id)
            return verdict
        self._kept[clause.id] += 1
        finding = Finding(
            clause=clause.id,
            check=check,
            verdict=verdict,
            identity=identity,
            summary=self.redactor.sentence(what),
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

    def wrong_shape(
        self,
        clause: Clause,
        check: str,
        exchange: Exchange,
        problems: Sequence[shapes.Problem],
        detail: Mapping[str, Any] | None = None,
    ) -> list[str]:
        """Record what is wrong with the shape of an answer; return the identities of these findings."""
        identities = []
        for problem in problems:
            signature = f"{problem.pointer}|{problem.keyword}|{problem.message}"
            self.fail(
                clause,
                check,
                f"shape of {exchange.operation}'s answer at {problem.pointer or 'the top'}",
                signature=signature,
                expected=problem.message,
                observed=standing_at(exchange, problem, self.redactor),
                on=exchange,
                exchanges=[exchange],
                detail={"pointer": problem.pointer, "keyword": problem.keyword} | dict(detail or {}),
            )
            identities.append(identity_of(clause.id, exchange.operation, signature))
        return identities

    def other_form(
        self,
        clause: Clause,
        check: str,
        exchange: Exchange,
        word: str,
        places: Sequence[shapes.Problem],
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Record where an answer keeps its schema in another form than the one printed (``shapes.OTHER_FORMS``)."""
        form = shapes.OTHER_FORMS[word]
        for problem in places:
            self.fail(
                clause,
                check,
                form.what.format(operation=exchange.operation, pointer=problem.pointer),
                signature=f"{problem.pointer}|{word}",
                expected=form.expected,
                observed=standing_at(exchange, problem, self.redactor),
                on=exchange,
                exchanges=[exchange],
                detail={"pointer": problem.pointer, "keyword": word} | dict(detail or {}),
            )

    def server_error(
        self, clause: Clause, check: str, exchange: Exchange, detail: Mapping[str, Any] | None = None
    ) -> str:
        """Record that an answer is a server error, which is no right answer to anything; return its identity."""
        self.fail(
            clause,
            check,
            f"HTTP status of {exchange.operation}",
            signature="server error",
            expected="200 or 4xx",
            observed=str(exchange.status),
            on=exchange,
            exchanges=[exchange],
            detail={"keyword": "status"} | dict(detail or {}),
        )
        return identity_of(clause.id, exchange.operation, "server error")

    def observe(self, question: str, reading: str, clause: str | None, on: Exchange | None) -> None:
        """Record a reading of an open question, once."""
        told = self.redactor.text(reading)[:SHOWN_MAX]
        key = (question, told, clause or "")
        if key in self._observed or len(self._observed) >= OBSERVATIONS_MAX:
            return
        self._observed.add(key)
        proof = self.keep([on]) if on is not None else ()
        self.add(Observation(question=question, reading=told or "empty", clause=clause, exchanges=proof))

    def put(self, finding: Finding) -> None:
        """Write a finding as it is."""
        self.add(finding)
        self._announce(finding, again=False)

    def counted(self, clause: str, verdict: Verdict) -> Verdict:
        """What a verdict on a clause counts as in this run."""
        return Verdict.WAIVED if verdict is Verdict.FAIL and clause in self._waived else verdict

    def _announce(self, finding: Finding, *, again: bool) -> None:
        self._tell(FindingMade(finding, self.counted(finding.clause, finding.verdict), again))

    def keep(self, exchanges: Sequence[Exchange]) -> tuple[int, ...]:
        """Write exchanges that were not written yet; return the numbers of all."""
        for exchange in exchanges:
            if exchange.number not in self._written:
                self._written.add(exchange.number)
                self.add(ExchangeRecord(**exchange.record()))
        return tuple(exchange.number for exchange in exchanges)

    def close(self) -> None:
        """Write what is only known at the end: repeats, and what was not kept."""
        for identity, again in self._again.items():
            self.add(msgspec.structs.replace(self._seen[identity], count=again, exchanges=()))
        for clause, count in self._dropped.items():
            reading = f"{count} further findings of {clause}, beyond the {self._findings_max} kept"
            self.add(Observation(question="findings not kept", reading=reading, clause=clause))

    def _limit(self, clause: str) -> None:
        if not self._dropped[clause]:
            self._tell(LimitReached(f"{self._findings_max} findings of {clause}", "further ones are counted only"))
        self._dropped[clause] += 1
