"""What an audit found, clause by clause: what held, what was broken, what the recording could not decide and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from offerproof.contract import EVERY, Clause, Contract, Strength
from offerproof.exchange import Exchange
from offerproof.findings import AnyRecord, Coverage, Finding, PlannedClause, Verdict
from offerproof.judgement.oracle import Objection
from offerproof.judgement.shapes import OTHER_FORMS, Problem, Shape
from offerproof.traffic.evidence import outcome_of
from offerproof.traffic.keeper import FindingsKeeper

RECORDED: Final = "recorded traffic"
"""Stands for a check: nobody sent anything for it."""
_NOT_SHOWN: Final = "the recording does not exercise it"


class Tally:
    """Counts for each clause, and writes what is broken through a keeper."""

    def __init__(self, contract: Contract, keeper: FindingsKeeper) -> None:
        self.clauses: Mapping[str, Clause] = {
            name: clause for name, clause in contract.clauses.items() if clause.strength is not Strength.INFO
        }
        self.shape_clause = {operation: clause for clause in self.clauses.values() for operation in clause.shapes}
        self.every = self.shape_clause.get(EVERY)
        self.keeper = keeper
        self.held: Counter[str] = Counter()
        self.evidence: dict[str, Exchange] = {}
        self.open: dict[str, Counter[str]] = {}
        self.coverage: Counter[tuple[str, str]] = Counter()
        self.decided: dict[str, Finding] = {}
        """Clauses that were decided as a whole, not answer by answer."""

    def exchanged(self, exchange: Exchange) -> None:
        """Count an exchange in the coverage."""
        self.coverage[exchange.operation, outcome_of(exchange).word] += 1

    def hold(self, clauses: Iterable[str], exchange: Exchange) -> None:
        """Count clauses that could have been broken by an answer, and were not."""
        for name in clauses:
            if name in self.clauses:
                self.held[name] += 1
                self.evidence.setdefault(name, exchange)

    def undecided(self, clause: str | None, reason: str) -> None:
        """Count what could not be decided; of a clause without a name nothing is kept."""
        if clause is not None and clause in self.clauses:
            self.open.setdefault(clause, Counter())[reason] += 1

    def decide(self, finding: Finding) -> None:
        """Take a verdict that is not of one answer; of several on one clause a failure stands."""
        known = self.decided.get(finding.clause)
        if known is None or known.verdict is Verdict.PASS:
            self.decided[finding.clause] = finding

    def broken(
        self, found: Objection, exchanges: Sequence[Exchange], *, place: str, doubtful: str | None = None
    ) -> None:
        """Record an answer that breaks a clause; the last exchange decided. ``doubtful`` makes it a warning at most."""
        clause = self.clauses.get(found.clause)
        if clause is None:
            return
        self._learn(exchanges)
        self.keeper.fail(
            clause,
            RECORDED,
            f"{found.what} ({place})",
            signature=found.what,
            expected=self.keeper.shown(found.expected),
            observed=self.keeper.shown(found.observed),
            on=exchanges[-1],
            exchanges=exchanges,
            detail={"entry": place} | ({"doubt": doubtful} if doubtful else {}),
            at_most=Verdict.WARN if doubtful else None,
        )

    def misshapen(self, exchange: Exchange, problems: Sequence[Problem], place: str) -> None:
        """Record what is wrong with the shape of an answer."""
        clause = self.shape_clause.get(exchange.operation)
        if clause is None:
            return
        self._learn([exchange])
        self.keeper.wrong_shape(clause, RECORDED, exchange, problems, {"entry": place})

    def server_error(self, exchange: Exchange, place: str) -> None:
        """Record that an answer is a server error."""
        if self.every is not None:
            self._learn([exchange])
            self.keeper.server_error(self.every, RECORDED, exchange, {"entry": place})

    def as_printed(self, exchange: Exchange, shape: Shape, place: str) -> None:
        """Hold an answer to the forms that the documents print."""
        for word in OTHER_FORMS:
            clause = self.shape_clause.get(word)
            if clause is None:
                continue
            if places := shape.others.get(word):
                self._learn([exchange])
                self.keeper.other_form(clause, RECORDED, exchange, word, places, {"entry": place})
            else:
                self.hold([clause.id], exchange)

    def _learn(self, exchanges: Sequence[Exchange]) -> None:
        """Make known what is personal in them, before anything of them is written."""
        for one in exchanges:
            one.redactor.learn(one.sent if one.raw.body else None)
            one.redactor.learn(one.answer if isinstance(one.answer, dict | list) else None)

    @property
    def decided_clauses(self) -> set[str]:
        """The clauses that were found kept or broken."""
        return set(self.held) | {finding.clause for finding in self.keeper.findings} | set(self.decided)

    @property
    def judged_musts(self) -> int:
        """How many must-clauses were decided."""
        return sum(self.clauses[name].strength is Strength.MUST for name in self.decided_clauses)

    def plan(self, contract: Contract, named: frozenset[str]) -> tuple[PlannedClause, ...]:
        """The clauses as this run takes them: required is what was exercised or named."""
        known, planned = self.decided_clauses, []
        for name, clause in contract.clauses.items():
            required = name in known or (name in named and name in self.clauses)
            outside = None if required else self._why(clause)
            limits = not required and clause.strength is not Strength.INFO
            planned.append(PlannedClause(clause=clause, required=required, outside=outside, scope=limits))
        return tuple(planned)

    def _why(self, clause: Clause) -> str:
        if clause.strength is Strength.INFO:
            return "info: an open question, never judged"
        reasons = self.open.get(clause.id)
        return f"the recording cannot show it: {reasons.most_common(1)[0][0]}" if reasons else _NOT_SHOWN

    def so_far(self) -> list[AnyRecord]:
        """What held until now, and what was decided; without the exchanges that show it."""
        broken = {finding.clause for finding in self.keeper.findings}
        held = [self._passed(name, count, ()) for name, count in self.held.items() if name not in broken]
        return [*held, *self.decided.values(), *self._coverage()]

    def _coverage(self) -> Iterator[Coverage]:
        for (operation, outcome), count in sorted(self.coverage.items()):
            yield Coverage(operation=operation, outcome=outcome, count=count)

    def conclude(self, named: frozenset[str]) -> list[AnyRecord]:
        """What is only known at the end: which clauses held, and which of those named stay unknown."""
        broken = {finding.clause for finding in self.keeper.findings}
        records: list[AnyRecord] = []
        for name, count in self.held.items():
            if name not in broken:
                evidence = self.evidence[name]
                self._learn([evidence])
                records.append(self._passed(name, count, self.keeper.keep([evidence])))
        records += self.decided.values()
        for name in sorted(named & set(self.clauses) - broken - set(self.held) - set(self.decided)):
            records.append(_unknown(name, self._why(self.clauses[name])))
        return [*records, *self._coverage()]

    def _passed(self, name: str, count: int, exchanges: tuple[int, ...]) -> Finding:
        return Finding(
            clause=name,
            check=RECORDED,
            verdict=Verdict.PASS,
            identity=f"{name}:recorded:pass",
            summary=f"held {count} times" if count > 1 else "held once",
            operation=self.evidence[name].operation,
            exchanges=exchanges,
            count=count,
        )


def _unknown(name: str, reason: str) -> Finding:
    return Finding(
        clause=name, check=RECORDED, verdict=Verdict.UNKNOWN, identity=f"{name}:recorded:unknown", summary=reason
    )
