"""Judge a whole history: user offer by user offer, then the transactions that span several of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from offerproof.contract import Outcome
from offerproof.judgement.histories.keys import KeyJudge, KeyVerdict, Legality
from offerproof.judgement.histories.records import NEVER, History, Kind
from offerproof.judgement.histories.rules import Rules
from offerproof.judgement.histories.search import Step, search


@dataclass(slots=True)
class HistoryReport:
    """The verdict on a history. ``findings`` holds what is not legal, at most ``kept`` of each kind; the counts are
    whole.
    """

    keys: int = 0
    rows: int = 0
    illegal: int = 0
    undecided: int = 0
    not_atomic: int = 0
    concurrent: int = 0
    findings: list[KeyVerdict] = field(default_factory=list)

    @property
    def verdict(self) -> Legality:
        """Illegal outweighs unknown, unknown outweighs legal."""
        if self.illegal or self.not_atomic:
            return Legality.ILLEGAL
        return Legality.UNKNOWN if self.undecided else Legality.LEGAL


def check(history: History, rules: Rules | None = None, *, kept: int = 20, shrink: bool = True) -> HistoryReport:
    """Judge every user offer of a history on its own, then every transaction over several offers for atomicity.

    A user offer whose issue is not in the history counts as issued at its begin. ``kept`` bounds the findings that are
    spelled out (and minimised, unless ``shrink`` is off). Source: "Offer Management", steps 5 to 7, and the calls
    around them; what the sources leave open is tolerated (see :class:`~.rules.Rules`).
    """
    rules = rules or Rules()
    judge = KeyJudge(history, rules)
    report = HistoryReport(keys=len(history.key_names), rows=len(history))
    for key, rows in enumerate(judge.rows):
        if judge.in_sequence(rows):
            continue
        report.concurrent += 1
        found = judge.searched(rows)
        if found.legal:
            continue
        if found.legal is None:
            report.undecided += 1
            sentence = f"more than {rules.configurations} configurations: no verdict within this bound"
            _keep(report, KeyVerdict(history.key_names[key], Legality.UNKNOWN, sentence), kept)
            continue
        report.illegal += 1
        if report.illegal <= kept:
            report.findings.append(judge.counterexample(key, rows, found, shrink))
    if not report.illegal:
        for verdict in not_atomic(judge):
            report.not_atomic += 1
            _keep(report, verdict, kept)
    return report


def _keep(report: HistoryReport, verdict: KeyVerdict, kept: int) -> None:
    if sum(one.verdict is verdict.verdict for one in report.findings) < kept:
        report.findings.append(verdict)


# A transaction over several user offers is one operation: it happens to all of them or to none


def not_atomic(judge: KeyJudge) -> list[KeyVerdict]:
    """Return the transactions that can only have happened in part, or were refused although no offer gave a reason."""
    history = judge.history
    groups: dict[int, list[int]] = {}
    for row, group in enumerate(history.group):
        if group >= 0 and history.outcome[row] in (Outcome.UNKNOWN, Outcome.REFUSED):
            groups.setdefault(group, []).append(row)
    found: list[KeyVerdict] = []
    for rows in groups.values():
        lost = history.outcome[rows[0]] == Outcome.UNKNOWN
        sentence = _half_done(judge, rows) if lost else _refused_for_nothing(judge, rows)
        if sentence:
            keys = ", ".join(history.key_names[history.key[row]] for row in rows)
            found.append(KeyVerdict(keys, Legality.ILLEGAL, f"{_name(judge, rows[0])} {sentence}"))
    return found


def _half_done(judge: KeyJudge, rows: Sequence[int]) -> str:
    """Look for one instant, give or take the settle time and that of an answer, at which all parts can have been."""
    if all(_Part(judge, row).legal(None) for row in rows):
        return ""
    parts = [_Part(judge, row) for row in rows]
    sentence = (
        "got no answer; some of its user offers can only be explained when it happened, "
        "others only when it did not, or much later: it took effect in part"
    )
    if not all(part.legal(part.step._replace(optional=False)) for part in parts):
        return sentence
    slack = judge.rules.unanswered_for + judge.rules.settle
    if max(part.earliest() for part in parts) > min(part.latest() for part in parts) + slack:
        return sentence
    return ""


def _refused_for_nothing(judge: KeyJudge, rows: Sequence[int]) -> str:
    if judge.history.kind[rows[0]] != Kind.SEND:
        return ""
    parts = [_Part(judge, row) for row in rows]
    if any(part.excused or part.legal(part.step) for part in parts):
        return ""
    return "was refused although each of its user offers was locked by it"


def _name(judge: KeyJudge, row: int) -> str:
    history = judge.history
    name = history.transaction_names[history.transaction[row]]
    return f"{Kind(history.kind[row]).name.lower()} of {name or 'a transaction'}"


class _Part:
    """What a transaction did to one of its user offers, to be tried in several ways against that offer's history."""

    def __init__(self, judge: KeyJudge, row: int) -> None:
        rows = judge.rows[judge.history.key[row]]
        steps = judge.steps(rows, held=row)
        self.rest = [step for step in steps if step.row != row]
        own = [step for step in steps if step.row == row]
        self.excused = not own
        self.initial = judge.initial(rows)
        self.rules = judge.rules
        if own:
            self.step = own[0]

    def legal(self, step: Step | None) -> bool:
        """Tell whether the offer's history may be legal with this step in it; what meets the bound may be."""
        steps = self.rest if step is None else sorted([*self.rest, step])
        return search(steps, [self.initial], self.rules).legal is not False

    def earliest(self) -> int:
        """Return the first instant by which it can have happened."""
        ends = sorted({self.step.start} | {one.start for one in self.rest if one.start > self.step.start})
        return _first(ends, lambda end: self.legal(self.step._replace(end=end, optional=False)))

    def latest(self) -> int:
        """Return the last instant from which it can have happened."""
        starts = sorted({one.end for one in self.rest if one.end > self.step.start}, reverse=True)
        starts = [NEVER - 1, *(one for one in starts if one < NEVER), self.step.start]
        return _first(starts, lambda start: self.legal(self.step._replace(start=start, optional=False)))


def _first(candidates: Sequence[int], holds: Callable[[int], bool]) -> int:
    """Return the first candidate that holds; once one holds, all later ones do."""
    low, high = 0, len(candidates) - 1
    while low < high:
        middle = (low + high) // 2
        if holds(candidates[middle]):
            high = middle
        else:
            low = middle + 1
    return candidates[low]
