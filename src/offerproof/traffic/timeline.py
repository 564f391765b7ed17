"""Recorded operations replayed: as a history for the checker, and what is certain of each user offer by walking it."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path

from offerproof.contract import Outcome
from offerproof.judgement.histories import History, Kind, Seen
from offerproof.judgement.histories.records import NEVER
from offerproof.traffic.operations import NO_END, NOBODY, Done, read_log, transaction_id

COLUMNS = ("key", "kind", "outcome", "transaction", "process", "start", "end", "seen", "group", "reference")
CERTAIN_HOLD_US = 60_000_000
"""How long a lock surely holds where the target does not say: the shortest life that histories assume."""


@dataclass
class Timeline:
    """All recorded operations of a run: user offers as a history in columns, earnings by customer."""

    nonce: str
    history: History = field(default_factory=History)
    earnings: dict[int, list[tuple[int, int, int, int]]] = field(default_factory=dict)
    """Customer → (transaction, kind, outcome, basket code) of every transaction sent, in recorded order."""
    seen_customers: set[int] = field(default_factory=set)
    count: int = 0
    _numbers: dict[int, int] = field(default_factory=dict)

    def name_keys(self, user_offers: Mapping[int, str]) -> None:
        """Name the user offers: number in the records → id on the wire."""
        names = self.history.key_names
        names += [""] * (max(user_offers, default=-1) + 1 - len(names))
        for number, user_offer_id in user_offers.items():
            names[number] = user_offer_id

    def add(self, done: Done, *, shift: int = 0, widen: int = 0) -> None:
        """Add one record; ``shift`` brings a worker's clock to ours, ``widen`` is how unsure that is (microseconds)."""
        self.count += 1
        self.seen_customers.add(done.customer)
        if done.basket and done.kind in (Kind.SEND, Kind.RETURN):
            row = (done.transaction, done.kind, done.outcome, done.basket)
            self.earnings.setdefault(done.customer, []).append(row)
        if done.key == NOBODY:
            return
        start = done.start + shift - widen
        lost = done.duration == NO_END
        self._put(done, start, NEVER if lost else done.start + shift + done.duration + widen)

    def _put(self, done: Done, start: int, end: int) -> None:
        history = self.history
        number = self._transaction(done.transaction)
        history.key.append(done.key)
        history.kind.append(done.kind)
        history.outcome.append(Outcome.UNKNOWN if end == NEVER else done.outcome)
        history.transaction.append(number)
        history.process.append(self._caller(done.caller))
        history.start.append(start)
        history.end.append(end)
        history.seen.append(done.seen if done.kind == Kind.READ else 63)
        history.group.append(-1)
        history.reference.append(-1)

    def _transaction(self, number: int) -> int:
        if not number:
            return 0
        known = self._numbers.get(number)
        if known is None:
            names = self.history.transaction_names
            known = self._numbers[number] = len(names)
            names.append(transaction_id(self.nonce, number))
        return known

    def _caller(self, caller: int) -> int:
        names = self.history.process_names
        while len(names) <= caller:
            names.append(f"till {len(names)}")
        return caller

    def read(self, key: int, seen: Seen, start: int, end: int) -> None:
        """Add what the target's history showed of a user offer after the run."""
        self._put(Done(Kind.READ, Outcome.ACCEPTED, int(seen), 0, key, 0, 0, 0, start, 0, 0, 0), start, end)

    def unlocked(self, key: int, transaction: int, outcome: Outcome, start: int, end: int) -> None:
        """Add an unlock that the clean-up sent."""
        history = self.history
        self._put(Done(Kind.UNLOCK, outcome, 0, 0, key, 0, 0, 0, start, 0, 0, 0), start, end)
        history.transaction[-1] = transaction

    def without(self, keys: Set[int]) -> History:
        """Return the history without some user offers: what is known of them has holes, which prove nothing."""
        history, kept = self.history, History()
        kept.key_names, kept.transaction_names = history.key_names, history.transaction_names
        kept.process_names = history.process_names
        rows = [row for row, key in enumerate(history.key) if key not in keys]
        for name in COLUMNS:
            column = getattr(history, name)
            setattr(kept, name, array(column.typecode, (column[row] for row in rows)))
        return kept

    def rows_by_key(self) -> Iterator[tuple[int, list[int]]]:
        """Yield each user offer that has operations, with its rows in the order of their starts."""
        for key, rows in enumerate(self.history.rows_by_key()):
            if rows:
                yield key, rows

    @property
    def last(self) -> int:
        """The latest instant of any operation (its start, when no answer came), in microseconds of the run."""
        history = self.history
        return max((s if e == NEVER else e for s, e in zip(history.start, history.end, strict=True)), default=0)


