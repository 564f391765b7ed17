"""What one user offer may do: from a state and an observed outcome to the set of states still possible.

The tables say what is documented; where the sources are silent (revoke of a locked offer, unlock when nothing is
locked, a closed transaction whose discount is not locked) every sensible choice is one of the possible next states.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from offerproof.contract import Outcome
from offerproof.judgement.histories.records import Kind, Seen
from offerproof.target import Profile

# A state is a tag in the low three bits and, for locked and redeemed, the number of the transaction above them.
ABSENT, ISSUED, LOCKED, REDEEMED, EXPIRED, REVOKED = range(6)
TAG_BITS = 3
TAG_MASK = 7
_TAGS = (ABSENT, ISSUED, LOCKED, REDEEMED, EXPIRED, REVOKED)
_WORDS = ("not issued", "issued", "locked", "redeemed", "expired", "revoked")

_SAME = -1
_Moves = tuple[int, ...]
_NO: _Moves = ()
_STAY: _Moves = (_SAME,)

# For an accepted call: tag -> (same transaction, another transaction). A tag that is missing means: never right.
_Table = dict[int, tuple[_Moves, _Moves]]


def _both(moves: _Moves) -> tuple[_Moves, _Moves]:
    return moves, moves


_LOCK: _Table = {ISSUED: _both((LOCKED,)), LOCKED: ((LOCKED,), _NO)}
# Of Lock alone the sources say that another transaction's lock refuses; of redeem and send_transaction it is our guess.
_REDEEM: _Table = {ISSUED: _both((REDEEMED,)), LOCKED: _both((REDEEMED,))}
_REDEEM_STRICT: _Table = {ISSUED: _both((REDEEMED,)), LOCKED: ((REDEEMED,), _NO)}
_UNLOCK: _Table = {
    ISSUED: _both(_STAY),
    LOCKED: _both((ISSUED,)),
    REDEEMED: _both(_STAY),
    EXPIRED: _both(_STAY),
    REVOKED: _both(_STAY),
}
_REINSTATE: _Table = {
    ISSUED: _both(_STAY),
    LOCKED: _both((_SAME, ISSUED)),
    REDEEMED: _both((ISSUED,)),
    EXPIRED: _both(_STAY),
    REVOKED: _both(_STAY),
}
_REVOKE: _Table = {
    ISSUED: _both((REVOKED,)),
    LOCKED: _both((REVOKED,)),
    REDEEMED: _both((_SAME, REVOKED)),
    EXPIRED: _both((_SAME, REVOKED)),
    REVOKED: _both(_STAY),
}
_SEND: _Table = {
    ABSENT: _both(_STAY),
    ISSUED: _both((_SAME, REDEEMED)),
    LOCKED: ((REDEEMED,), (_SAME, REDEEMED)),
    REDEEMED: _both(_STAY),
    EXPIRED: _both(_STAY),
    REVOKED: _both(_STAY),
}
_SEND_STRICT: _Table = {ISSUED: _both((_SAME, REDEEMED)), LOCKED: ((REDEEMED,), _NO), REDEEMED: (_STAY, _NO)}
_ISSUE: _Table = {ABSENT: _both((ISSUED,))}
_EXPIRE: _Table = {
    ABSENT: _both(_STAY),
    ISSUED: _both((EXPIRED,)),
    LOCKED: _both((_SAME, EXPIRED)),
    REDEEMED: _both(_STAY),
    EXPIRED: _both(_STAY),
    REVOKED: _both(_STAY),
}
# A return re-sends the transaction without the item; whether the offer comes back is open.
_RETURN: _Table = {tag: _both(_STAY) for tag in _TAGS} | {REDEEMED: ((_SAME, ISSUED), _STAY)}
_NOTHING: _Table = {}

# Where a refusal would be wrong: tag -> (with the same transaction, with another one).
_MUST_NOT_REFUSE: dict[int, dict[int, tuple[bool, bool]]] = {
    Kind.LOCK: {ISSUED: (True, True), LOCKED: (True, False)},
    Kind.REDEEM: {ISSUED: (True, True), LOCKED: (True, False)},
    Kind.UNLOCK: {LOCKED: (True, True)},
    Kind.SEND: {LOCKED: (True, False)},
    Kind.REVOKE: {ISSUED: (True, True)},
    Kind.REINSTATE: {REDEEMED: (True, True)},
}

_SHORTEST_LIFE = 60_000_000


def lock_lifetime(told: str | None) -> int | None:
    """How long a lock lives at least, in microseconds, by a profile (``lock_lifetime.seconds``); None: for ever.

    Where nothing is told, the shortest life that can be meant is assumed.
    """
    if told is None:
        return _SHORTEST_LIFE
    return int(told) * 1_000_000 if told.isdigit() else None


Steps = tuple[tuple[tuple[_Moves, _Moves], ...], ...]


@dataclass(frozen=True)
class Rules:
    """How strictly a history is judged. All durations are microseconds.

    ``settle`` extends the end of an accepted send_transaction and return (effects may follow the answer).
    ``lock_lifetime``: the shortest life after which a lock may have lapsed; None when the target says that locks last.
    ``bad_discounts_refused``: the target says that it refuses a closed transaction whose discount is not its own.
    ``locks_bar_redeem``: a lock bars redeem (at once) by another transaction; the sources say it of Lock only.
    ``conflicts_excuse_refusals``: a refusal is no claim about the state when a concurrent call on the same user offer
    went through (optimistic locking answers so); a call without an answer counts as in the way for ``unanswered_for``
    after its start. ``configurations`` bounds the search of one user offer, for each thousand operations begun.
    """

    settle: int = 0
    lock_lifetime: int | None = 60_000_000
    bad_discounts_refused: bool = False
    locks_bar_redeem: bool = False
    conflicts_excuse_refusals: bool = True
    unanswered_for: int = 30_000_000
    configurations: int = 200_000
    accepted: Steps = field(init=False, repr=False, compare=False)
    refused: Steps = field(init=False, repr=False, compare=False)

    @classmethod
    def of(cls, profile: Profile, *, configurations: int = 200_000) -> Rules:
        """How strictly the histories of a target are judged, by what its profile declares."""
        return cls(
            settle=profile.timing.settle_ms * 1000,
            lock_lifetime=lock_lifetime(profile.behaviour("lock_lifetime.seconds")),
            bad_discounts_refused=profile.behaviour("send_transaction.bad_discount") == "refused",
            configurations=configurations,
        )

    def __post_init__(self) -> None:
        send = _SEND_STRICT if self.bad_discounts_refused else _SEND
        redeem = _REDEEM_STRICT if self.locks_bar_redeem else _REDEEM
        tables = (_LOCK, _UNLOCK, redeem, send, _ISSUE, _REVOKE, _REINSTATE, _NOTHING, _EXPIRE, _RETURN)
        accepted = tuple(tuple(table.get(tag, (_NO, _NO)) for tag in _TAGS) for table in tables)
        refused = tuple(
            tuple(_refusal(_MUST_NOT_REFUSE.get(kind, {}).get(tag, (False, False))) for tag in _TAGS) for kind in Kind
        )
        object.__setattr__(self, "accepted", accepted)
        object.__setattr__(self, "refused", refused)

    def after(self, state: int, kind: int, outcome: int, transaction: int, seen: int) -> tuple[int, ...]:
        """Return the states possible after an operation took effect in ``state``; empty when that cannot be."""
        tag = state & TAG_MASK
        if kind == Kind.READ:
            return (state,) if seen >> tag & 1 else ()
        other = (state >> TAG_BITS) != transaction
        steps = self.refused if outcome == Outcome.REFUSED else self.accepted
        moves = steps[kind][tag][other]
        if not moves:
            return ()
        if moves is _STAY:
            return (state,)
        own = transaction << TAG_BITS
        return tuple(state if move == _SAME else (move | own if move in (LOCKED, REDEEMED) else move) for move in moves)

    def changes(self, kind: int, outcome: int) -> bool:
        """Tell whether such an operation can change the state at all."""
        return outcome != Outcome.REFUSED and kind != Kind.READ


def _refusal(wrong: tuple[bool, bool]) -> tuple[_Moves, _Moves]:
    return (_NO if wrong[0] else _STAY), (_NO if wrong[1] else _STAY)


def lapsed(state: int) -> int:
    """Return the state after a lock's life has ended by itself."""
    return ISSUED if state & TAG_MASK == LOCKED else state


def describe(state: int, transactions: list[str]) -> str:
    """Say a state in words, with the transaction that holds or used the offer."""
    tag, number = state & TAG_MASK, state >> TAG_BITS
    if tag in (LOCKED, REDEEMED):
        name = transactions[number] if 0 < number < len(transactions) else ""
        return f"{_WORDS[tag]} by {name or 'another transaction'}"
    return _WORDS[tag]


def every_state(transactions: set[int], foreign: int) -> set[int]:
    """Return every state an offer could be in, given the transactions that touch it and one that stands for all
    others.
    """
    numbers = transactions | {foreign}
    held = {tag | number << TAG_BITS for tag in (LOCKED, REDEEMED) for number in numbers}
    return held | {ABSENT, ISSUED, EXPIRED, REVOKED}


def _tags_fit_seen() -> bool:
    return all(1 << tag == seen for tag, seen in zip(_TAGS, Seen, strict=True))


assert _tags_fit_seen(), "Seen must have one bit for each state tag, in the same order"
