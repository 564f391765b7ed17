"""Search for a legal order of one user offer's operations (Wing and Gong, with Lowe's just-in-time order and memory).

Operations are closed intervals; equal instants overlap. Why closed: when one terminal's lock ends at the very
microsecond in which another's begins, no clock of ours has seen which came first, and only an order that both clocks
could have seen may be held against the target.

The search walks the instants of return. It keeps every configuration that explains what was seen so far: a state of
the offer and the set of pending operations that have already taken effect. At an operation's return, each
configuration in which it has not yet taken effect tries every order of pending operations that ends with it.
Configurations are kept in a set (the memory), so equal ones are explored once. No configuration left means: no legal
order.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from offerproof.contract import Outcome
from offerproof.judgement.histories.records import NEVER, Kind
from offerproof.judgement.histories.rules import LOCKED, TAG_BITS, TAG_MASK, Rules, every_state, lapsed


class Step(NamedTuple):
    """One operation on one user offer, ready for the search.

    ``optional``: it happened between start and end, or not at all (an end of NEVER: at any time after its start).
    """

    start: int
    end: int
    kind: int
    outcome: int
    transaction: int
    seen: int
    row: int
    optional: bool


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found: ``legal`` is None when the bound was reached.

    ``failed`` is the index of the step that no order explains, ``before`` the states that were possible before it, and
    ``states`` those possible at the end of a legal history. ``configurations`` says how much was explored.
    """

    legal: bool | None
    failed: int = -1
    before: frozenset[int] = frozenset()
    states: frozenset[int] = frozenset()
    configurations: int = 0


class BoundReached(Exception):
    """The search of one user offer met its bound."""


_Configuration = tuple[int, int]

_ANY = 2**31
_WIDTH = 64
_LOCAL = 5_000
_LONGEST = 64


def search(steps: Sequence[Step], initial: Iterable[int], rules: Rules) -> Searched:
    """Decide whether some order of ``steps`` (one user offer, sorted by start) is legal from one of the initial states.

    Operations that may or may not have happened double the work, each of them. So a quick search comes first that uses
    them only where nothing else helps: an order it finds is an order. When it finds none, a short end of the history
    that is illegal from any state at all is proof enough. Only what is left takes the complete search, and its bound.
    """
    start = set(initial)
    if not any(step.optional for step in steps):
        return _Search(steps, rules).run(start)
    quick = _Search(steps, rules, width=_WIDTH).run(start)
    if quick.legal:
        return quick
    called = [step for step in steps if step.start <= steps[quick.failed].end] if quick.legal is False else steps
    local = _illegal_from_anywhere(steps, called, rules)
    return local or _Search(steps, rules).run(start)


def _illegal_from_anywhere(steps: Sequence[Step], called: Sequence[Step], rules: Rules) -> Searched | None:
    small = replace(rules, configurations=_LOCAL)
    size = 2
    while size < len(called) and size <= _LONGEST:
        window = called[-size:]
        opened = window[0].start
        window = [step for step in called[:-size] if step.end >= opened] + list(window)
        transactions = {step.transaction for step in window}
        found = _Search(window, small).run(every_state(transactions, max(transactions) + 1))
        if found.legal is False:
            row = window[found.failed].row
            place = next(index for index, step in enumerate(steps) if step.row == row)
            return Searched(False, place, found.before, configurations=found.configurations)
        size *= 2
    return None


def lock_starts(steps: Iterable[Step]) -> dict[int, int]:
    """Return for each transaction the earliest instant at which it can have locked the offer."""
    earliest: dict[int, int] = {}
    for step in steps:
        if step.kind == Kind.LOCK and step.outcome != Outcome.REFUSED:
            earliest.setdefault(step.transaction, step.start)
    return earliest