@dataclass
class Certain:
    """What is certain of one user offer, whatever order the operations took effect in."""

    locked: bool = False
    """Whether any lock was acknowledged."""
    redeemed_by: list[int] = field(default_factory=list)
    """Transactions (numbers of the history) whose closing was acknowledged after their own lock was."""
    maybe_redeemed: bool = False
    """Whether any redemption was acknowledged, or sent without an answer."""
    reversed: bool = False
    """Whether something that may undo a redemption happened (a return, a reinstatement)."""
    held_at_end: int = 0
    """The transaction that holds the lock at the end, as far as was seen; 0 for none."""
    overlap: tuple[int, int] | None = None
    """Two transactions that held the lock at the same time."""

    @property
    def twice(self) -> bool:
        """Whether more than one transaction redeemed it, and nothing that may undo a redemption happened."""
        return len(set(self.redeemed_by)) > 1 and not self.reversed


def walk(history: History, rows: list[int]) -> Certain:
    """Find what is certain of one user offer. A lock is held from its answer to the call that ends it."""
    found = Certain()
    locks: dict[int, int] = {}
    holds: list[tuple[int, int, int]] = []
    kinds, outcomes, numbers = history.kind, history.outcome, history.transaction
    for row in rows:
        kind, outcome, number = kinds[row], outcomes[row], numbers[row]
        if kind == Kind.LOCK:
            if outcome == Outcome.ACCEPTED:
                found.locked = True
                locks.setdefault(number, history.end[row])
                found.held_at_end = number
        elif kind in (Kind.SEND, Kind.REDEEM):
            if outcome == Outcome.ACCEPTED and (number in locks or kind == Kind.REDEEM):
                found.redeemed_by.append(number)
            if outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN):
                found.maybe_redeemed = True
                _release(found, locks, holds, number, history.start[row])
        elif kind == Kind.UNLOCK and outcome != Outcome.REFUSED:
            _release(found, locks, holds, number, history.start[row])
        elif kind in (Kind.RETURN, Kind.REINSTATE) and outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN):
            found.reversed = True
    for number, start in locks.items():
        holds.append((start, start + CERTAIN_HOLD_US, number))
    found.overlap = _overlap(holds, history.end[rows[-1]])
    return found


def _release(found: Certain, locks: dict[int, int], holds: list[tuple[int, int, int]], number: int, at: int) -> None:
    start = locks.pop(number, None)
    if start is not None:
        holds.append((start, min(at, start + CERTAIN_HOLD_US), number))
    if found.held_at_end == number:
        found.held_at_end = next(iter(locks), 0)


def _overlap(holds: list[tuple[int, int, int]], last: int) -> tuple[int, int] | None:
    """Return two transactions whose certain holds overlap; a hold nobody ended reaches no further than the record.

    Between clocks that are not surely the same, nothing is certain of a short hold: it ends before it starts."""
    until, holder = -1, 0
    for start, end, number in sorted(hold for hold in holds if hold[0] < hold[1]):
        if start < until and number != holder:
            return holder, number
        if min(end, last) > until:
            until, holder = min(end, last), number
    return None


def load_timeline(
    nonce: str,
    logs: Iterable[tuple[Path, int, int]],
    user_offers: Mapping[int, str],
    *,
    every: int,
) -> Timeline:
    """Read the operation files (path, clock shift, uncertainty; microseconds) of a run into one timeline.

    ``user_offers``: those of the sample, number → id; ``every``: one customer of so many is in the sample."""
    timeline = Timeline(nonce)
    timeline.name_keys(user_offers)
    for path, shift, widen in logs:
        for done in read_log(path, every=every):
            timeline.add(done, shift=shift, widen=widen)
    return timeline
