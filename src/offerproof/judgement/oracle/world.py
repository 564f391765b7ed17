"""What the oracle knows of a target: for each user offer the states still possible, for each customer what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from offerproof.contract import Outcome
from offerproof.judgement.histories import Kind, Rules
from offerproof.judgement.histories.rules import ISSUED, LOCKED, TAG_MASK, lapsed, lock_lifetime
from offerproof.target import Profile

_LONG = timedelta(minutes=10)
"""Return periods up to this may end while we look, and what a return does afterwards is open."""
POSSIBILITIES_MAX = 512
"""More than this many possibilities of one user offer: too many calls without an answer, it is no longer judged."""


@dataclass(frozen=True)
class Choices:
    """What the profile says of the target. Everything left open is tolerated.

    ``settle``, ``pending`` and ``lock_lifetime`` in microseconds (``lock_lifetime`` None: locks last). ``pending``: how
    long after the first answer a repeat may be refused as pending. ``issue_rule``: points may bring user offers.
    ``empty_is_return``: a transaction sent again without items gives all its points back. ``whole_pages``: what is
    asked for never exceeds the target's largest page.
    """

    settle: int = 0
    pending: int = 2_000_000
    lock_lifetime: int | None = 60_000_000
    bad_discounts_refused: bool = False
    idempotency: bool = False
    earn: bool = False
    tiers: bool = False
    issue_rule: bool = True
    empty_is_return: bool = False
    whole_pages: bool = False

    @classmethod
    def of(cls, profile: Profile) -> Choices:
        """What a profile says of the questions that are otherwise left open."""
        return cls(
            settle=profile.timing.settle_ms * 1000,
            pending=profile.timing.settle_ms * 1000,
            lock_lifetime=lock_lifetime(profile.behaviour("lock_lifetime.seconds")),
            bad_discounts_refused=profile.behaviour("send_transaction.bad_discount") == "refused",
            idempotency=profile.can("idempotency"),
            earn=profile.can("earn") and profile.can("escrow"),
            tiers=profile.can("tiers"),
            whole_pages=profile.behaviour("paging.maximum_take") is not None,
            empty_is_return=profile.behaviour("send_transaction.full_return") == "items []"
            and profile.return_period > _LONG,
        )

    @cached_property
    def rules(self) -> Rules:
        """The life of a user offer under these choices."""
        return Rules(lock_lifetime=self.lock_lifetime, bad_discounts_refused=self.bad_discounts_refused)


class PendingEffect(NamedTuple):
    """A change that may still come: by ``due`` at the latest, or (None) perhaps never."""

    kind: int
    transaction: int
    due: int | None


class Possibility(NamedTuple):
    """One way things may stand: the state of the user offer, and what is still under way."""

    state: int
    pending: tuple[PendingEffect, ...] = ()


@dataclass(frozen=True)
class Held:
    """A user offer. ``possible`` is never empty; ``lasting`` is False when it may expire while we look.

    ``ahead``: the reads that have shown all that was under way, though it is not due yet.
    """

    user_offer_id: str
    owner: str | None
    offer_id: str | None = None
    possible: frozenset[Possibility] = frozenset({Possibility(ISSUED)})
    locked_at: int | None = None
    last: Kind | None = None
    lasting: bool = True
    judged: bool = True
    ahead: frozenset[str] = frozenset()

    @property
    def states(self) -> frozenset[int]:
        """The states still possible."""
        return frozenset(one.state for one in self.possible)

    @property
    def tags(self) -> frozenset[int]:
        """The tags (issued, locked, …) still possible."""
        return frozenset(one.state & TAG_MASK for one in self.possible)

    @property
    def under_way(self) -> frozenset[Possibility]:
        """The possibilities in which an accepted change is still to come."""
        return frozenset(one for one in self.possible if any(effect.due is not None for effect in one.pending))

    def at(self, instant: int, choices: Choices) -> Held:
        """Return it as it may stand at an instant: effects under way may have come, those overdue have."""
        rules, found = choices.rules, set(self.possible)
        stack = list(found)
        while stack:
            one = stack.pop()
            further = [self._without(one, effect, rules) for effect in one.pending]
            if (
                choices.lock_lifetime is not None
                and one.state & TAG_MASK == LOCKED
                and self.locked_at is not None
                and instant - self.locked_at >= choices.lock_lifetime
            ):
                further.append([one._replace(state=lapsed(one.state))])
            if not self.lasting:
                further.append(
                    [one._replace(state=state) for state in rules.after(one.state, Kind.EXPIRE, Outcome.ACCEPTED, 0, 0)]
                )
            for new in (new for several in further for new in several):
                if new not in found:
                    found.add(new)
                    stack.append(new)
            if len(found) > POSSIBILITIES_MAX:
                return replace(self, judged=False)
        due = {one for one in found if all(e.due is None or e.due >= instant for e in one.pending)}
        return replace(self, possible=frozenset(due or found))

    @staticmethod
    def _without(one: Possibility, effect: PendingEffect, rules: Rules) -> list[Possibility]:
        rest = list(one.pending)
        rest.remove(effect)
        after = rules.after(one.state, effect.kind, Outcome.ACCEPTED, effect.transaction, 0)
        # What comes too late for its state has no effect (the target drops it).
        return [Possibility(state, tuple(rest)) for state in after or (one.state,)]


@dataclass(frozen=True)
class SentTransaction:
    """A transaction as far as it was accepted; ``content`` tells its sendings apart.

    ``sure``: every sending of it got an answer, and was the newest.
    """

    transaction_id: str
    owner: str | None
    closed: bool
    modified: tuple[int, ...] | None
    discounts: frozenset[str]
    content: str
    empty: bool
    sure: bool = True
    payers: frozenset[str] = frozenset()
    """Whoever paid in any of its sendings, as they were named: a full return may name nobody."""
    substance: str = ""
    """The content without its modified_time: a newer sending of the same substance must not change points."""


@dataclass(frozen=True)
class PointsRead:
    """A customer's points as last seen, by family, and what may have changed them since."""

    spendable: Decimal
    tier: Decimal
    read: int
    details: Mapping[str, tuple[Decimal, Decimal]]


