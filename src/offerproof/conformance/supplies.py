"""What the checks of a run share of the sources: pools, offers, who carries user offers, what is loaded ahead.

What cannot be had is *unknown*: that creating or issuing works at all is stated by clauses of their own. Who gets what
is laid down by the plan (``allotment``). What is made for several checks is made once, in a scope of its own, by
whichever comes first.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from offerproof.client import Api
from offerproof.client.documented import Bodies
from offerproof.client.wire import CHECK
from offerproof.conformance.allotment import Allotment, Allotments, Fits, carrier_name
from offerproof.conformance.clock import ControlPanel
from offerproof.conformance.marks import Consumption
from offerproof.conformance.outcome import Inconclusive, Settle
from offerproof.conformance.reading import PAGES_MAX, page_size
from offerproof.conformance.standing import StandingCustomers
from offerproof.exchange import Exchange
from offerproof.findings import Needs
from offerproof.judgement.shapes import claims_success
from offerproof.provisioning import (
    BulkLoader,
    CannotProvide,
    Customer,
    NotOffered,
    Offer,
    Pools,
    Sources,
    UserOffer,
    plain_kind,
)
from offerproof.provisioning.control import BulkLoad
from offerproof.provisioning.pools import CUSTOMER_KEYS, Entry
from offerproof.provisioning.values import customer_of, set_up_failed, user_offer_of

T = TypeVar("T")

BATCH_MAX: Final = 200
"""Most things of a kind in one load."""
FRESH_FOR: Final = timedelta(hours=1)
"""By the target's clock: how long what was loaded may wait to be handed out, for its validity would not count from
now; and how long a customer carries, for who has seen time pass (tiers, lots, expiry) carries nothing new."""


@dataclass
class Share:
    """What of a run's supplies there is for one check."""

    check: str
    declared: Consumption
    allotment: Allotment
    carried: int = 0
    """How many of its user offers have a carrier."""
    read: int = 0
    """How many standing customers it has read."""
    shown: list[UserOffer] = field(default_factory=list)
    """Which user offers of standing customers it has."""


class Carriers:
    """The carriers of one run, by number. ``make`` gives a fresh customer, ``now`` the target's time.

    A carrier belongs to one running check at a time, so nobody else asks for it.
    """

    def __init__(self, make: Callable[[int], Customer], now: Callable[[], datetime]) -> None:
        self._make = make
        self._now = now
        self._known: dict[int, tuple[Customer, datetime]] = {}

    def take(self, number: int) -> Customer:
        """The carrier of this number, for one more user offer."""
        now = self._now()
        customer, since = self._known.get(number, (None, now))
        if customer is None or now - since >= FRESH_FOR:
            customer = self._make(number)
            self._known[number] = customer, now
        return customer

    def has(self, customer: Customer) -> bool:
        """Whether this is one of them."""
        return any(customer == one for one, _ in list(self._known.values()))


class LoadedAhead:
    """What the run's plan foresees is loaded when the first of its kind is asked for, and handed out from there."""

    def __init__(self, loader: BulkLoader, needs: Needs, now: Callable[[], datetime]) -> None:
        self._loader = loader
        self._now = now
        self._foreseen = Counter(needs.user_offers)
        self._foreseen_customers = needs.customers
        self._customers: list[tuple[datetime, Customer]] = []
        self._held: dict[str, list[tuple[datetime, UserOffer]]] = {}

    def customer(self) -> Customer:
        """A fresh customer."""
        found = self._waiting(self._customers)
        if found is None:
            batch = self._loader.customers([()] * _batch(self._foreseen_customers))
            self._foreseen_customers -= len(batch)
            self._customers = [(self._now(), customer) for customer, _ in batch]
            found = self._customers.pop(0)[1]
        return found

    def user_offer(self, offer: Offer, asked: str) -> UserOffer:
        """A user offer of a shared offer, with a customer of its own; ``asked``: the type as the plan counts it."""
        waiting = self._held.setdefault(offer.offer_id, [])
        found = self._waiting(waiting)
        if found is None:
            batch = self._loader.customers([(offer,)] * _batch(self._foreseen[asked]))
            self._foreseen[asked] -= len(batch)
            waiting[:] = [(self._now(), held) for _, (held,) in batch]
            found = waiting.pop(0)[1]
        return found

    def _waiting(self, waiting: list[tuple[datetime, T]]) -> T | None:
        while waiting:
            loaded, thing = waiting.pop(0)
            if self._now() - loaded < FRESH_FOR:
                return thing
        return None


