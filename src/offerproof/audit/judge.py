"""Judges recorded calls: each answer by itself, and all of them together as a partial order."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from offerproof.audit.observed import Known, Observed
from offerproof.audit.orders import Before, OrdersTried, Path, Stepped, explore, told_by
from offerproof.audit.tally import Tally
from offerproof.audit.worlds import WORLDS_MAX, Component, Worlds, loosened, microseconds_of
from offerproof.contract import OPERATIONS, Outcome
from offerproof.exchange import Exchange
from offerproof.judgement import shapes
from offerproof.judgement.oracle import Call, Objection, WorldModel, disagreement, envelope, members, step
from offerproof.judgement.oracle.calls import ident, outcome_of, truth
from offerproof.judgement.oracle.world import Made
from offerproof.recording import Order, Traits

# Reasons that a right target may have for an answer, and that a recording does not show
NO_CALLER: Final = "a refusal: the recording shows no success for this retailer, store or client"
SENT_TWICE: Final = "a refusal: the recorder's client may have sent the request twice"
OF_THE_OFFER: Final = "a refusal: what the offer asks of a basket is not known"
A_PART: Final = "something is missing from a listing: the request may ask for a part, or the offer be for some only"

_RESTRICTED: Final = ("use_restrictions", "purchase_restrictions", "catalog_restrictions", "location_restrictions")
_ANY_BASKET: Final = frozenset({"manual_fulfillment", "fixed_amount_check_discount", "percent_check_discount"})
_COMMON: Final = frozenset(
    {"acquisition_start_date", "acquisition_end_date", "does_not_expire", "valid_after_end_date", "reward_store"}
    | {"validity_unit", "validity_period", "custom_data"}
)
_WHOLE: Final[Mapping[str, frozenset[str]]] = {
    "user_offer_history": frozenset({"retailer_id", "user_ids", "rollback_option", "skip", "take"}),
    "get_user_offers": frozenset({"retailer_id", "user_id", "skip", "take", "culture"}),
    "lookup": frozenset({"external_customer_id", "email", "phone", "user_id", "transaction"}),
}
"""Members of requests that ask for all there is."""


def excuse_of_refusal(call: Call, keys: Iterable[str], world: WorldModel) -> str | None:
    """Why a lock, redeem or transaction may be refused although the user offers' states allow it."""
    if call.operation not in ("lock", "redeem", "send_transaction"):
        return None
    known = all(_for_any_basket(_made(key, world), call.started) for key in keys)
    return None if known else OF_THE_OFFER


def excuse_of_absence(call: Call, owners: Iterable[str], world: WorldModel, offers: Mapping[str, Made]) -> str | None:
    """Why user offers may be missing from a listing although they are issued."""
    whole = _WHOLE.get(call.operation)
    if whole is None or not call.asked.keys() <= whole:
        return A_PART
    own = [offers.get(held.offer_id or "") for held in world.of(owners)]
    return None if all(_for_everybody(made, call.started) for made in own) else A_PART


def _made(key: str, world: WorldModel) -> Made | None:
    held = world.held.get(key)
    return world.offers.get(held.offer_id or "") if held else None


def _for_any_basket(made: Made | None, at: int) -> bool:
    return made is not None and str(made.body.get("offer_type")) in _ANY_BASKET and _for_everybody(made, at)


def _for_everybody(made: Made | None, at: int) -> bool:
    """Whether an offer that the recording shows made is for every customer, store and time."""
    if made is None or not made.plain or any(made.body.get(name) for name in _RESTRICTED):
        return False
    common: Any = made.body.get("common_config")
    if not isinstance(common, Mapping) or not common.keys() <= _COMMON or truth(common.get("reward_store")):
        return False
    begin, end = (microseconds_of(common.get(f"acquisition_{edge}_date")) for edge in ("start", "end"))
    return begin is not None and end is not None and begin <= at <= end