class _Search:
    """One pass over a history. With a ``width`` it is quick: at most so many configurations, and optional operations
    only where nothing else explains a return; then only a legal verdict counts.
    """

    def __init__(self, steps: Sequence[Step], rules: Rules, width: int | None = None) -> None:
        self.steps = steps
        self.width = width
        self.allowed = _ANY
        self.rules = rules
        self.pending: list[int] = []  # by their ends
        self.bit: dict[int, int] = {}  # of each pending step; bits are used again, so that sets stay small numbers
        self.free: list[int] = []
        self.optional = 0
        self.explored = 0
        self.now = 0
        self.earliest = lock_starts(steps) if rules.lock_lifetime is not None else {}
        self.limit = rules.configurations * (1 + len(steps) // 1000)

    def run(self, initial: set[int]) -> Searched:
        steps = self.steps
        configurations: set[_Configuration] = {(state, 0) for state in initial}
        # Calls come before returns of the same instant: closed intervals.
        events = sorted(
            [(step.start, 0, index) for index, step in enumerate(steps)]
            + [(step.end, 1, index) for index, step in enumerate(steps) if not (step.optional and step.end == NEVER)]
        )
        try:
            for instant, returns, index in events:
                if not returns:
                    self._called(index)
                    continue
                self.now = instant
                after = self._explained(configurations, index)
                if steps[index].optional:  # it may as well not have happened
                    after |= {(state, done & ~self.bit[index]) for state, done in configurations}
                if not after:
                    before = frozenset(state for state, _ in configurations)
                    return Searched(False, index, before, configurations=self.explored)
                configurations = self._best(after) if self.optional else after
                self._left(index)
        except BoundReached:
            return Searched(None, configurations=self.explored)
        states = frozenset(state for state, _ in configurations)
        return Searched(True, states=states, configurations=self.explored)

    def _called(self, index: int) -> None:
        insort(self.pending, index, key=self._end_of)
        bit = self.free.pop() if self.free else 1 << len(self.bit)
        self.bit[index] = bit
        if self.steps[index].optional:
            self.optional |= bit

    def _left(self, index: int) -> None:
        self.pending.remove(index)
        bit = self.bit.pop(index)
        self.optional &= ~bit
        self.free.append(bit)

    def _explained(self, configurations: set[_Configuration], index: int) -> set[_Configuration]:
        """Take the return of one operation; the quick pass first without, then with one and two optional operations."""
        if self.width is None:
            return self._returned(configurations, index)
        used = max(self._used(one) for one in configurations)
        for more in (0, 1, 2):
            self.allowed = used + more
            after = self._returned(configurations, index)
            if after or not self.optional:
                return after
        return set()

    def _returned(self, configurations: set[_Configuration], index: int) -> set[_Configuration]:
        """Keep what is possible once operation ``index`` has surely taken effect."""
        bit = self.bit[index]
        after: set[_Configuration] = set()
        seen: set[_Configuration] = set()
        stack = [self._absorb(*one) for one in configurations]
        while stack:
            configuration = stack.pop()
            if configuration in seen:
                continue
            seen.add(configuration)
            if self.explored + len(seen) > self.limit:
                raise BoundReached
            state, done = configuration
            if done & bit:
                after.add((state, done & ~bit))
                continue
            stack.extend(self._moves(state, done))
        self.explored += len(seen)
        return after

    def _best(self, configurations: set[_Configuration]) -> set[_Configuration]:
        """Drop configurations that used up more optional operations than an equal one: they explain nothing more."""
        groups: dict[_Configuration, list[int]] = {}
        for state, done in sorted(configurations, key=self._used):
            used = done & self.optional
            group = groups.setdefault((state, done & ~self.optional), [])
            if not any(less & ~used == 0 for less in group):
                group.append(used)
        best = [(state, done | used) for (state, done), group in groups.items() for used in group]
        if self.width is not None and len(best) > self.width:
            best = sorted(best, key=self._used)[: self.width]
        return set(best)

    def _used(self, configuration: _Configuration) -> int:
        return (configuration[1] & self.optional).bit_count()

    def _absorb(self, state: int, done: int) -> _Configuration:
        """Let every pending operation that changes nothing and is true of this state take effect now: it costs
        nothing.
        """
        rules = self.rules
        for index in self.pending:
            step = self.steps[index]
            if (
                not done & self.bit[index]
                and not rules.changes(step.kind, step.outcome)
                and rules.after(state, step.kind, step.outcome, step.transaction, step.seen)
            ):
                done |= self.bit[index]
        return state, done

    def _moves(self, state: int, done: int) -> list[_Configuration]:
        """Return the configurations one operation further."""
        found: list[_Configuration] = []
        alike: set[tuple[int, ...]] = set()
        used = (done & self.optional).bit_count()
        sources = (state, lapsed(state)) if self._may_lapse(state) else (state,)
        # Of operations with the same effect the one that ends first goes first: the other orders explain nothing more.
        for index in self.pending:
            if done & self.bit[index]:
                continue
            step = self.steps[index]
            if step.optional and used >= self.allowed:
                continue
            signature = (step.kind, step.outcome, step.transaction, step.seen, step.optional)
            if signature in alike:
                continue
            alike.add(signature)
            for source in sources:
                for target in self.rules.after(source, step.kind, step.outcome, step.transaction, step.seen):
                    if target != state or not step.optional:
                        found.append(self._absorb(target, done | self.bit[index]))
        return found

    def _end_of(self, index: int) -> int:
        return self.steps[index].end

    def _may_lapse(self, state: int) -> bool:
        lifetime = self.rules.lock_lifetime
        if lifetime is None or state & TAG_MASK != LOCKED:
            return False
        taken = self.earliest.get(state >> TAG_BITS)
        return taken is None or self.now - taken >= lifetime
