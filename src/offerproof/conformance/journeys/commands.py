"""A journey: steps over the whole workflow, each sent through the client and ruled on by the oracle.

A step is a :class:`Command` that names customers, offers and user offers by their place, not by their ids. So a list of
commands can be played again on fresh data, in whole or in part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from offerproof.client import Api
from offerproof.conformance.journeys import values
from offerproof.conformance.outcome import Settle
from offerproof.conformance.reading import PAGES_MAX, later, page_size
from offerproof.exchange import Exchange
from offerproof.judgement.oracle import Cell, Choices, Objection, WorldModel, disagreement, from_exchange, step
from offerproof.judgement.shapes import claims_success
from offerproof.provisioning import CannotProvide, Customer, SyntheticPerson, UserOffer, plain_kind
from offerproof.provisioning.values import set_up_failed

SLOTS = 2
"""Open transactions a customer has at once: the holder's and a rival's."""
_AT_ONCE = 8
"""After more requests than this nothing is repeated: how many stored answers a target keeps is open."""
_UNREADABLE = ("unreachable", "tls")


@dataclass(frozen=True)
class Command:
    """One step: a method ``do_…`` of :class:`Journey` and its arguments."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.arguments.items())})"


class NoAnswer(CannotProvide):
    """The target gave no answer to a step: the journey is played again, on fresh customers."""


class Broken(Exception):
    """A step whose answer no state explains. ``invalid``: the step before it was an invalid one."""

    def __init__(self, objections: Sequence[Objection], exchange: Exchange, *, invalid: bool) -> None:
        super().__init__(objections[0].what)
        self.objection = objections[0]
        self.exchange = exchange
        self.invalid = invalid


class Supply(Protocol):
    """Where customers and user offers come from when they cannot be made by calls of the journey itself."""

    def customer(self) -> Customer:
        """A customer nobody else uses."""

    def user_offer(self, customer: Customer | None) -> UserOffer:
        """A user offer in a wallet."""


@dataclass
class Till:
    """One open transaction: its body, the discounts its locks answered, and how often it was sent."""

    transaction: dict[str, Any]
    discounts: dict[str, Any] = field(default_factory=dict)
    sendings: int = 0
    closed: bool = False


