"""Judge one user offer at a time: the quick way for what happened in sequence, the search for what overlapped."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum

from offerproof.contract import Outcome
from offerproof.judgement.histories.counterexample import Counterexample, minimise
from offerproof.judgement.histories.records import NEVER, History, Kind
from offerproof.judgement.histories.rules import ABSENT, ISSUED, LOCKED, TAG_BITS, TAG_MASK, Rules
from offerproof.judgement.histories.search import Searched, Step, search


class Legality(Enum):
    """Legal, illegal, or not decided within the stated bound."""

    LEGAL = "legal"
    ILLEGAL = "illegal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class KeyVerdict:
    """The verdict on one user offer; ``reason`` is a sentence, ``counterexample`` is there when it is illegal."""

    key: str
    verdict: Legality
    reason: str = ""
    counterexample: Counterexample | None = None


class KeyJudge:
    """One history under one set of rules: rows to steps, the quick way for sequences, the search for the rest."""

    def __init__(self, history: History, rules: Rules) -> None:
        self.history = history
        self.rules = rules
        self.rows = history.rows_by_key()

    def end(self, row: int) -> int:
        """Return when the row's effect is surely there: the answer, plus the settle time for what may follow it."""
        history = self.history
        end = history.end[row]
        if history.kind[row] in (Kind.SEND, Kind.RETURN) and end != NEVER:
            return end + self.rules.settle
        return end

    def initial(self, rows: list[int]) -> int:
        """Return the state before the first row: not issued when the history holds the issue."""
        kind = self.history.kind
        return ABSENT if any(kind[row] == Kind.ISSUE for row in rows) else ISSUED

    def _claims_nothing(self, row: int) -> bool:
        """Tell whether a row can be passed over: turned away, a read without an answer or refused, a refused part.

        A transaction over several offers may be refused because of any one of them: see :func:`.atomicity.not_atomic`.
        """
        history = self.history
        outcome = history.outcome[row]
        if outcome == Outcome.ACCEPTED:
            return False
        if outcome == Outcome.TURNED_AWAY or history.kind[row] == Kind.READ:
            return True
        return outcome == Outcome.REFUSED and history.group[row] >= 0

    def in_sequence(self, rows: list[int]) -> bool:
        """Judge a history without overlaps in one pass; False sends it to the search."""
        history, after, lifetime = self.history, self.rules.after, self.rules.lock_lifetime
        kind, outcome, transaction, seen, start = (
            history.kind,
            history.outcome,
            history.transaction,
            history.seen,
            history.start,
        )
        locked_at: dict[int, int] = {}
        states: tuple[int, ...] = (self.initial(rows),)
        previous = -1
        for row in rows:
            if start[row] <= previous:
                return False
            end = self.end(row)
            if outcome[row] != Outcome.ACCEPTED:
                if self._claims_nothing(row):
                    continue
                if outcome[row] == Outcome.UNKNOWN:
                    return False
            previous = end
            if lifetime is not None and kind[row] == Kind.LOCK and outcome[row] == Outcome.ACCEPTED:
                locked_at.setdefault(transaction[row], start[row])
            if len(states) == 1:
                state = states[0]
                if (
                    lifetime is not None
                    and state & TAG_MASK == LOCKED
                    and end - locked_at[state >> TAG_BITS] >= lifetime
                ):
                    return False
                states = after(state, kind[row], outcome[row], transaction[row], seen[row])
            else:
                return self._rest_in_sequence(rows, row, states)
            if not states:
                return False
        return True

    def _rest_in_sequence(self, rows: list[int], row: int, states: tuple[int, ...]) -> bool:
        """Go on with several possible states, as long as nothing overlaps and no lock is old enough to have lapsed."""
        history, after, lifetime = self.history, self.rules.after, self.rules.lock_lifetime
        first = history.start[rows[0]]
        previous = -1
        for one in rows[rows.index(row) :]:
            outcome, kind = history.outcome[one], history.kind[one]
            if self._claims_nothing(one):
                continue
            if outcome == Outcome.UNKNOWN or history.start[one] <= previous:
                return False
            previous = self.end(one)
            if lifetime is not None and previous - first >= lifetime:
                return False
            found: set[int] = set()
            for state in states:
                found.update(after(state, kind, outcome, history.transaction[one], history.seen[one]))
            if not found:
                return False
            states = tuple(found)
        return True

    def steps(self, rows: list[int], held: int = -1) -> list[Step]:
        """Return the rows that claim something, as steps; ``held`` is a refused part that is to be kept."""
        history = self.history
        steps: list[Step] = []
        excuses = _Excuses(history, rows, self) if self.rules.conflicts_excuse_refusals else None
        for row in rows:
            outcome, kind = history.outcome[row], history.kind[row]
            if row != held and self._claims_nothing(row):
                continue
            if outcome == Outcome.REFUSED and excuses and excuses.cover(row):
                continue
            lost = outcome == Outcome.UNKNOWN
            end = NEVER if lost else self.end(row)
            accepted = Outcome.ACCEPTED if lost else outcome
            steps.append(
                Step(history.start[row], end, kind, accepted, history.transaction[row], history.seen[row], row, lost)
            )
        return steps

    def searched(self, rows: list[int]) -> Searched:
        """Search one user offer from its initial state."""
        return search(self.steps(rows), [self.initial(rows)], self.rules)

    def counterexample(self, key: int, rows: list[int], found: Searched, shrink: bool) -> KeyVerdict:
        """Cut an illegal history down to what makes it illegal."""
        history, steps = self.history, self.steps(rows)
        made = minimise(history, steps, self.initial(rows), found, self.rules, shrink=shrink)
        return KeyVerdict(history.key_names[key], Legality.ILLEGAL, made.reason, made)


_THE_TARGET = -2
"""Whose work it is when a transaction was answered and its effect is still to come."""


class _Excuses:
    """Which refusals of one user offer met a call of another terminal that went through at the same time, or an effect
    of any terminal's transaction that was still under way.
    """

    def __init__(self, history: History, rows: list[int], judge: KeyJudge) -> None:
        self.history = history
        self.starts: list[int] = []
        # For each number of effects: the latest end with its process, and the latest end among all other processes.
        self.latest: list[tuple[int, int, int]] = [(-1, -1, -1)]
        for row in rows:
            if history.kind[row] == Kind.READ or history.outcome[row] not in (Outcome.ACCEPTED, Outcome.UNKNOWN):
                continue
            end, process = judge.end(row), history.process[row]
            if end == NEVER:
                end = history.start[row] + judge.rules.unanswered_for
            elif end > history.end[row]:
                process = _THE_TARGET
            self.starts.append(history.start[row])
            best, owner, second = self.latest[-1]
            if process == owner:
                self.latest.append((max(best, end), owner, second))
            elif end > best:
                self.latest.append((end, process, best))
            else:
                self.latest.append((best, owner, max(second, end)))

    def cover(self, row: int) -> bool:
        """Tell whether a refused row overlaps the effect of another process."""
        history = self.history
        best, owner, second = self.latest[bisect_right(self.starts, history.end[row])]
        return (second if owner == history.process[row] else best) >= history.start[row]
