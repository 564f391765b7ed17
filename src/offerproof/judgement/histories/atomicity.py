"""A transaction over several user offers is one operation: it happens to all of them or to none.

An accepted one is held against each user offer by its own history. Here are the two cases that only all of them
together decide: no answer came, or it was refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offerproof.contract import Outcome
from offerproof.judgement.histories.keys import KeyJudge, KeyVerdict, Legality
from offerproof.judgement.histories.records import NEVER, Kind
from offerproof.judgement.histories.search import Step, search


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
    """Look for one instant (give or take the patience and the settle time) at which all parts can have happened."""
    if all(_Part(judge, row).legal(None) for row in rows):
        return ""
    parts = [_Part(judge, row) for row in rows]
    sentence = (
        "got no answer; some of its user offers can only be explained when it happened, "
        "others only when it did not, or much later: it took effect in part"
    )
    if not all(part.legal(part.step._replace(optional=False)) for part in parts):
        return sentence
    slack = judge.rules.patience + judge.rules.settle
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
