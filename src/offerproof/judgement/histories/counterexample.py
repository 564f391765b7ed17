"""Cut an illegal history down to the operations that make it illegal, and say why.

Leaving an operation out may make a legal history illegal (without the unlock, two locks look wrong), so nothing is
simply left out: an operation that may have changed the offer is weakened to "happened between its call and its answer,
or not at all", and leaves the picture only when the rest is illegal even so. Reads and refusals change nothing and go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from offerproof.contract import Outcome
from offerproof.judgement.histories.records import History, HistoryOperation, Kind, Seen
from offerproof.judgement.histories.rules import Rules, describe, every_state
from offerproof.judgement.histories.search import Searched, Step, search

# One weakened operation may double the work, so each try of the reduction has a small bound of its own.
_TRY = 5_000
_TRIES = 400
_STATES_NAMED = 4


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A history of one user offer that no order explains, as small as it could be made.

    ``initial`` says from what it starts (often "any state": then nothing that happened before can excuse it),
    ``failed`` is the place of the operation that could not be explained, ``left_out`` counts operations that do not
    matter.
    """

    key: str
    initial: str
    operations: tuple[HistoryOperation, ...]
    failed: int
    reason: str
    left_out: int

    def as_data(self) -> dict[str, Any]:
        """Return plain data, as a run file and the time-line renderer take it (instants are integer microseconds)."""
        return {
            "key": self.key,
            "initial": self.initial,
            "reason": self.reason,
            "left_out": self.left_out,
            "operations": [
                {
                    "operation": one.kind.name.lower(),
                    "transaction": one.transaction,
                    "caller": one.process,
                    "started_us": one.start,
                    "ended_us": one.end,
                    "outcome": one.outcome.name.lower(),
                    "seen": _seen_words(one.seen) if one.kind is Kind.READ else None,
                    "reference": one.reference if one.reference >= 0 else None,
                    "failed": place == self.failed,
                }
                for place, one in enumerate(self.operations)
            ],
        }


def minimise(
    history: History, steps: Sequence[Step], initial: int, found: Searched, rules: Rules, *, shrink: bool = True
) -> Counterexample:
    """Return the smallest illegal part that a bounded search finds (``found`` is the search that failed)."""
    reached = steps[found.failed].end
    called = [step for step in steps if step.start <= reached]
    names = history.transaction_names
    start = {initial}
    kept = list(range(len(called)))
    if shrink:
        start, kept = _Reduction(called, initial, rules, len(names)).run()
    final = search(_weakened(called, kept), start, rules) if shrink else found
    if final.legal is not False:  # the bound of the reduction was smaller; stay with what is proved
        final, start, kept = found, {initial}, list(range(len(called)))
    remaining = _weakened(called, kept)
    failed_row = remaining[final.failed].row if shrink else steps[found.failed].row
    operations = tuple(history.operation(called[index].row) for index in kept)
    failed = next((place for place, index in enumerate(kept) if called[index].row == failed_row), -1)
    return Counterexample(
        key=history.key_names[history.key[called[0].row]],
        initial="any state" if len(start) > 1 else describe(initial, names),
        operations=operations,
        failed=failed,
        reason=_reason(history.operation(failed_row), final.before, names),
        left_out=len(steps) - len(kept),
    )


class _Reduction:
    """Delta debugging by operation, within a fixed number of tries."""

    def __init__(self, steps: list[Step], initial: int, rules: Rules, foreign: int) -> None:
        self.steps = steps
        self.initial = initial
        self.anything = every_state({step.transaction for step in steps}, foreign)
        self.rules = replace(rules, configurations=min(_TRY, rules.configurations))
        self.tries = _TRIES

    def run(self) -> tuple[set[int], list[int]]:
        """Return the initial states and the indices of the steps that are needed."""
        start, kept = self._window()
        size = max(1, len(kept) // 2)
        while True:
            reduced = self._without_chunks(start, kept, size)
            if size == 1 and len(reduced) == len(kept):
                return start, reduced
            kept = reduced
            size = max(1, min(size // 2, len(kept) // 2))

    def _window(self) -> tuple[set[int], list[int]]:
        """Find a short end of the history that is illegal from any state at all."""
        count = len(self.steps)
        size = 2
        while True:
            kept = list(range(max(0, count - size), count))
            if self._illegal(self.anything, kept):
                return self.anything, kept
            if size >= count:
                return {self.initial}, list(range(count))
            size *= 2

    def _without_chunks(self, start: set[int], kept: list[int], size: int) -> list[int]:
        place = 0
        while place < len(kept):
            rest = kept[:place] + kept[place + size :]
            if rest and self._illegal(start, rest):
                kept = rest
            else:
                place += size
        return kept

    def _illegal(self, start: set[int], kept: list[int]) -> bool:
        self.tries -= 1
        return self.tries >= 0 and search(_weakened(self.steps, kept), start, self.rules).legal is False


def _weakened(steps: Sequence[Step], kept: Iterable[int]) -> list[Step]:
    """Keep some steps as they are; of the others keep only that they may have happened."""
    whole = set(kept)
    found: list[Step] = []
    for index, step in enumerate(steps):
        if index in whole:
            found.append(step)
        elif step.kind != Kind.READ and step.outcome != Outcome.REFUSED:
            found.append(step._replace(optional=True))
    return found


def _reason(operation: HistoryOperation, before: frozenset[int], names: list[str]) -> str:
    what = operation.kind.name.lower()
    by = f" by {operation.transaction}" if operation.transaction else ""
    if operation.kind is Kind.READ:
        observed = f"a read showed {_seen_words(operation.seen)}"
    else:
        observed = f"{what}{by} was {operation.outcome.name.lower()}"
    ordered = sorted(before)
    words = [describe(state, names) for state in ordered[:_STATES_NAMED]]
    more = f" (or {len(ordered) - _STATES_NAMED} states more)" if len(ordered) > _STATES_NAMED else ""
    return f"{observed}, but in every legal order the user offer was then {' or '.join(words)}{more}"


def _seen_words(seen: Seen) -> str:
    return " or ".join(one.name.lower().replace("absent", "not issued") for one in Seen if one in seen and one.name)