def _batch(foreseen: int) -> int:
    return min(max(foreseen, 1), BATCH_MAX)


class SuiteClient:
    """The suite's client, as provisioning uses it."""

    def __init__(self, api: Api, panel: ControlPanel) -> None:
        self.bodies: Bodies = api
        self._api = api
        self._panel = panel

    def call(self, operation: str, members: Mapping[str, Any]) -> Any:
        """Send a request; anything but success means that what is needed cannot be had."""
        exchange = self._api.call(operation, members)
        return payload_of(exchange, operation, "user" if operation == "create_customer" else "payload")

    def load(self, body: BulkLoad) -> Any:
        """Post a load to the control interface."""
        self._api.wire.redactor.learn(body)
        return self.control("/_control/load", body)

    def control(self, path: str, body: Mapping[str, Any]) -> Any:
        """Post to the control interface."""
        try:
            return self._panel.ask("POST", path, body)
        except Inconclusive as problem:
            raise CannotProvide(problem.message) from None


class Supplies:
    """The supplies of one run."""

    def __init__(
        self,
        api: Api,
        panel: ControlPanel,
        settle: Settle,
        pools: Pools,
        *,
        needs: Needs,
        run_id: str,
        allotments: Allotments,
    ) -> None:
        self.api = api
        self.profile = api.profile
        self.settle = settle
        self.created: list[Customer] = []
        """Customers made for this run, the first ones first: nobody else knows them."""
        self.allotments = allotments
        self._kept: dict[str, Any] = {}
        """What is there once for the whole run, by name."""
        self._run_id = run_id
        self._client = SuiteClient(api, panel)
        self._pools = pools
        for entry in pools.people():
            for kind, name in (("email", "email"), ("phone", "phone"), ("external-id", "external_id")):
                if entry.get(name):
                    api.wire.redactor.foresee(kind, entry[name])
        self.standing = StandingCustomers(api, pools.standing, self._pooled, self.once, self._for_all)
        self._sources = Sources(self._client, settle)
        self._needs = needs
        self._ahead: dict[str, LoadedAhead] = {}
        self._carriers = Carriers(self._carrier, api.now)
        self._guards: dict[str, threading.RLock] = {}

    def share(self, check: str, declared: Consumption) -> Share:
        """What there is for a check."""
        return Share(check, declared, self.allotments.of(check))

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What the run has under this name: made by the first check that asks, while others who ask wait for it."""
        with self._guards.setdefault(name, threading.RLock()):
            if name not in self._kept:
                self._kept[name] = make()
            kept: T = self._kept[name]
            return kept

    @contextmanager
    def _for_all(self, name: str) -> Iterator[None]:
        """What is sent belongs to the thing that is made, and not to the check that happened to ask first."""
        before = CHECK.set(name)
        try:
            with self.api.minter.scope(name, whole=True):
                yield
        finally:
            CHECK.reset(before)

    # Customers

    def customer(self, share: Share) -> Customer:
        """A customer nobody else gets."""
        if self.profile.customers.kind == "control" and (ahead := self._loaded_ahead(share)):
            return ahead.customer()
        pool = self._pools.customers
        if self.profile.reads_standing:
            share.read += 1
            return self.standing.reader(share.check, share.read)
        if pool is None:
            self.created.append(customer := self._sources.customer())
            return customer
        mine = share.allotment.customers
        entry = pool.take(self._run_id, lambda entry: entry["user_id"].lower() in mine)
        entry = entry or self.allotments.take_spare(share.check, None, partial(pool.take, self._run_id))
        if entry is None:
            raise pool.used_up("customers", "1 more is")
        return self._pooled(entry)

    def _carrier(self, number: int) -> Customer:
        name = carrier_name(number)
        with self._for_all(name):
            return self.customer(self.share(name, Consumption()))

    def shared(self, customer: Customer) -> bool:
        """Whether the wallet may hold, or have held, what is of no check that runs: a past, or other checks' offers."""
        pooled = self._pools.customers is not None or self._pools.user_offers is not None
        return pooled or self._carriers.has(customer)

    def _loaded_ahead(self, share: Share) -> LoadedAhead | None:
        """What was loaded for the whole run at once; where several checks run, for each what it takes."""
        if self._sources.loader is None:
            return None
        name, needs = ("", self._needs) if self.profile.one_at_a_time else (share.check, share.declared)
        if name not in self._ahead:
            self._ahead[name] = LoadedAhead(self._sources.loader, needs, self.api.now)
        return self._ahead[name]

    def lasting(self, customer: Customer) -> dict[str, str]:
        """What may be kept of a customer beyond this run: the target's id, and identifiers that we made up."""
        kept = {"user_id": customer.user_id}
        if self._pools.customers is None:
            ours = {"external_id": customer.external_id, "email": customer.email, "phone": customer.phone}
            kept |= {name: value for name, value in ours.items() if value}
        return kept

    def again(self, kept: Mapping[str, Any]) -> Customer:
        """The customer of whom this was kept; one of a pool is found in its file again."""
        pool = self._pools.customers
        entry = pool.entries.get(kept["user_id"].lower()) if pool else None
        return self._pooled(entry or {name: kept[name] for name in CUSTOMER_KEYS if kept.get(name)})

    def _pooled(self, entry: Entry) -> Customer:
        self.api.wire.redactor.learn(entry)
        return customer_of(entry)

    # Offers

    def shared_offer(self, kind: str) -> Offer:
        """One offer of a kind for the whole run."""

        def make() -> Offer:
            fixed = self.profile.offers.fixed.get(kind)
            with self._for_all(f"shared offer {kind}"):
                return Offer(fixed, kind) if fixed else self.offer(kind, {})

        return self.once(f"shared offer {kind}", make)

    def offer(self, kind: str, changes: Mapping[str, Any]) -> Offer:
        """A new published offer."""
        return self._sources.offer(kind, changes)

    def _plainest(self) -> str:
        if self.profile.offers.fixed:
            return next(iter(self.profile.offers.fixed))
        return plain_kind(self.profile)

    def plain_kind(self) -> str:
        """The kind of an offer when it does not matter: what can be created comes before what the profile names."""
        return plain_kind(self.profile) if self.profile.can("create_offer") else self._plainest()

    # User offers

    def user_offer(self, kind: str | None, customer: Customer | None, share: Share) -> UserOffer:
        """A user offer in a wallet: of a kind, for a customer, where that is asked for."""
        if self.profile.reads_standing and self.profile.offers.kind != "pool":
            together = sum(share.declared.user_offers.values()) if share.declared.together else 1
            share.shown.append(self.standing.user_offer(kind, customer, share.shown, together))
            return share.shown[-1]
        match self.profile.offers.kind:
            case "pool":
                return self._pooled_user_offer(kind, customer, share)
            case "earn":
                return self._earned(kind, customer, share)
            case "control":
                return self._loaded(kind, customer, share)
            case _:
                kind = kind or self._plainest()
                return self.issue(self.shared_offer(kind), customer or self._owner(kind, share))

    def _owner(self, kind: str, share: Share) -> Customer:
        """Who gets a user offer that was asked for without a customer."""
        carriers = share.allotment.carriers[share.carried :]
        if not carriers or kind in self.profile.offers.fixed:  # one that is not ours may be limited to one for each
            return self.customer(share)
        share.carried += 1
        return self._carriers.take(carriers[0])

    def issue(self, offer: Offer, customer: Customer) -> UserOffer:
        """Issue this very offer to a customer."""
        return self._sources.issue(offer, customer)

    def _loaded(self, kind: str | None, customer: Customer | None, share: Share) -> UserOffer:
        loader, ahead = self._sources.loader, self._loaded_ahead(share)
        if loader is None or ahead is None:
            raise CannotProvide("user offers come from the control interface, and there is none")
        offer = self.shared_offer(kind or self._plainest())
        if customer is None and self.profile.customers.kind == "control":
            return ahead.user_offer(offer, kind or "any")
        return loader.user_offers([(customer or self.customer(share), offer)])[0]

    def _earned(self, kind: str | None, customer: Customer | None, share: Share) -> UserOffer:
        given = self.profile.offers.type or "any"
        if kind not in (None, given):
            raise NotOffered(f"no user offers of type {kind}, the issue rule gives {given} only")
        earned = self._sources.earn(customer or self.customer(share))
        with suppress(CannotProvide):  # each view in its own time; what stays away is judged
            self.settle(lambda: self.state(earned), bool)
        return earned

    def _pooled_user_offer(self, kind: str | None, customer: Customer | None, share: Share) -> UserOffer:
        pool = self._pools.user_offers
        assert pool is not None
        mine = {name for asked, name in share.allotment.user_offers if asked == (kind or "any")}
        together = sum(share.declared.user_offers.values()) if share.declared.together and customer is None else 1

        def of_that_customer(entry: Mapping[str, str]) -> bool:
            return customer is None or entry["user_id"].lower() == customer.user_id.lower()

        def take_more(spare: Fits) -> Entry | None:
            return pool.take_apart(
                self._run_id,
                lambda entry: kind in (None, entry.get("type")) and spare(entry),
                together,
            )

        entry = pool.take(
            self._run_id, lambda entry: entry["user_offer_id"].lower() in mine and of_that_customer(entry)
        )
        entry = entry or self.allotments.take_spare(share.check, customer.user_id if customer else None, take_more)
        if entry is None:
            of_kind = f" of type {kind}" if kind else ""
            whose = " of this very customer" if customer else ""
            needed = f"{together} of one customer are" if together > 1 else "1 more is"
            raise pool.used_up(f"user offers{of_kind}{whose}", needed)
        owner = customer or self._pooled(self._pools.owner(entry["user_id"]))
        return user_offer_of(entry, owner)

    def short_lived_code(self, held: UserOffer) -> str:
        """A code for this user offer, made through the control interface."""
        if not self.profile.can("ttl_code"):
            raise CannotProvide("a short-lived code is needed, and only a control interface makes one")
        return str(self._client.control("/_control/ttl_code", {"user_offer_id": held.user_offer_id})["code"])

    # What the target shows of them

    def in_wallet(self, held: UserOffer) -> bool:
        """Whether the wallet holds this user offer."""
        return any(held.is_it(reference_id) for reference_id in self._sources.wallet(held.customer))

    def state(self, held: UserOffer) -> str:
        """What the history says of this user offer, in lower case; empty without a record."""
        size, skip = page_size(self.api), 0
        for _ in range(PAGES_MAX):
            asked = self.api.user_offer_history([held.customer.user_id], skip=skip, take=size)
            payload = payload_of(asked, "user_offer_history")
            results = payload.get("results") if isinstance(payload, Mapping) else None
            rows = [row for row in results if isinstance(row, Mapping)] if isinstance(results, list) else []
            found = next((row for row in rows if held.is_it(row.get("user_offer_id"))), None)
            if found is not None or not rows:
                return str((found or {}).get("status_description") or "").lower()
            skip += len(rows)
        return ""


def payload_of(exchange: Exchange, call: str, member: str = "payload") -> Any:
    """The payload of a set-up call; anything but success means that the check cannot be given what it needs."""
    if exchange.failure or not claims_success(exchange.answer, exchange.status):
        raise set_up_failed(call, exchange.status, exchange.failure, exchange.answer_text[:200])
    return exchange.answer.get(member)