@dataclass(frozen=True)
class Person:
    """A customer: how we know them, and what was seen. ``moved``: transactions sent since the points were read."""

    user_id: str
    identifiers: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    points_read: PointsRead | None = None
    moved: tuple[str, ...] = ()
    moved_until: int = 0
    may_gain: bool = False
    """Whether user offers may have come by themselves: an issue without an answer, points earned."""
    shared: bool = False
    """Whether others may act on the customer's further user offers: a pool gives several to several checks."""


@dataclass(frozen=True)
class Made:
    """An offer that was created: what was asked for. ``plain``: of ordinary values, so it must come back."""

    offer_id: str
    body: Mapping[str, Any]
    root: str | None = None
    plain: bool = True


@dataclass
class WorldModel:
    """Everything known: what a call names and the world does not hold is made up, and must not be found."""

    choices: Choices = field(default_factory=Choices)
    people: dict[str, Person] = field(default_factory=dict)
    offers: dict[str, Made] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    sent: dict[str, SentTransaction] = field(default_factory=dict)
    contributions: dict[str, tuple[Decimal, Decimal] | None] = field(default_factory=dict)
    """Points that a transaction put into each family; None when it cannot be told apart from others."""
    read_as: dict[str, str] = field(default_factory=dict)
    """The substance of a transaction when its contributions were read."""
    codes: dict[str, str] = field(default_factory=dict)
    prices: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    stored: dict[tuple[str, str], tuple[str, Any, int | None]] = field(default_factory=dict)
    """By operation and request_id: the request, its answer, when the first one came (None: no answer yet)."""
    transactions: dict[str, int] = field(default_factory=dict)

    def copy(self) -> WorldModel:
        """Return a copy that can be changed; what it holds is frozen, and numbers of transactions are only added."""
        return replace(
            self,
            people=dict(self.people),
            offers=dict(self.offers),
            held=dict(self.held),
            sent=dict(self.sent),
            contributions=dict(self.contributions),
            read_as=dict(self.read_as),
            codes=dict(self.codes),
            prices=dict(self.prices),
            stored=dict(self.stored),
        )

    def transaction(self, transaction_id: str) -> int:
        """Return the number of a transaction id."""
        return self.transactions.setdefault(transaction_id, len(self.transactions) + 1)

    def names(self) -> list[str]:
        """Return transaction ids by number."""
        return ["", *self.transactions]

    def of(self, owners: Iterable[str]) -> list[Held]:
        """Return the user offers of these customers."""
        wanted = set(owners)
        return [one for one in self.held.values() if one.owner in wanted]

    def under_way(self, owner: str) -> bool:
        """Tell whether the effect of an accepted transaction may still be on its way to this customer's user offers."""
        return any(held.under_way for held in self.of([owner]))

    def known(self, user_id: str, **identifiers: str) -> None:
        """Make known a customer that exists already (a pool's)."""
        key = user_id.strip().lower()
        self.people[key] = Person(user_id, {name: value for name, value in identifiers.items() if value})

    def offered(self, offer_id: str) -> None:
        """Make known an offer that exists already."""
        self.offers[offer_id.strip().lower()] = Made(offer_id, {}, plain=False)

    def holds(self, user_offer_id: str, owner: str, offer_id: str | None = None) -> None:
        """Make known a user offer that stands in a wallet."""
        key = user_offer_id.strip().lower()
        self.held[key] = Held(user_offer_id, owner.strip().lower(), offer_id)