class Journey:
    """One journey on fresh customers. ``run`` plays commands; a step that is not legal raises :class:`Broken`."""

    def __init__(self, api: Api, supply: Supply, *, patient: bool = True, gifts: int = 0) -> None:
        self.patient = patient
        """Whether a step without an answer ends the journey; else the oracle rules on it like on any other."""
        self.api = api
        self.profile = api.profile
        self.newcomers = Newcomers(self, supply, gifts)
        self.world = WorldModel(choices=Choices.of(api.profile))
        self.cells: Counter[Cell] = Counter()
        self.customers: list[Customer] = []
        self.offers: list[str] = []
        self.held: list[UserOffer] = []
        self.tills: dict[tuple[int, int], Till] = {}
        self.steps = 0
        self.sent = 0
        """Requests that were ruled on."""
        self.settle = Settle(api.profile.settle_s, minter=api.minter, sleep=api.wire.pause)
        self._repeatable: tuple[str, Any, int] | None = None
        self.invalid = False

    def begin(self) -> None:
        """Two customers, an offer of the plainest kind where one can be created, two user offers.

        Where user offers come from a pool, their owners are the customers.
        """
        made = self.profile.can("create_offer")
        issues = self.profile.can("issue") and (made or bool(self.profile.offers.fixed))
        for _ in range(0 if self.profile.offers.kind == "pool" and not issues else 2):
            self.newcomers.welcome()
        if made:
            self.do_create_offer(kind=plain_kind(self.profile))
        for offer_id in self.profile.offers.fixed.values():
            self.world.offered(offer_id)
            self.offers.append(offer_id)
        for customer in (0, 1):
            if self.profile.can("issue") and self.offers:
                self.do_issue(customer=customer, offer=0, quantity=1)
            else:
                self.newcomers.bring_offer(customer)

    def run(self, command: Command) -> None:
        """Play one command; one that has nothing to act on does nothing."""
        self.steps += 1
        self.invalid = self.invalid and command.name == "look"
        name = f"do_{command.name}"
        part = next(part for part in (self, Looking(self), WrongOnPurpose(self)) if hasattr(part, name))
        getattr(part, name)(**command.arguments)

    # Ruling

    def judge(self, exchange: Exchange, *, invalid: bool = False, formless: bool = False) -> Exchange:
        """Let the oracle rule on an exchange; of a ``formless`` request only the envelope of the answer."""
        if exchange.unanswered and (self.patient or exchange.failure in _UNREADABLE):
            raise NoAnswer(f"no answer to {exchange.operation} ({exchange.unanswered})")
        self.sent += 1
        call = from_exchange(exchange)
        ruling = step(self.world, replace(call, operation="formless") if formless else call)
        self.world = ruling.world
        self.cells.update(ruling.cells)
        if ruling.breaches:
            raise Broken(ruling.breaches, exchange, invalid=self.invalid)
        self.invalid = self.invalid or invalid
        return exchange

    # Who and what

    def customer(self, place: int) -> Customer:
        return self.customers[place % len(self.customers)]

    def user_offer(self, place: int) -> UserOffer | None:
        return self.held[place % len(self.held)] if self.held else None

    def _owner(self, held: UserOffer) -> int:
        return next((at for at, one in enumerate(self.customers) if one.user_id == held.customer.user_id), 0)

    def till(self, held: UserOffer, slot: int) -> Till:
        """Return the open transaction of a customer in a slot; a closed one is followed by a new one."""
        key = (self._owner(held), slot % SLOTS)
        till = self.tills.get(key)
        if till is None or till.closed:
            till = Till(self.api.transaction(user_id=held.customer.user_id))
            self.tills[key] = till
        return till

    def _code(self, held: UserOffer, upper: bool) -> str:
        return held.user_offer_id.upper() if upper else held.user_offer_id

    # Steps: offers

    def do_create_offer(self, kind: str, **changes: Any) -> None:
        """Create an offer, plain or of generated texts and dates."""
        if not self.profile.can("create_offer"):
            return
        body = self.api.offer(kind if self.profile.can("discounts") else plain_kind(self.profile))
        text = body["text_config"][0]
        text.update({name: value for name, value in changes.items() if name in text})
        body["common_config"].update({name: value for name, value in changes.items() if name not in text})
        exchange = self.judge(self.api.create_offer(body))
        payload = _payload(exchange) or {}
        if isinstance(payload.get("offer_id"), str) and not payload.get("validation_errors"):
            self.offers.append(payload["offer_id"])
            self.do_fetch(len(self.offers) - 1)  # at once: a generated offer is seldom chosen again

    def do_fetch(self, offer: int, culture: str | None = "en-us", upper: bool = False) -> None:
        """Fetch an offer, in a culture, its id in any case."""
        if self.offers:
            offer_id = self.offers[offer % len(self.offers)]
            self.judge(self.api.fetch_offer(offer_id.upper() if upper else offer_id, culture=culture))

    def do_issue(self, customer: int, offer: int, quantity: int = 1) -> None:
        """Issue an offer to a customer."""
        if not self.profile.can("issue") or not self.offers:
            return
        owner, offer_id = self.customer(customer), self.offers[offer % len(self.offers)]
        exchange = self.judge(self.api.issue_offer(owner.user_id, offer_id, quantity=quantity), invalid=quantity < 1)
        listed = (_payload(exchange) or {}).get("status_list")
        for entry in listed if isinstance(listed, list) else []:
            given = entry.get("user_offer_id") if isinstance(entry, Mapping) else None
            if isinstance(given, str) and given:
                self.held.append(UserOffer(given, offer_id, "any", owner))

    def do_create_customer(self, first: str = "First", last: str = "Last") -> None:
        """One customer more, with any names."""
        if self.profile.customers.kind == "create" and len(self.customers) < 4:
            self.newcomers.welcome(first, last)

    # Steps: the till

    def do_lock(self, held: int, slot: int, basket: int = 0, upper: bool = False, **changes: Any) -> None:
        """Lock a user offer for a slot's transaction: for the first time, again with another basket, or as a rival."""
        one = self.user_offer(held)
        if one is None:
            return
        till = self.till(one, slot)
        till.transaction |= values.basket(self.api, basket)
        asked = till.transaction | changes
        exchange = self.judge(self.api.lock(self._code(one, upper), asked))
        self._repeatable = ("lock", exchange.sent, self.sent)
        answered = _payload(exchange)
        if answered is not None:
            till.discounts[one.user_offer_id] = dict(answered)

    def do_redeem(self, held: int, slot: int) -> None:
        """Redeem a user offer at once."""
        one = self.user_offer(held)
        if one is not None and self.profile.can("redeem"):
            exchange = self.judge(self.api.redeem(one.user_offer_id, self.till(one, slot).transaction))
            self._repeatable = ("redeem", exchange.sent, self.sent)

    def do_send(self, held: int, slot: int, closed: bool = True, spelled: str = "json", discounts: str = "all") -> None:
        """Send a slot's transaction, open or closed, with all, one or none of the discounts its locks answered."""
        one = self.user_offer(held)
        if one is None:
            return
        till = self.till(one, slot)
        kept = list(till.discounts.values())[: {"all": None, "first": 1, "none": 0}[discounts]]
        self._send(till, closed, kept, spelled)

    def do_resend(self, held: int, slot: int, how: str = "same") -> None:
        """Send the slot's last transaction again: the same, newer, older, or without its items (a return)."""
        one = self.user_offer(held)
        till = self.tills.get((self._owner(one) if one else 0, slot % SLOTS))
        if till is None or not till.sendings:
            return
        changes: dict[str, Any] = {}
        if how == "return":
            unpaid = [payment | {"amount": 0} for payment in till.transaction["payments"]]
            changes = {"items": [], "subtotal": 0, "payments": unpaid}
        shift = {"same": 0, "newer": 1, "return": 1, "older": -1}[how]
        body = later(till.transaction, shift) | changes
        if how in ("newer", "return"):
            till.transaction = later(till.transaction, shift)
        self.judge(self.api.send_transaction(body))

    def _send(self, till: Till, closed: bool, discounts: Sequence[Any], spelled: str) -> None:
        if till.sendings:
            till.transaction = later(till.transaction, 1)
        asked = till.transaction | {"is_closed": closed, "discounts": [dict(one) for one in discounts]}
        exchange = self.judge(self.api.send_transaction(values.spelled(asked, spelled)))
        self._repeatable = ("send_transaction", exchange.sent, self.sent)
        if claims_success(exchange.answer, exchange.status):
            till.transaction = asked
            till.sendings += 1
            till.closed = closed

    def do_unlock(self, held: int, upper: bool = False) -> None:
        """Unlock a user offer, locked or not."""
        self._by_employee("unlock", held, upper)

    def do_reinstate(self, held: int) -> None:
        """Reinstate a user offer, redeemed or not."""
        self._by_employee("reinstate", held, False)

    def _by_employee(self, operation: str, held: int, upper: bool) -> None:
        one = self.user_offer(held)
        if one is not None and self.profile.can(operation):
            exchange = self.judge(getattr(self.api, operation)(self._code(one, upper)))
            self._repeatable = (operation, exchange.sent, self.sent)

    def do_revoke(self, held: int) -> None:
        """Revoke a user offer, whatever its state."""
        one = self.user_offer(held)
        if one is not None and self.profile.can("revoke"):
            self.judge(self.api.revoke_offer(one.user_offer_id))

    def do_repeat(self) -> None:
        """Send the last state-changing till request again, byte for byte, with its request_id."""
        if self._repeatable is not None and self.profile.can("idempotency"):
            operation, body, number = self._repeatable
            if self.sent - number <= _AT_ONCE:
                self.judge(self.api.send(operation, body))