CITED_MAX: Final = 12
"""Calls of a customer before the one that decided, that a finding shows."""
RECENT_MAX: Final = 200
"""Customers whose last calls are kept for that."""
_WITHIN: Final = frozenset(
    f"{chapter}-{number}"
    for chapter, numbers in {
        "CUST": (5, 6, 7, 8, 9, 10, 20),
        "LOYAL": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 19),
        "CREATE": (1, 2, 3, 4, 5, 9),
        "FETCH": (1, 2, 3, 6, 7, 9, 12, 19),
        "WALLET": (1, 5, 13, 19, 21),
        "LOCK": (1, 2, 6, 22, 23),
        "HIST": (2, 8, 9, 10, 13),
        "PAGE": (1, 7, 8),
        "ISSUE": (4, 5, 9),
        "REDEEM": (1,),
        "IDEM": (1,),
        "REFUSE": (8, 9, 10),
        "SURF": (1, 2),
    }.items()
    for number in numbers
)
"""Clauses that one answer shows alone, or beside an offer made in the recording: nothing others do changes that."""
_OF_OFFERS: Final = ("create_offer", "fetch_offer")
"""Calls about offers, which nobody changes: whose customers are known does not matter."""
_ABSENT: Final = ("not in the wallet", "not in get_user_offers", "none")
_STATE: Final = "others may have acted on this customer: the recording does not show the customer made"
_INCOMPLETE: Final = "recording incomplete: no recorded call explains what was seen"


