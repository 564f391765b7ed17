"""What is known of the target, customer by customer, while a recording is walked through.

A recording begins in the middle of a world. So whatever a call names and nobody has seen may be in any state, until an
answer tells; only customers that the recording itself shows made are known from their beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Final

from offerproof.audit.names import Names
from offerproof.audit.observed import Observed
from offerproof.contract import Outcome
from offerproof.judgement.histories.rules import (
    ABSENT,
    EXPIRED,
    ISSUED,
    LOCKED,
    REDEEMED,
    REVOKED,
    TAG_BITS,
    TAG_MASK,
)
from offerproof.judgement.oracle import Call, Choices, WorldModel
from offerproof.judgement.oracle.calls import ident, moment, outcome_of, rows
from offerproof.judgement.oracle.world import Held, Made, Person, Possibility
from offerproof.recording.source import instant

# Which user offers may have expired, or must have, while a recording goes on: by the target's own time
_SECOND: Final = 1_000_000
_BY_DATE: Final = 2 * _SECOND
"""Date has whole seconds, and is written a little after or before what was done."""
_BY_RECORDER: Final = 3600 * _SECOND
_SURELY: Final = 60 * _SECOND
"""So long after its end nobody is still at work on expiring an offer."""
_SHORTEST: Final = 6 * 24 * 3600 * _SECOND
"""Offers whose body says that they last do so for a week at least; in which zone is open."""
_LISTS: Final[Mapping[str, str]] = {"get_user_offers": "user_offers", "user_offer_history": "results"}


@dataclass
class Windows:
    """Ends of redemption windows as answers showed them, and when user offers were issued (microseconds)."""

    ends: dict[str, int] = field(default_factory=dict)
    issued: dict[str, int] = field(default_factory=dict)

    def learn(self, observed: Observed) -> None:
        """Learn from an answer, before it is judged: what it shows is its own word."""
        call = observed.call
        if outcome_of(call) is not Outcome.ACCEPTED or not isinstance(call.payload, Mapping):
            return
        if call.operation == "issue_offer" and observed.now is not None:
            self.issued |= dict.fromkeys(observed.names.owners, observed.now)
        for record in rows(call.payload.get(_LISTS.get(call.operation, ""))):
            end = microseconds_of(record.get("redemption_end_date"))
            if end is not None:
                self.ends[ident(record.get("user_offer_id", record.get("id")))] = end

    def at(self, key: str, held: Held, observed: Observed) -> Held:
        """The user offer as it may stand by the time of a call."""
        now, end = observed.now, self.ends.get(key)
        if now is None or not (held.lasting or end is not None):
            return held
        spread = _BY_DATE if observed.dated else _BY_RECORDER
        if end is None:
            since = self.issued.get(key)
            over = since is not None and now - since + spread >= _SHORTEST
            return replace(held, lasting=False) if over else held
        if now + spread < end:
            return held
        if observed.dated and now >= end + _SURELY:
            gone = (one._replace(state=EXPIRED) if one.state & TAG_MASK == ISSUED else one for one in held.possible)
            return replace(held, lasting=False, possible=frozenset(gone))
        return replace(held, lasting=False)


def microseconds_of(value: Any) -> int | None:
    """Read an instant of a recorded body; None where it is none."""
    return instant(value) if isinstance(value, str) and moment(value) is not None else None


WORLDS_MAX: Final = 16
"""Most ways in which things may stand for one customer; with more, nothing is held against an answer any more."""
ANY_STATE: Final = frozenset(Possibility(tag) for tag in (ABSENT, ISSUED, LOCKED, REDEEMED, EXPIRED, REVOKED))
"""A state nobody has seen; a transaction numbered 0 is one that nobody has named."""
_SEARCHED: Final = {
    "email": "email",
    "external_id": "external_id",
    "mobile_number": "phone",
    "external_customer_id": "external_id",
    "phone": "phone",
}


@dataclass
class Component:
    """Customers whose calls hang together, and all ways in which things may stand for them."""

    worlds: list[WorldModel]
    foreign: bool = False
    """Whether somebody in it was there before the recording, so that others may act on them."""
    doubt: str | None = None
    """Why no state of it is held against an answer any more."""
    pending: list[Observed] = field(default_factory=list)
    """Calls that may still overlap with the next one, in the order of their starts."""
    wallets: dict[str, Call] = field(default_factory=dict)
    """By customer, the Lookup since which nothing was changed."""


@dataclass
class Worlds:
    """All components. ``declared``: whether the recording holds every call that reached the target meanwhile."""

    choices: Choices
    declared: bool
    made_here: dict[str, Person] = field(default_factory=dict)
    """Customers that the recording shows made, as they were made."""
    offers: dict[str, Made] = field(default_factory=dict)
    issued: dict[str, tuple[str, str]] = field(default_factory=dict)
    """User offers that the recording shows issued: to whom, of which offer."""
    codes: dict[str, str] = field(default_factory=dict)
    windows: Windows = field(default_factory=Windows)
    _numbers: dict[str, int] = field(default_factory=dict)
    _identified: dict[tuple[str, str], str] = field(default_factory=dict)
    _parents: dict[str, str] = field(default_factory=dict)
    _components: dict[str, Component] = field(default_factory=dict)

    def fresh(self) -> WorldModel:
        """A world in which nothing is known but what never changes."""
        return WorldModel(self.choices, codes=self.codes, transactions=self._numbers)

    def resolve(self, names: Names) -> None:
        """Add the customers that a call names by identifiers."""
        for kind, value in names.identifiers:
            known = self._identified.get((kind, value))
            if known:
                names.people.add(known)
        for one in list(names.people):
            known = self._identified.get(("external_id", one))
            if known:
                names.people.add(known)

    def component(self, names: Names, asked: Names) -> Component:
        """The component of all that a call names; those that it links become one. ``asked``: what the request names."""
        foreign = self._foreign(names, asked)
        roots = list(dict.fromkeys(self._root(token) for token in names.tokens()))
        if not roots:
            return Component([self.fresh()], foreign=True)
        first = roots[0]
        found = self._components.get(first)
        if found is None:
            found = self._components[first] = Component([self.fresh()])
        for other in roots[1:]:
            self._parents[other] = first
            joined = self._components.pop(other, None)
            if joined is not None:
                _join(found, joined)
        found.foreign = found.foreign or foreign
        return found

    def _foreign(self, names: Names, asked: Names) -> bool:
        """Whether a call is about somebody who was there before the recording; what only an answer names is no sign."""
        if asked.people:
            return not asked.people <= self.made_here.keys()
        if asked.user_offers:
            known = [self._components.get(self._root(f"o:{one}")) for one in asked.user_offers]
            return any(one is None or one.foreign for one in known)
        return not names.people <= (self.made_here.keys() | names.created)

    def components(self) -> Iterator[Component]:
        """All of them."""
        yield from self._components.values()

    def _root(self, token: str) -> str:
        parents = self._parents
        root = token
        while (above := parents.get(root, root)) != root:
            root = above
        while parents.get(token, token) != root:
            parents[token], token = root, parents.get(token, token)
        parents.setdefault(root, root)
        return root

    def prepared(self, world: WorldModel, observed: Observed, tracked: bool) -> WorldModel:
        """The world in which a call is judged: with whatever it names, in any state where nobody knows better."""
        call, names = observed.call, observed.names
        ready = world.copy() if tracked else replace(self.fresh(), stored=dict(world.stored))
        accepted = outcome_of(call) is Outcome.ACCEPTED
        shown = accepted and (call.operation != "lookup" or bool(rows(call.payload)))  # nobody's wallet may be empty
        for one in names.offers:
            if one in self.offers:
                ready.offers[one] = self.offers[one]
            elif one and call.operation != "create_offer":
                ready.offered(one)
        found_by = _as_asked(call) if accepted and not observed.asked.people else {}
        for one in names.people - names.created:
            known = ready.people.get(one)
            if known is None and one in self.made_here:
                ready.people[one] = replace(self.made_here[one], may_gain=True)
            elif known is None and shown:
                ready.people[one] = Person(one, found_by, may_gain=True)
            elif known is not None and one not in self.made_here:
                ready.people[one] = replace(known, identifiers={**known.identifiers, **found_by})
        strangers = names.user_offers - set(ready.held)
        if call.operation == "issue_offer":
            strangers = set()
        for one in strangers:
            owner = names.owners.get(one)
            if tracked and not self.declared and owner in self.made_here:
                continue  # a customer's who was made here: who issued it?
            given, offer_id = self.issued.get(one, (owner, None))
            ready.held[one] = Held(one, given, offer_id, possible=ANY_STATE, locked_at=0, lasting=False)
        for key, held in list(ready.held.items()):
            ready.held[key] = self.windows.at(key, held, observed)
        for key in names.user_offers & set(ready.held):
            offer_id = ready.held[key].offer_id
            if offer_id in self.offers:
                ready.offers[offer_id] = self.offers[offer_id]
        for one in names.transactions:
            _may_be_its(ready, names.user_offers, ready.transaction(one))
        return ready

    def keep(self, call: Call, names: Names, world: WorldModel) -> None:
        """Note what never changes: offers that were made, and who was made with which identifiers."""
        if call.operation == "create_offer":
            self.offers |= {one: world.offers[one] for one in names.offers if one in world.offers}
        elif call.operation == "issue_offer":
            offer_id = ident(call.asked.get("offer_id"))
            self.issued |= {one: (owner, offer_id) for one, owner in names.owners.items()}
        self.codes |= world.codes
        for one in names.created & set(world.people):
            if outcome_of(call) is Outcome.ACCEPTED:
                self.made_here[one] = world.people[one]
                for kind, value in world.people[one].identifiers.items():
                    self._identified[kind, ident(value)] = one


def loosened(world: WorldModel) -> WorldModel:
    """The same world after calls that nobody recorded: user offers were used meanwhile, and points may have moved."""
    loose = world.copy()
    for key, held in world.held.items():
        further = {
            one._replace(state=state)
            for one in held.possible
            if one.state & TAG_MASK in (ISSUED, LOCKED, ABSENT)
            for state in (LOCKED, REDEEMED, REVOKED, EXPIRED, ISSUED)
        }
        loose.held[key] = replace(held, possible=held.possible | further, locked_at=0)
    for key, person in world.people.items():
        loose.people[key] = replace(person, points_read=None, may_gain=True)
    return loose


def _as_asked(call: Call) -> dict[str, str]:
    """The identifiers by which a stranger was found: whoever answers to them has them."""
    return {_SEARCHED[name]: str(value) for name, value in call.asked.items() if name in _SEARCHED and value}


def _may_be_its(world: WorldModel, keys: set[str], number: int) -> None:
    """A lock or redemption by a transaction that nobody had named may be that of the one named now."""
    for key in keys & set(world.held):
        held = world.held[key]
        own = {
            one._replace(state=one.state | number << TAG_BITS)
            for one in held.possible
            if one.state in (LOCKED, REDEEMED)
        }
        if own:
            world.held[key] = replace(held, possible=held.possible | own)


def _join(one: Component, other: Component) -> None:
    """Make one component of two."""
    if len(one.worlds) * len(other.worlds) > WORLDS_MAX:
        one.doubt = one.doubt or "too many orders are possible"
    pairs = list(product(one.worlds, other.worlds))[:WORLDS_MAX]
    one.worlds = [_merged(*pair) for pair in pairs]
    one.foreign = one.foreign or other.foreign
    one.doubt = one.doubt or other.doubt
    one.pending = sorted([*one.pending, *other.pending], key=lambda observed: observed.start)
    one.wallets |= other.wallets


def _merged(one: WorldModel, other: WorldModel) -> WorldModel:
    named: dict[str, Any] = {
        name: getattr(one, name) | getattr(other, name)
        for name in ("people", "offers", "held", "sent", "contributions", "read_as", "prices", "stored")
    }
    return replace(one, **named)