class Newcomers:
    """Where the customers of a journey come from, and what they hold before anything was issued to them.

    ``gifts``: how many user offers a new customer gets by the program's own rules, as :meth:`gifts_of_one` saw.
    """

    def __init__(self, journey: Journey, supply: Supply, gifts: int) -> None:
        self._journey = journey
        self._profile = journey.profile
        self._supply = supply
        self._gifts = gifts

    def gifts_of_one(self) -> int:
        """How many user offers a fresh customer holds whom nobody issued anything, once effects have had their time."""
        self.welcome()
        self._journey.api.wire.pause(self._profile.settle_s)
        return Looking(self._journey).learn_past(self._journey.customers[0])

    def welcome(self, first: str = "First", last: str = "Last") -> None:
        """One customer more; of one who may hold something already, it is learned."""
        before = len(self._journey.customers)
        self._enrol(first, last)
        if self._gifts or self._profile.customers.kind == "pool":
            for customer in self._journey.customers[before:]:
                learn = partial(Looking(self._journey).learn_past, customer)
                self._journey.settle(learn, lambda records: records >= self._gifts)

    def _enrol(self, first: str, last: str) -> None:
        if self._profile.customers.kind != "create" or not self._profile.can("create_customer"):
            self._known(self._supply.customer())
            return
        api, customers = self._journey.api, self._journey.customers
        person = SyntheticPerson.drawn(api.minter, first, last)
        exchange = self._journey.judge(api.create_customer(person.wanted(api)))
        user = exchange.answer.get("user") if claims_success(exchange.answer, exchange.status) else None
        if isinstance(user, Mapping) and isinstance(user.get("id"), str):
            customers.append(person.known_as(user["id"]))
        elif not customers:
            raise refused(exchange)

    def _known(self, customer: Customer) -> None:
        known = {"email": customer.email, "external_id": customer.external_id, "phone": customer.phone}
        self._journey.world.known(customer.user_id, **{name: value for name, value in known.items() if value})
        self._journey.customers.append(customer)

    def bring_offer(self, customer: int) -> None:
        """A user offer of the supply; its owner becomes a customer of the journey."""
        pooled, world = self._profile.offers.kind == "pool", self._journey.world
        held = self._supply.user_offer(None if pooled else self._journey.customers[customer])
        if held.offer_id is not None:
            world.offered(held.offer_id)
        if all(held.customer.user_id != one.user_id for one in self._journey.customers):
            self._known(held.customer)
        world.holds(held.user_offer_id, held.customer.user_id, held.offer_id)
        owner = held.customer.user_id.lower()  # whose wallet may hold more than what we were given
        world.people[owner] = replace(world.people[owner], may_gain=True, shared=pooled)
        self._journey.held.append(held)


