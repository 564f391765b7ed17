"""What the terminals did: operations as objects for people, as columns for a million of them."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from offerproof.contract import Outcome
from offerproof.errors import Misuse

# Later than any instant: the end of an operation that never answered.
NEVER = 2**62


class Kind(IntEnum):
    """What a terminal asked of a user offer. ``EXPIRE`` is the clock's own step: the window in which validity ends."""

    LOCK = 0
    UNLOCK = 1
    REDEEM = 2
    SEND = 3
    ISSUE = 4
    REVOKE = 5
    REINSTATE = 6
    READ = 7
    EXPIRE = 8
    RETURN = 9


class Seen(IntFlag):
    """The states that an observation leaves possible; a read carries a union of them."""

    ABSENT = 1
    ISSUED = 2
    LOCKED = 4
    REDEEMED = 8
    EXPIRED = 16
    REVOKED = 32


_EVERYTHING = Seen.ABSENT | Seen.ISSUED | Seen.LOCKED | Seen.REDEEMED | Seen.EXPIRED | Seen.REVOKED
_TELLING = (
    ("redeem", Seen.REDEEMED),
    ("used", Seen.REDEEMED),
    ("expire", Seen.EXPIRED),
    ("revoke", Seen.REVOKED),
    ("lock", Seen.LOCKED),
    ("issued", Seen.ISSUED | Seen.LOCKED),  # whether history tells a locked offer apart is open
)


def seen_in_wallet(present: bool, status: str | None = None) -> Seen:
    """What a Lookup without a transaction (or get_user_offers) shows of one user offer.

    A locked offer may stay or leave, with or without a status of its own, so presence means issued or locked and
    absence excludes only *issued*.
    """
    if not present:
        return _EVERYTHING & ~Seen.ISSUED
    return Seen.LOCKED if (status or "").upper() == "LOCKED" else Seen.ISSUED | Seen.LOCKED


def seen_in_history(description: str | None) -> Seen:
    """What the status description of user_offer_history tells; a word of the target's own tells nothing."""
    told = description or ""
    return next((seen for stem, seen in _TELLING if says(told, stem)), _EVERYTHING & ~Seen.ABSENT)


def says(description: str, stem: str) -> bool:
    """Whether a word of a status description begins with ``stem``, in any case.

    "Unused", "unlocked", "redeemable" and "not redeemed" do not say "used", "lock" and "redeem".
    """
    return re.search(rf"(?<![a-z])(?<!not )(?<!un-)(?<!non-){stem}(?!able)", description.lower()) is not None


@dataclass(frozen=True, slots=True)
class HistoryOperation:
    """One call on one user offer, or on several for a transaction that closes with several discounts.

    ``start`` and ``end`` are integer microseconds of one clock; ``end`` is None when no answer came. ``transaction`` is
    the transaction id of lock, redeem, send and return. ``seen`` belongs to reads. ``reference`` is the caller's own
    (an exchange number) and travels untouched into a counterexample.
    """

    keys: tuple[str, ...]
    kind: Kind
    start: int
    end: int | None
    outcome: Outcome
    transaction: str | None = None
    process: str = ""
    seen: Seen = _EVERYTHING
    reference: int = -1


class NumberedNames(list[str]):
    """Names by their numbers, and the number of each."""

    def __init__(self, *names: str) -> None:
        super().__init__(names)
        self._numbers = {name: number for number, name in enumerate(names)}

    def number(self, name: str) -> int:
        """Return the number of a name; a new name gets the next one."""
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self)
            self.append(name)
        return number


class History:
    """A recorded history in columns: one row for each key of each operation, about 45 bytes a row.

    Rows may be added in any order; a check sorts by key and start.
    """

    def __init__(self) -> None:
        self.key = array("i")
        self.kind = array("b")
        self.outcome = array("b")
        self.transaction = array("i")
        self.process = array("i")
        self.start = array("q")
        self.end = array("q")
        self.seen = array("b")
        self.group = array("i")
        self.reference = array("q")
        self.key_names, self.transaction_names, self.process_names = NumberedNames(), NumberedNames(""), NumberedNames()

    def __len__(self) -> int:
        return len(self.key)

    @classmethod
    def of(cls, operations: Iterable[HistoryOperation]) -> History:
        """Build a history from operation objects."""
        history = cls()
        for one in operations:
            history.add(
                one.keys,
                one.kind,
                one.start,
                one.end,
                one.outcome,
                one.transaction,
                one.process,
                one.seen,
                one.reference,
            )
        return history

    def add(
        self,
        keys: str | Sequence[str],
        kind: int,
        start: int,
        end: int | None,
        outcome: int,
        transaction: str | None = None,
        process: str = "",
        seen: int = int(_EVERYTHING),
        reference: int = -1,
    ) -> None:
        """Record one operation; the members are those of :class:`HistoryOperation`."""
        if end is None:
            end, outcome = NEVER, Outcome.UNKNOWN
        elif end < start:
            raise Misuse(
                f"an operation ends ({end}) before it starts ({start})", hint="record both instants with one clock"
            )
        names = (keys,) if isinstance(keys, str) else keys
        group = len(self.key) if len(names) > 1 else -1
        transaction_number = self.transaction_names.number(transaction or "")
        process_number = self.process_names.number(process)
        for name in names:
            self.key.append(self.key_names.number(name))
            self.kind.append(kind)
            self.outcome.append(outcome)
            self.transaction.append(transaction_number)
            self.process.append(process_number)
            self.start.append(start)
            self.end.append(end)
            self.seen.append(seen)
            self.group.append(group)
            self.reference.append(reference)

    def operation(self, row: int) -> HistoryOperation:
        """Return one row as an object (of a transaction over several offers: the part on this row's key)."""
        end = self.end[row]
        return HistoryOperation(
            keys=(self.key_names[self.key[row]],),
            kind=Kind(self.kind[row]),
            start=self.start[row],
            end=None if end == NEVER else end,
            outcome=Outcome(self.outcome[row]),
            transaction=self.transaction_names[self.transaction[row]] or None,
            process=self.process_names[self.process[row]],
            seen=Seen(self.seen[row]),
            reference=self.reference[row],
        )

    def rows_by_key(self) -> list[list[int]]:
        """Return the rows of each key, in the order of their starts."""
        buckets: list[list[int]] = [[] for _ in self.key_names]
        for row, key in enumerate(self.key):
            buckets[key].append(row)
        start = self.start
        for bucket in buckets:
            bucket.sort(key=start.__getitem__)
        return buckets
