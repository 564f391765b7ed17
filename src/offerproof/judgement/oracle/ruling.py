"""A ruling: is the answer legal, why not, and what is possible after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from offerproof.contract import Outcome, Strength, load_contract
from offerproof.judgement.histories import Kind, Seen
from offerproof.judgement.histories.rules import (
    EXPIRED,
    ISSUED,
    LOCKED,
    REDEEMED,
    REVOKED,
    TAG_BITS,
    TAG_MASK,
    describe,
)
from offerproof.judgement.oracle.calls import Call, outcome_of
from offerproof.judgement.oracle.world import Held, PendingEffect, Possibility, WorldModel


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing that is not right. ``clause`` is the rule that speaks of it; ``what`` names what was looked at, without
    values. ``must``: whether it makes the answer illegal (else it is a doubt: a should-clause).
    """

    clause: str
    what: str
    expected: Any
    observed: Any
    must: bool = True


Cell = tuple[str, str, str]


@dataclass(frozen=True)
class Ruling:
    """The verdict on one call. ``cells`` says what was exercised: (state before, operation, outcome).

    ``held`` names the clauses that could have been broken here and were not.
    """

    world: WorldModel
    objections: tuple[Objection, ...]
    cells: frozenset[Cell]
    held: frozenset[str] = frozenset()

    @property
    def legal(self) -> bool:
        """Whether nothing that must hold was broken."""
        return not any(one.must for one in self.objections)

    @property
    def breaches(self) -> tuple[Objection, ...]:
        """The objections that make it illegal."""
        return tuple(one for one in self.objections if one.must)


@cache
def lenient() -> frozenset[str]:
    """The clauses whose breach is not a failure, as the contract has them."""
    return frozenset(name for name, clause in load_contract().clauses.items() if clause.strength is not Strength.MUST)


_ACCEPTED = {
    (Kind.LOCK, LOCKED): ("LOCK-12", "a lock while another transaction holds one"),
    (Kind.LOCK, REDEEMED): ("LOCK-14", "a lock of a redeemed offer"),
    (Kind.LOCK, REVOKED): ("LOCK-15", "a lock of a revoked offer"),
    (Kind.LOCK, EXPIRED): ("TIME-10", "a lock of an expired offer"),
    (Kind.REDEEM, REDEEMED): ("REDEEM-14", "a second redemption"),
    (Kind.REDEEM, REVOKED): ("REDEEM-16", "a redemption of a revoked offer"),
    (Kind.REDEEM, EXPIRED): ("TIME-10", "a redemption of an expired offer"),
}
_REFUSED = {
    (Kind.LOCK, ISSUED): ("LOCK-1", "a lock of a free offer"),
    (Kind.LOCK, LOCKED): ("LOCK-10", "a lock again by the transaction that holds it"),
    (Kind.REDEEM, ISSUED): ("REDEEM-12", "redeeming a free offer at once"),
    (Kind.REDEEM, LOCKED): ("REDEEM-12", "redeeming at once by the transaction that holds the lock"),
    (Kind.UNLOCK, LOCKED): ("LOCK-18", "unlocking a locked offer"),
    (Kind.REINSTATE, REDEEMED): ("REDEEM-21", "reinstating a redeemed offer"),
    (Kind.REVOKE, ISSUED): ("ISSUE-10", "revoking an issued offer"),
}
_ANY = int(sum(Seen))


def _broken_by(held: Held, kind: Kind, outcome: Outcome) -> tuple[str, str]:
    """The clause that a change answered so breaks, and what was looked at."""
    table = _ACCEPTED if outcome is Outcome.ACCEPTED else _REFUSED
    known = (table.get((kind, one.state & TAG_MASK)) for one in held.possible)
    return next((one for one in known if one), ("JOURN-1", f"{kind.name.lower()} of a user offer"))