class WrongOnPurpose:
    """The steps of a journey that no target can honour."""

    def __init__(self, journey: Journey) -> None:
        self._journey = journey

    def do_stranger(self, operation: str) -> None:
        """Any call about something that does not exist."""
        api = self._journey.api
        if api.profile.declares(operation):
            self._journey.judge(api.send(operation, api.example(operation)), invalid=True)

    def do_invalid(self, kind: str, held: int = 0) -> None:
        """A request that cannot be honoured; it must be refused and change nothing."""
        one = self._journey.user_offer(held)
        if one is None or not values.may_be_sent(kind, self._journey.profile):
            return
        exchange = values.INVALID[kind](self._journey.api, one)
        if claims_success(exchange.answer, exchange.status) and kind in values.REFUSED_BY_FORM:
            objection = Objection(values.REFUSED_BY_FORM[kind], f"a request with {kind}", "a refusal", "a success")
            raise Broken([objection], exchange, invalid=True)
        self._journey.judge(exchange, invalid=True, formless=kind in values.REFUSED_BY_FORM)


class Looking:
    """The steps of a journey that read and change nothing."""

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self._api = journey.api
        self._page = page_size(journey.api)

    def learn_past(self, customer: Customer) -> int:
        """See what a customer holds and held before the journey; from now on nothing comes by itself.

        Returns:
            The number of records in the history.
        """
        judge, people, owner = self._journey.judge, self._journey.world.people, customer.user_id.lower()
        people[owner] = replace(people[owner], may_gain=True, shared=True)
        judge(self._api.lookup(user_id=customer.user_id))
        skip = 0
        for _ in range(PAGES_MAX):
            asked = judge(self._api.user_offer_history([customer.user_id], skip=skip, take=self._page))
            records = (_payload(asked) or {}).get("results")
            if not isinstance(records, list) or not records:
                break
            skip += len(records)
        people = self._journey.world.people  # each ruling makes a new world
        people[owner] = replace(people[owner], may_gain=False, shared=False)
        return skip

    def do_look(self, customer: int) -> None:
        """What must agree after every step: the customer's wallet, the history of all, the customer's points."""
        who = self._journey.customer(customer)
        if self._wallet_and_history(who)[1] is not None:
            looked = self._journey.sent  # how often is a matter of time, and must decide nothing
            wallet, objection = self._journey.settle(
                lambda: self._wallet_and_history(who), lambda seen: seen[1] is None
            )
            self._journey.sent = looked
            if objection is not None:
                raise Broken([objection], wallet, invalid=self._journey.invalid)
        if who.searchable:
            self._journey.judge(self._api.search_customers(**who.searchable, expand_incentives=True))

    def do_wait(self, customer: int) -> None:
        """Look until the effects of what was sent have come, where the target may take its time."""
        who = self._journey.customer(customer)
        owner = who.user_id.lower()
        if self._journey.world.under_way(owner):
            looked = self._journey.sent
            self._journey.settle(
                lambda: self._wallet_and_history(who), lambda _: not self._journey.world.under_way(owner)
            )
            self._journey.sent = looked

    def _wallet_and_history(self, who: Customer) -> tuple[Exchange, Objection | None]:
        wallet = self._journey.judge(self._api.lookup(user_id=who.user_id))
        asked = [one.user_id for one in self._journey.customers]
        history = self._journey.judge(self._api.user_offer_history(asked, take=self._page))
        return wallet, disagreement(self._journey.world, who.user_id, from_exchange(wallet), from_exchange(history))

    def do_lookup(self, customer: int, by: str, slot: int | None = None, basket: int = 0) -> None:
        """Lookup by any identifier, with or without a basket."""
        who = self._journey.customer(customer)
        wanted = {"external_customer_id": who.external_id, "email": who.email, "phone": who.phone}.get(by)
        transaction = None
        if slot is not None and self._journey.profile.can("lookup_transaction"):
            transaction = self._api.transaction(user_id=who.user_id) | values.basket(self._api, basket)
        identifier = {by: wanted} if wanted else {"user_id": who.user_id}
        self._journey.judge(self._api.lookup(**identifier, transaction=transaction))

    def do_search(self, customer: int, by: str, flags: Sequence[str] = ()) -> None:
        """Search by any identifier with any flags."""
        who = self._journey.customer(customer)
        wanted = {"email": who.email, "external_id": who.external_id, "mobile_number": who.phone}.get(by)
        named: dict[str, Any] = {by: wanted} if wanted else who.searchable
        if named:
            self._journey.judge(self._api.search_customers(**named | dict.fromkeys(flags, True)))

    def do_list(self, customer: int) -> None:
        """The issued offers of a customer."""
        if self._journey.profile.can("get_user_offers"):
            self._journey.judge(self._api.get_user_offers(self._journey.customer(customer).user_id, take=self._page))

    def do_history(self, customers: Sequence[int], skip: int, take: int) -> None:
        """A page of the history of one or several customers."""
        asked = list(dict.fromkeys(self._journey.customer(place).user_id for place in customers))
        self._journey.judge(self._api.user_offer_history(asked, skip=skip, take=min(take, self._page)))


def _payload(exchange: Exchange) -> Mapping[str, Any] | None:
    """Return what a success carries; None of a refusal, and where it carries no object."""
    payload = exchange.answer.get("payload") if claims_success(exchange.answer, exchange.status) else None
    return payload if isinstance(payload, Mapping) else None


def refused(on: Exchange) -> CannotProvide:
    """The end of a journey that could not be set up: the profile may be at fault, and other clauses judge the call."""
    return set_up_failed(on.operation, on.status, on.failure, on.answer_text[:200])
