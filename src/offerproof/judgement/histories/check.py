"""Judge a whole history: user offer by user offer, then the transactions that span several of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from offerproof.judgement.histories.atomicity import not_atomic
from offerproof.judgement.histories.keys import KeyJudge, KeyVerdict, Legality
from offerproof.judgement.histories.records import History
from offerproof.judgement.histories.rules import Rules


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