@dataclass
class Judge:
    """Takes calls in the order of their starts. ``finish`` judges what is still waiting."""

    tally: Tally
    worlds: Worlds
    traits: Traits
    before: Before
    trusted: set[tuple[str, ...]] = field(default_factory=set)
    """Ids of retailers, stores and clients that were accepted, so that a refusal is not for them."""
    known: Counter[Known] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)
    """Why what was seen could not be decided."""
    gap: str | None = None
    """Why no state at all is held against an answer any more."""
    _waiting: list[tuple[int, int, Component]] = field(default_factory=list)
    _recent: dict[int, deque[Exchange]] = field(default_factory=dict)

    def take(self, observed: Observed) -> None:
        """Judge the answer by itself, and queue the call for its place in the order."""
        self.known[observed.known] += 1
        self.tally.exchanged(observed.exchange)
        self._shape(observed)
        self._flush_before(observed)
        if not self._of_consequence(observed):
            return
        self.worlds.resolve(observed.asked)
        self.worlds.windows.learn(observed)
        observed.names.people |= observed.asked.people
        component = self.worlds.component(observed.names, observed.asked)
        for one in component.pending:
            if one.end is None and not one.lost and told_by(one, observed):
                one.end = observed.start - self.before.apart - 1  # whoever names it had been told
        if component.pending and not self._overlaps(component, observed):
            self._judge(component)
        component.pending.append(observed)
        if not list(observed.names.tokens()):
            self._judge(component)
            return
        until = observed.start if observed.lost else observed.end
        if until is not None:
            heapq.heappush(self._waiting, (until, observed.exchange.number, component))

    def finish(self) -> None:
        """Judge what still waits for calls that might overlap."""
        self._waiting.clear()
        for component in list(self.worlds.components()):
            self._judge(component)

    # One answer

    def _shape(self, observed: Observed) -> None:
        exchange = observed.exchange
        if observed.known is not Known.ANSWERED and not (
            observed.known is Known.REQUEST_UNKNOWN and shapes.claims_success(exchange.answer, exchange.status)
        ):
            if observed.known is not Known.REDIRECTED or not observed.refused_outright:
                clause = self.tally.shape_clause.get(exchange.operation)
                self.tally.undecided(clause.id if clause else None, observed.known)
            return
        if observed.refused_outright:
            return
        if self.tally.every is not None:
            if (exchange.status or 0) >= 500:
                self.tally.server_error(exchange, observed.place)
            else:
                self.tally.hold([self.tally.every.id], exchange)
        if not exchange.documented and observed.request_known:
            return
        shape = shapes.look(exchange.operation, exchange.answer, exchange.status)
        if shape.problems:
            self.tally.misshapen(exchange, shape.problems, observed.place)
        elif clause := self.tally.shape_clause.get(exchange.operation):
            self.tally.hold([clause.id], exchange)
        self.tally.as_printed(exchange, shape, observed.place)

    # The order

    def _of_consequence(self, observed: Observed) -> bool:
        """Whether the call has a place in the order; one that changes what nobody recorded leaves a gap."""
        if observed.known is Known.REDIRECTED or observed.refused_outright:
            return False
        if not observed.request_known:
            if OPERATIONS[observed.exchange.operation].writes and not observed.exchange.operation.startswith("create"):
                self.gap = self.gap or "bodies of requests that change something were not recorded"
            return False
        return True

    def _overlaps(self, component: Component, observed: Observed) -> bool:
        return any(not self.before(one, observed) for one in component.pending)

    def _flush_before(self, observed: Observed) -> None:
        """Judge the customers whose calls are surely over."""
        until = observed.start - self.before.apart - 1
        while self._waiting and self._waiting[0][0] < until:
            component = heapq.heappop(self._waiting)[2]
            if component.pending and not self._overlaps(component, observed):
                self._judge(component)

    def _judge(self, component: Component) -> None:
        group, component.pending = component.pending, []
        if not group:
            return
        explored = explore(
            component.worlds,
            group,
            self.before,
            lambda world, observed: self._step(component, world, observed),
            WORLDS_MAX,
        )
        path = explored.legal[0] if explored.legal else explored.first
        if explored.legal:
            component.worlds = [one.world for one in explored.legal]
            if not explored.whole and len(group) > 1:
                component.doubt = component.doubt or "too many orders are possible"
        else:
            component.worlds = [path.world]
            self._hold_against(component, path, explored)
        for observed, stepped in path.steps:
            self._note(component, observed, stepped)

    def _hold_against(self, component: Component, path: Path, explored: OrdersTried) -> None:
        """No order explains the answers: say so of the call where the first order fails."""
        if not explored.whole and len(path.steps) > 1:
            component.doubt = component.doubt or "too many orders are possible"
            for _, stepped in path.steps:
                for one in stepped.objections:
                    self._doubt(one.clause, component.doubt)
            return
        doubtful = "the order is assumed" if self.traits.order is Order.ASSUMED else None
        for observed, stepped in path.steps:
            for one in stepped.objections:
                cited = [*self._recent_of(component), observed.exchange]
                what = one.what if len(path.steps) == 1 else f"{one.what}, in any order of overlapping calls"
                self.tally.broken(replace(one, what=what), cited, place=observed.place, doubtful=doubtful)

    def _note(self, component: Component, observed: Observed, stepped: Stepped) -> None:
        """Keep what follows from a call that has its place."""
        self.tally.hold(stepped.held - {one.clause for one in stepped.objections}, observed.exchange)
        for clause, reason in stepped.excused:
            self._doubt(clause, reason)
            if reason == _INCOMPLETE:
                component.doubt = component.doubt or _INCOMPLETE
        self.worlds.keep(observed.call, observed.names, stepped.seen)
        if outcome_of(observed.call) is Outcome.ACCEPTED:
            self.trusted.add(_caller(observed.call))
        self._agreement(component, observed, stepped.world)
        recent = self._recent.pop(id(component), None) or deque(maxlen=CITED_MAX - 1)
        recent.append(observed.exchange)
        self._recent[id(component)] = recent  # the last ones used stand last
        if len(self._recent) > RECENT_MAX:
            del self._recent[next(iter(self._recent))]

    def _recent_of(self, component: Component) -> list[Exchange]:
        return list(self._recent.get(id(component), ()))

    def _doubt(self, clause: str, reason: str) -> None:
        self.tally.undecided(clause, reason)
        self.doubts[reason] += 1

    # One call in one world

    def _tracked(self, component: Component) -> bool:
        if component.doubt or self.gap:
            return False
        return self.worlds.declared or (self.traits.complete and not component.foreign)

    def _step(self, component: Component, world: WorldModel, observed: Observed) -> Stepped:
        call, tracked = observed.call, self._tracked(component)
        ready = self.worlds.prepared(world, observed, tracked)
        known = tracked or call.operation in _OF_OFFERS
        if outcome_of(call) is Outcome.REFUSED and not (known and observed.exchange.documented):
            ruling = envelope(ready, call)
            ruling = replace(ruling, held=ruling.held | step(ready, call).held)
        else:
            ruling = step(ready, call)
        beside = members(ready, call)
        held = (ruling.held if tracked else ruling.held & _WITHIN) | beside.held
        kept, excused = list(beside.objections), []
        for one in ruling.objections:
            reason = self._excuse(one, observed, ready, tracked)
            if reason is None:
                kept.append(one)
            else:
                excused.append((one.clause, reason))
        after = ruling.world if tracked else replace(world, stored=ruling.world.stored)
        return Stepped(after, ruling.world, tuple(kept), held, tuple(excused))

    def _excuse(self, objection: Objection, observed: Observed, world: WorldModel, tracked: bool) -> str | None:
        """Why an answer that looks wrong may be right all the same; None: nothing that may have happened says so."""
        call = observed.call
        if outcome_of(call) is Outcome.REFUSED and objection.expected != "what is wrong":
            if _caller(call) not in self.trusted:
                return NO_CALLER
            if self.traits.repeats and OPERATIONS[call.operation].writes:
                return SENT_TWICE
            if reason := excuse_of_refusal(call, observed.asked.user_offers, world):
                return reason
        absent = objection.observed in _ABSENT and not OPERATIONS[call.operation].writes
        if absent and (reason := excuse_of_absence(call, observed.names.people, world, self.worlds.offers)):
            return reason
        if not tracked:
            return None if objection.clause in _WITHIN else _STATE
        if self.worlds.declared or OPERATIONS[call.operation].writes or objection.observed in _ABSENT:
            return None
        loose = self.worlds.prepared(loosened(world), observed, True)
        for key in observed.names.user_offers - set(loose.held):
            loose.holds(key, observed.names.owners.get(key, ""))
        again = {(one.clause, one.what) for one in step(loose, call).objections}
        return None if (objection.clause, objection.what) in again else _INCOMPLETE

    # Wallet and history

    def _agreement(self, component: Component, observed: Observed, world: WorldModel) -> None:
        call = observed.call
        if OPERATIONS[call.operation].writes:
            component.wallets.clear()
        elif not self._tracked(component) or outcome_of(call) is not Outcome.ACCEPTED:
            return
        elif call.operation == "lookup" and not isinstance(call.asked.get("transaction"), Mapping):
            for owner in observed.names.people:
                component.wallets[owner] = call
        elif call.operation == "user_offer_history":
            self._both(component, observed, world, call.asked.get("user_ids"))

    def _both(self, component: Component, observed: Observed, world: WorldModel, asked: Any) -> None:
        for owner in (ident(one) for one in asked) if isinstance(asked, list) else ():
            wallet = component.wallets.get(owner)
            if wallet is None or world.under_way(owner):
                continue
            found = disagreement(world, owner, wallet, observed.call)
            if found is None:
                self.tally.hold(["JOURN-2"], observed.exchange)
            else:
                cited = [*self._recent_of(component), observed.exchange]
                self.tally.broken(found, cited, place=observed.place)


def _caller(call: Call) -> tuple[str, ...]:
    """Who calls: ids that a target may refuse whatever the call is about."""
    named = ("retailer_id", "store_id", "client_id")
    return (OPERATIONS[call.operation].service, *(str(call.request.get(name, "")) for name in named))