@dataclass
class Judgement:
    """Where one call is judged: the world being changed, the objections found so far."""

    world: WorldModel
    call: Call
    outcome: Outcome
    objections: list[Objection] = field(default_factory=list)
    cells: set[Cell] = field(default_factory=set)
    held: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, world: WorldModel, call: Call) -> Judgement:
        """Open a case on a copy of the world."""
        return cls(world.copy(), call, outcome_of(call))

    @property
    def accepted(self) -> bool:
        """Whether the answer claims success."""
        return self.outcome is Outcome.ACCEPTED

    @property
    def refused(self) -> bool:
        """Whether the answer is a refusal."""
        return self.outcome is Outcome.REFUSED

    @property
    def unanswered(self) -> bool:
        """Whether it is not known what happened: no answer, or one that is never right."""
        return self.outcome in (Outcome.UNKNOWN, Outcome.BROKEN)

    def wrong(self, clause: str, what: str, expected: Any, observed: Any) -> None:
        """Hold something against the answer."""
        self.objections.append(Objection(clause, what, expected, observed, must=clause not in lenient()))

    def check(self, condition: bool, clause: str, what: str, expected: Any, observed: Any) -> bool:
        """Hold something against the answer unless the condition is true; return the condition."""
        if condition:
            self.held.add(clause)
        else:
            self.wrong(clause, what, expected, observed)
        return condition

    def must_refuse(self, clause: str, what: str) -> None:
        """The call cannot be honoured: a success is wrong."""
        if self.accepted:
            self.wrong(clause, what, "a refusal", "a success")
        elif self.refused:
            self.held.add(clause)

    def must_accept(self, clause: str, what: str) -> None:
        """The call is in order: a refusal is wrong."""
        if self.refused:
            self.wrong(clause, what, "a success", "a refusal")
        elif self.accepted:
            self.held.add(clause)

    # User offers

    def now(self, key: str) -> Held | None:
        """Return a user offer as it may stand at the call's beginning; None when it is unknown or no longer judged."""
        held = self.world.held.get(key)
        if held is None:
            return None
        end = self.call.ended if self.call.ended is not None else self.call.started
        held = held.at(self.call.started, self.world.choices) if held.judged else held
        if held.judged and (not held.lasting or self.world.choices.lock_lifetime is not None):
            held = replace(held, possible=held.possible | held.at(end, self.world.choices).possible)
        self.world.held[key] = held
        words = self.words(held.possible)
        if len(words) == 1:
            self.cells.add((words.pop(), self.call.operation, self.outcome.word))
        return held if held.judged else None

    def words(self, possible: Iterable[Possibility]) -> set[str]:
        """Say the states that are possible, without transaction ids."""
        return {describe(one.state, []).partition(" by ")[0] for one in possible}

    def apply(self, key: str, kind: Kind, transaction: int = 0, *, ordinary: bool = True) -> None:
        """Rule on a change of one user offer, and keep what is possible after it."""
        held = self.now(key)
        if held is None:
            return
        if self.outcome is Outcome.TURNED_AWAY:
            return
        if self.unanswered:
            effect = PendingEffect(kind, transaction, None)
            possible = held.possible | {one._replace(pending=(*one.pending, effect)) for one in held.possible}
            self.keep(key, held, possible, kind)
            return
        if self.refused and not ordinary:
            return
        after = self.moved(held, kind, self.outcome, transaction)
        if not after:
            self.contradiction(held, kind, self.outcome)
            after = self._given_in(held, kind, transaction)
        else:
            opposite = Outcome.REFUSED if self.accepted else Outcome.ACCEPTED
            if not self.moved(held, kind, opposite, transaction):
                self.held.add(_broken_by(held, kind, opposite)[0])
        self.keep(key, held, after, kind if self.accepted else held.last)

    def moved(self, held: Held, kind: Kind, outcome: Outcome, transaction: int) -> frozenset[Possibility]:
        """Return what is possible after an answered change.

        A refusal tells nothing while an accepted transaction is on its way to the user offer: it may be busy with it.
        """
        rules = self.world.choices.rules
        after = {
            one._replace(state=state)
            for one in held.possible
            for state in rules.after(one.state, kind, outcome, transaction, _ANY)
        }
        if outcome is Outcome.REFUSED:
            after |= held.under_way
        return frozenset(after)

    def keep(self, key: str, held: Held, possible: Iterable[Possibility], last: Kind | None) -> None:
        """Store what is possible from now on."""
        kept = frozenset(possible)
        locked = any(one.state & TAG_MASK == LOCKED for one in kept)
        locked_at = held.locked_at if held.locked_at is not None and locked else self.call.started
        self.world.held[key] = replace(
            held, possible=kept, last=last, locked_at=locked_at if locked else None, ahead=frozenset()
        )

    def contradiction(self, held: Held, kind: Kind, outcome: Outcome) -> None:
        """Say which rule an answered change breaks."""
        known = _broken_by(held, kind, outcome)
        states = sorted(describe(state, self.world.names()) for state in held.states)
        if outcome is Outcome.ACCEPTED:
            self.wrong(known[0], known[1], f"a refusal: the user offer is {' or '.join(states)}", "a success")
        else:
            self.wrong(known[0], known[1], f"a success: the user offer is {' or '.join(states)}", "a refusal")

    def _given_in(self, held: Held, kind: Kind, transaction: int) -> frozenset[Possibility]:
        """Go on after a contradiction with what the target claims."""
        if not self.accepted:
            return held.possible
        own = transaction << TAG_BITS
        claimed = {Kind.LOCK: LOCKED | own, Kind.REDEEM: REDEEMED | own}.get(kind)
        return held.possible if claimed is None else frozenset({Possibility(claimed)})

    def as_shown(self, held: Held) -> Held:
        """Return a user offer as this read may show it: what it has shown to be done is not under way any more."""
        done = held.possible - held.under_way if self.call.operation in held.ahead else held.possible
        return replace(held, possible=done or held.possible)

    def observe(
        self, key: str, seen: int, clause: str, what: str, observed: Any, others: Iterable[tuple[int, str]] = ()
    ) -> None:
        """Rule on what a read shows of a user offer; ``seen`` is a union of :class:`Seen`.

        ``others``: what the read might have shown instead, with the clause that this would have broken.
        Until an effect is due, one read may show it and another not yet: what it is to change stays possible, for the
        others.
        """
        held = self.now(key)
        if held is None:
            return
        shown = self.as_shown(held)
        fitting = frozenset(one for one in shown.possible if seen >> (one.state & TAG_MASK) & 1)
        if fitting:
            self.held.add(clause)
            self.held |= {name for other, name in others if not any(other >> tag & 1 for tag in shown.tags)}
            coming = held.under_way
            self.keep(key, held, fitting | coming, held.last)
            ahead = held.ahead if fitting & coming else held.ahead | {self.call.operation}
            self.world.held[key] = replace(self.world.held[key], ahead=ahead)
            return
        states = sorted(describe(state, self.world.names()) for state in held.states)
        self.wrong(clause, what, f"what fits {' or '.join(states)}", observed)
        told = {Possibility(tag) for tag in (ISSUED, LOCKED, REDEEMED, EXPIRED, REVOKED) if seen >> tag & 1}
        if clause not in lenient():
            self.keep(key, held, told or held.possible, held.last)
