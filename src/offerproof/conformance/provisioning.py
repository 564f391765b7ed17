"""Fresh customers, offers and user offers, by whatever way the profile names. What it cannot give is *unknown*.

Nothing here judges the target: a refused set-up call means that the clause could not be observed. That creating or
issuing works at all is stated by clauses of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from offerproof.client import Api
from offerproof.conformance.carriers import Carriers, carried_by_each
from offerproof.conformance.checkrun import CheckRun
from offerproof.conformance.controlled import Controlled
from offerproof.conformance.fixtures import Customer, Locked, Offer, UserOffer
from offerproof.conformance.outcome import CannotProvide, NotOffered, Undeclared
from offerproof.conformance.pool import open_pools
from offerproof.conformance.reading import PAGES_MAX, page_size, plain_kind, tells
from offerproof.conformance.settle import Settle
from offerproof.exchange import Exchange
from offerproof.judgement.shapes import claims_success
from offerproof.target import Profile

T = TypeVar("T")


class Provisioner:
    """The supplies of one run."""

    def __init__(
        self,
        profile: Profile,
        api: Api,
        ledger_folder: Path,
        run_id: str,
        settle: Settle,
        control: Callable[[Counter[str]], Controlled] | None = None,
    ) -> None:
        self.profile = profile
        self.api = api
        self.settle = settle
        self._run_id = run_id
        self._shared: dict[str, Offer] = {}
        self._rewarded: set[str] = set()
        self.customers, self.user_offers = open_pools(profile, ledger_folder)
        self.leftovers: Counter[str] = Counter()
        """What was put on the target and stays there."""
        self.created: list[Customer] = []
        """Customers made for this run, the first ones first: nobody else knows them."""
        self.put_aside: dict[str, Any] = {}
        """What one check put aside for a later one."""
        self._controlled = control(self.leftovers) if control else None
        self._carriers = Carriers(self.customer, api.now, carried_by_each(profile))

    def customer(self) -> Customer:
        """A customer nobody else gets."""
        if self.profile.customers.kind == "control" and self._controlled:
            return self._controlled.customer()
        if self.customers is None:
            return self._created_customer()
        entry = self.customers.take(self._run_id)
        if entry is None:
            raise CannotProvide(f"the pool of customers is used up; 1 more is needed (used: {self.customers.ledger})")
        return self._pooled_customer(entry)

    def shared_offer(self, kind: str) -> Offer:
        """One offer of a kind for the whole run."""
        if kind not in self._shared:
            fixed = self.profile.offers.fixed.get(kind)
            self._shared[kind] = Offer(fixed, kind) if fixed else self.offer(kind, {})
        return self._shared[kind]

    def offer(self, kind: str, changes: Mapping[str, Any]) -> Offer:
        """A new published offer."""
        if not self.profile.can("create_offer") and self._loader is not None:
            return self._loader.offer(kind, changes)
        if not self.profile.can("create_offer"):
            raise CannotProvide(f"an offer of type {kind} is needed and offers cannot be created here")
        body = self.api.offer(kind, **changes)
        payload = _payload(self.api.create_offer(body), "create_offer")
        offer_id = payload.get("offer_id") if isinstance(payload, Mapping) else None
        if not isinstance(offer_id, str):
            raise CannotProvide("create_offer answered no offer_id")
        self.leftovers["offers"] += 1
        texts = body.get("text_config")
        title = texts[0].get("title") if isinstance(texts, list) and texts else None
        return Offer(offer_id, kind, title)

    def user_offer(
        self, kind: str | None, customer: Customer | None, together: int = 1, besides: Collection[str] = ()
    ) -> UserOffer:
        """A user offer in a wallet: of a kind, for a customer, where that is asked for; else for none of ``besides``.

        More than one ``together`` is for a customer of its own.
        """
        match self.profile.offers.kind:
            case "pool":
                return self._pooled_user_offer(kind, customer, together)
            case "earn":
                return self._earned(kind, customer)
            case "control":
                return self._loaded(kind, customer)
            case _:
                kind = kind or self._plainest()
                if customer is None:  # an offer that is not ours may be limited to one for each customer
                    own = together > 1 or kind in self.profile.offers.fixed
                    customer = self.customer() if own else self._carriers.take(besides)
                return self.issue(self.shared_offer(kind), customer)

    # Customers

    def _created_customer(self) -> Customer:
        if not self.profile.can("create_customer"):
            raise CannotProvide("a customer is needed and customers cannot be created here; give a pool")
        mint = self.api.minter
        email, external_id, phone = mint.email(), mint.word("customer"), mint.digits()
        wanted = {"email": email, "external_id": external_id, "first_name": mint.name(), "last_name": mint.name()}
        as_list = self.profile.behaviour("create_customer.phone_member") == "phone_numbers"
        number: dict[str, Any] = {"phone_numbers": [{"phone_number": phone}]} if as_list else {"mobile_number": phone}
        exchange = self.api.create_customer(wanted | number | {"opted_in": True})
        user = _payload(exchange, "create_customer", member="user")
        user_id = user.get("id") if isinstance(user, Mapping) else None
        if not isinstance(user_id, str):
            raise CannotProvide("create_customer answered no id")
        self.leftovers["customers"] += 1
        made = Customer(user_id, external_id, email, phone)
        self.created.append(made)
        return made

    def _pooled_customer(self, entry: Mapping[str, str]) -> Customer:
        redactor = self.api.wire.redactor
        for kind in ("email", "phone"):
            if entry.get(kind):
                redactor.personal(kind, entry[kind])
        return Customer(entry["user_id"], entry.get("external_id"), entry.get("email"), entry.get("phone"))

    # User offers

    def _plainest(self) -> str:
        if self.profile.offers.fixed:
            return next(iter(self.profile.offers.fixed))
        return plain_kind(self.profile)

    def plain_kind(self) -> str:
        """The kind of an offer when it does not matter: what can be created comes before what the profile names."""
        return plain_kind(self.profile) if self.profile.can("create_offer") else self._plainest()

    @property
    def _loader(self) -> Controlled | None:
        """The control interface, where user offers come from it."""
        return self._controlled if self.profile.offers.kind == "control" else None

    def _loaded(self, kind: str | None, customer: Customer | None) -> UserOffer:
        if self._loader is None:
            raise CannotProvide("user offers come from the control interface, and there is none")
        offer = self.shared_offer(kind or self._plainest())
        if customer is None and self.profile.customers.kind == "control":
            return self._loader.user_offer(offer, kind or "any")
        return self._loader.issued(offer, customer or self.customer())

    def issue(self, offer: Offer, customer: Customer) -> UserOffer:
        """Issue this very offer to a customer."""
        if not self.profile.can("issue"):
            if self._loader is not None:
                return self._loader.issued(offer, customer)
            raise CannotProvide("an offer of our own is needed in a wallet, and offers cannot be issued here")
        payload = _payload(self.api.issue_offer(customer.user_id, offer.offer_id), "issue_offer")
        listed = payload.get("status_list") if isinstance(payload, Mapping) else None
        first = listed[0] if isinstance(listed, list) and listed else None
        user_offer_id = first.get("user_offer_id") if isinstance(first, Mapping) else None
        if not isinstance(user_offer_id, str) or not user_offer_id:
            raise CannotProvide("issue_offer answered no user_offer_id")
        self.leftovers["user offers"] += 1
        return UserOffer(user_offer_id, offer.offer_id, offer.kind, customer)

    def short_lived_code(self, held: UserOffer) -> str:
        """A code for this user offer, made through the control interface."""
        if self._controlled is None:
            raise CannotProvide("a short-lived code is needed, and only a control interface makes one")
        return self._controlled.short_lived_code(held)

    def _earned(self, kind: str | None, customer: Customer | None) -> UserOffer:
        source = self.profile.offers
        given = source.type or "any"
        if kind not in (None, given):
            raise NotOffered(f"no user offers of type {kind}, the issue rule gives {given} only")
        customer = customer or self.customer()
        if customer.user_id in self._rewarded and self.profile.behaviour("issue_rule.fires") == "once":
            raise NotOffered("no second user offer of one customer, the issue rule fires once")
        before = self._wallet(customer)
        spent = self.api.items(str(source.spend))
        basket = self.api.transaction(items=spent, user_id=customer.user_id, is_closed=True)
        _payload(self.api.send_transaction(basket), "send_transaction")
        fresh = self.settle(lambda: self._wallet(customer) - before, bool)
        if not fresh:
            again = customer.user_id in self._rewarded
            hint = '; if the issue rule fires once for each customer, say so: issue_rule = { fires = "once" }'
            raise CannotProvide(
                f"spending {source.spend} brought no {'further ' * again}offer within the settle time{hint * again}"
            )
        self._rewarded.add(customer.user_id)
        earned = UserOffer(min(fresh), None, given, customer)
        with suppress(CannotProvide):  # each view in its own time; what stays away is judged
            self.settle(lambda: self.state(earned), bool)
        return earned

    def _wallet(self, customer: Customer) -> frozenset[str]:
        payload = _payload(self.api.lookup(user_id=customer.user_id), "lookup")
        found = payload[0] if isinstance(payload, list) and payload else {}
        offers = found.get("offers") if isinstance(found, Mapping) else None
        listed = offers if isinstance(offers, list) else []
        return frozenset(
            str(offer["reference_id"]) for offer in listed if isinstance(offer, Mapping) and "reference_id" in offer
        )

    def in_wallet(self, held: UserOffer) -> bool:
        """Whether the wallet holds this user offer."""
        return any(held.is_it(reference_id) for reference_id in self._wallet(held.customer))

    def state(self, held: UserOffer) -> str:
        """What the history says of this user offer, in lower case; empty without a record."""
        size, skip = page_size(self.api), 0
        for _ in range(PAGES_MAX):
            asked = self.api.user_offer_history([held.customer.user_id], skip=skip, take=size)
            payload = _payload(asked, "user_offer_history")
            results = payload.get("results") if isinstance(payload, Mapping) else None
            rows = [row for row in results if isinstance(row, Mapping)] if isinstance(results, list) else []
            found = next((row for row in rows if held.is_it(row.get("user_offer_id"))), None)
            if found is not None or not rows:
                return str((found or {}).get("status_description") or "").lower()
            skip += len(rows)
        return ""

    def _pooled_user_offer(self, kind: str | None, customer: Customer | None, together: int) -> UserOffer:
        assert self.user_offers is not None

        def fits(entry: Mapping[str, str]) -> bool:
            mine = customer is None or entry["user_id"].lower() == customer.user_id.lower()
            return mine and (kind is None or entry.get("type") == kind)

        if customer is None:
            entry = self.user_offers.take_apart(self._run_id, fits, together)
        else:
            entry = self.user_offers.take(self._run_id, fits)
        if entry is None:
            of_kind = f" of type {kind}" if kind else ""
            whose = " of this very customer" if customer else ""
            needed = f"{together} of one customer are" if together > 1 else "1 more is"
            used = self.user_offers.ledger
            raise CannotProvide(f"the pool of user offers{of_kind}{whose} is used up; {needed} needed (used: {used})")
        owner = customer or self._owner(entry["user_id"])
        return UserOffer(entry["user_offer_id"], entry.get("offer_id"), entry.get("type", "any"), owner)

    def _owner(self, user_id: str) -> Customer:
        known = self.customers.entries.get(user_id.lower()) if self.customers else None
        return self._pooled_customer(known) if known else Customer(user_id)


class Given:
    """The supplies of one check; it may take what its decorator declares and no more."""

    def __init__(self, supplies: Provisioner, check: CheckRun) -> None:
        self._supplies = supplies
        self._check = check
        self._customers = check.declared.customers
        self._offers = Counter(check.declared.user_offers)
        self._owners: set[str] = set()

    def customer(self) -> Customer:
        """A fresh customer."""
        if self._customers < 1:
            raise Undeclared(f"declare one more customer: @clause(…, customers={self._check.declared.customers + 1})")
        self._customers -= 1
        with self._set_up():
            return self._supplies.customer()

    def created(self) -> tuple[Customer, ...]:
        """The customers that were made for this run so far, for whichever check; none where they come from a pool."""
        return tuple(self._supplies.created)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What the run has under this name: made by the first check that asks, found again by a later one."""
        if name not in self._supplies.put_aside:
            self._supplies.put_aside[name] = make()
        kept: T = self._supplies.put_aside[name]
        return kept

    def offer(self, kind: str | None = None, **changes: Any) -> Offer:
        """A fresh published offer, of a plain kind when none is named; ``changes`` as for ``api.offer``."""
        with self._set_up():
            return self._supplies.offer(kind or plain_kind(self._supplies.profile), changes)

    def shared_offer(self, kind: str | None = None) -> Offer:
        """An offer that other checks use too, of a plain kind when none is named; do not change it."""
        with self._set_up():
            return self._supplies.shared_offer(kind or self._supplies.plain_kind())

    def user_offer(
        self, kind: str | None = None, customer: Customer | None = None, *, together: int = 1, fresh: bool = False
    ) -> UserOffer:
        """A fresh user offer in the wallet of ``customer``, or of somebody this check has no other user offer of.

        That somebody may hold user offers of other checks too; ``fresh``: it is a customer made for this check, which
        matters where a target could mix up neighbours. A pool takes no notice.
        ``together``: how many the check takes for that customer in all; a pool then picks one who has as many, and
        elsewhere it is a fresh customer.
        """
        taken = kind if kind and self._offers[kind] else "any"
        if self._offers[taken] < 1:
            raise Undeclared(f'declare one more user offer: @clause(…, offers=[…, "{kind or "any"}"])')
        self._offers[taken] -= 1
        with self._set_up():
            if fresh and customer is None and self._supplies.profile.offers.kind != "pool":
                customer = self._supplies.customer()
            held = self._supplies.user_offer(None if kind == "any" else kind, customer, together, self._owners)
        self._owners.add(held.customer.user_id)
        return held

    def issued(self, offer: Offer, customer: Customer) -> UserOffer:
        """This very offer, issued to this customer (or loaded, where user offers come from the control interface)."""
        with self._set_up():
            return self._supplies.issue(offer, customer)

    def short_lived_code(self, held: UserOffer) -> str:
        """A code that stands for this user offer for a while; no documented call gives one, so control does."""
        with self._set_up():
            return self._supplies.short_lived_code(held)

    def locked(
        self,
        kind: str | None = None,
        transaction: Mapping[str, Any] | None = None,
        customer: Customer | None = None,
        *,
        together: int = 1,
    ) -> Locked:
        """A fresh user offer, locked for ``transaction`` (a documented basket when left out)."""
        held = self.user_offer(kind, customer, together=together)
        with self._set_up():
            api = self._supplies.api
            basket = dict(transaction) if transaction is not None else api.transaction(user_id=held.customer.user_id)
            discount = _payload(api.lock(held.user_offer_id, basket), "lock")
            if not isinstance(discount, Mapping):
                raise CannotProvide("lock answered no discount")
            return Locked(held, basket, dict(discount))

    def redeemed(self, kind: str | None = None, customer: Customer | None = None, *, together: int = 1) -> Locked:
        """A fresh user offer, locked and redeemed by a closed transaction."""
        locked = self.locked(kind, customer=customer, together=together)
        with self._set_up():
            api, settle = self._supplies.api, self._supplies.settle
            closed = locked.transaction | {"is_closed": True, "discounts": [locked.discount]}
            _payload(api.send_transaction(closed), "send_transaction")

            held = locked.user_offer
            if not settle(lambda: tells(self._supplies.state(held), "redeem"), bool):
                raise CannotProvide("a closed transaction did not redeem the offer within the settle time")
            with suppress(CannotProvide):  # each view in its own time; what stays is judged
                settle(lambda: not self._supplies.in_wallet(held), bool)
            return Locked(held, closed, locked.discount)

    @contextmanager
    def _set_up(self) -> Iterator[None]:
        wire = self._supplies.api.wire
        before, wire.setup = wire.setup, True
        try:
            yield
        finally:
            wire.setup = before


def _payload(exchange: Exchange, call: str, member: str = "payload") -> Any:
    """The payload of a set-up call; anything but success means that the check cannot be given what it needs."""
    if exchange.failure:
        raise CannotProvide(f"set-up: {call} had no answer ({exchange.failure})")
    if not claims_success(exchange.answer, exchange.status):
        raise CannotProvide(f"set-up: {call} was refused: HTTP {exchange.status}: {exchange.answer_text[:200]}")
    return exchange.answer.get(member)
