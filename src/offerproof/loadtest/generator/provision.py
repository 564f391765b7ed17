"""Customers and user offers in numbers, over the lean client: from pool files, in bulk, or a call for each.

Runs inside Locust as well as outside it (only the lean client's sockets are used).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from offerproof.client import Minter
from offerproof.client.documented import Bodies
from offerproof.contract import Outcome, utc_now
from offerproof.loadtest.client.calls import repeated
from offerproof.loadtest.client.checks import Checked
from offerproof.loadtest.client.connection import Endpoint
from offerproof.loadtest.client.side_by_side import SideBySide
from offerproof.loadtest.generator.supply import HeldOffer, Shopper
from offerproof.provisioning import CannotProvide, Customer, Offer, Poll, Pools, Sources, UsedUp, UserOffer
from offerproof.provisioning.control import BulkLoad, BulkLoader
from offerproof.provisioning.sources import in_bulk
from offerproof.provisioning.values import customer_of, set_up_failed, user_offer_of
from offerproof.target import Control, Profile

T = TypeVar("T")

KINDS = ("fixed_amount_check_discount", "percent_check_discount", "manual_fulfillment")
"""Offer types a run issues in turn, as far as the target can create them."""
BATCH = 50
"""Customers in one load: small enough that the simulator's answers to others hardly wait."""


class LeanClient:
    """The lean client, as provisioning uses it: repeats what nobody answered, a few times. For several threads."""

    def __init__(self, lines: SideBySide, profile: Profile, minter: Minter) -> None:
        self.bodies = Bodies(profile, minter, utc_now)
        self._lines = lines
        self._control = profile.control

    def call(self, operation: str, members: Mapping[str, Any]) -> Any:
        """Send a request until it works (a 429 is obeyed by the caller's meter), and return its payload."""

        def is_enough(checked: Checked) -> bool:
            return checked.outcome is Outcome.REFUSED or checked.error not in {"throttled", "connect", "http_5xx"}

        with self._lines.calls() as calls:
            checked = repeated(lambda: calls.call(operation, members), is_enough)
        if checked.ok:
            return checked.payload
        unanswered = checked.error if checked.answer.failure else None
        raise set_up_failed(operation, checked.answer.status, unanswered, checked.error)

    def load(self, body: BulkLoad) -> Any:
        """Post a load to the control interface."""
        assert self._control is not None
        packed = msgspec.json.encode(body)
        request = _load_head(self._control) + b"Content-Length: %d\r\n\r\n" % len(packed) + packed
        with self._lines.calls() as calls:
            answer = calls.connection(Endpoint.from_url(self._control.base_url)).exchange(request)
        if answer.failure or answer.status != 200:
            raise set_up_failed("/_control/load", answer.status, answer.failure)
        return msgspec.json.decode(answer.body)


def _load_head(control: Control) -> bytes:
    headers = {"Content-Type": "application/json"}
    if control.token is not None:
        headers["Authorization"] = f"Bearer {control.token.reveal()}"
    path = "/load" if control.base_url.endswith("/_control") else "/_control/load"
    return Endpoint.from_url(control.base_url).head("POST", path, headers)


class Source:
    """Gives customers who have never been used before, with user offers, by the way the profile names."""

    def __init__(self, sources: Sources, pools: Pools, run_id: str, lines: SideBySide) -> None:
        self._profile = sources.profile
        self._sources = sources
        self._lines = lines
        self._pools = pools
        self._run_id = run_id
        self._loader: BulkLoader | None = sources.loader if in_bulk(sources.profile) else None
        self._offers: list[Offer] = []
        self._issued = 0
        self.made = 0
        """Customers and user offers so far."""

    def more(self, customers: int, offers_each: int, kind: str = "") -> list[Shopper]:
        """Return up to so many customers with their user offers, of one type or of each in turn.

        Raises:
            UsedUp: a pool has no more. CannotProvide: the target gives none.
        """
        if self._pools.user_offers is not None:
            return self._with_pooled_offers(self._pools.user_offers.take_owners(self._run_id, customers), customers)
        if self._loader is not None:
            made: list[tuple[Customer, Sequence[UserOffer]]] = []
            for count in _batches(customers):
                made += self._loader.customers([self._next_offers(offers_each, kind) for _ in range(count)])
                self.made += count * (1 + offers_each)
        else:
            people = self._people(customers)
            made = list(zip(people, self._wallets(people, offers_each, kind), strict=True))
        return [_registered(customer, held) for customer, held in made]

    def again(self, customers: list[Shopper], offers_each: int) -> None:
        """Give customers who used up their user offers so many fresh ones; raises as ``more`` does."""
        if self._pools.user_offers is not None:
            told = "a pool of user offers has no further ones for the same customers"
            raise UsedUp(told, hint="leave out --customers")
        people = [Customer(one.user_id) for one in customers]
        for customer, held in zip(customers, self._wallets(people, offers_each), strict=True):
            customer.offers = _registered_offers(held)

    def _with_pooled_offers(self, owners: list[list[dict[str, str]]], wanted: int) -> list[Shopper]:
        assert self._pools.user_offers is not None
        if wanted and not owners:
            raise self._pools.user_offers.used_up("user offers", f"{wanted} more are")
        made = []
        for owned in owners:
            customer = customer_of(self._pools.owner(owned[0]["user_id"]))
            made.append(_registered(customer, [user_offer_of(entry, customer) for entry in owned]))
        return made

    def _people(self, count: int) -> list[Customer]:
        pool, loader = self._pools.customers, self._sources.loader
        if pool is not None:
            taken = pool.take_owners(self._run_id, count)
            if count and not taken:
                raise pool.used_up("customers", f"{count} more are")
            return [customer_of(entry) for owned in taken for entry in owned]
        if self._profile.customers.kind == "control" and loader is not None:
            return [customer for size in _batches(count) for customer, _ in loader.customers([()] * size)]
        return self._lines.each(range(count), lambda _: self._counted(self._sources.customer))

    def _wallets(self, customers: Sequence[Customer], each: int, kind: str = "") -> list[list[UserOffer]]:
        """So many fresh user offers for each of these customers."""
        counted = self._counted
        if self._profile.offers.kind == "earn":
            once = self._profile.behaviour("issue_rule.fires") == "once"
            times = range(min(each, 1) if once else each)
            return self._lines.each(customers, lambda one: [counted(partial(self._sources.earn, one)) for _ in times])
        wanted = [[(customer, offer) for offer in self._next_offers(each, kind)] for customer in customers]
        loader = self._loader or (self._sources.loader if self._sources.loads_user_offers else None)
        if loader is None:
            issue = self._sources.issue
            return self._lines.each(
                wanted, lambda wallet: [counted(partial(issue, offer, customer)) for customer, offer in wallet]
            )
        held = []
        for start in range(0, len(wanted) if each else 0, BATCH):
            held += loader.user_offers([pair for wallet in wanted[start : start + BATCH] for pair in wallet])
        return [held[place * each : (place + 1) * each] for place in range(len(customers))]

    def _counted(self, make: Callable[[], T]) -> T:
        made = make()
        self.made += 1
        return made

    def _next_offers(self, count: int, kind: str = "") -> list[Offer]:
        """The offers whose turn it is: those the profile names, or some that are made for this run."""
        if count and not self._offers:
            self._offers = self._fixed() or list(self._created())
        offers = [offer for offer in self._offers if kind in ("", offer.kind)]
        if count and not offers:
            raise CannotProvide(f"no user offer of type {kind} could be had")
        first, self._issued = self._issued, self._issued + count
        return [offers[place % len(offers)] for place in range(first, self._issued)]

    def _fixed(self) -> list[Offer]:
        return [Offer(offer_id, kind) for kind, offer_id in sorted(self._profile.offers.fixed.items())]

    def _created(self) -> Iterable[Offer]:
        """Make an offer of each type, as far as the target knows the type."""
        made, kinds = 0, KINDS if self._profile.can("discounts") else KINDS[-1:]
        for kind in kinds:
            try:
                yield self._sources.offer(kind, {})
                made += 1
            except CannotProvide:
                if kind == kinds[-1] and not made:
                    raise


def source_of(
    profile: Profile, lines: SideBySide, *, nonce: str, seed: int, runs: Path | None = None, run_id: str = ""
) -> Source:
    """Return the source the profile names. ``runs``: where the ledgers are that say what is used up of pools."""
    minter = Minter(seed, nonce, digits_of_words=32)  # a run may make millions
    sources = Sources(LeanClient(lines, profile, minter), Poll(profile.settle_s, sleep=lines.pause))
    return Source(sources, Pools(profile, runs), run_id, lines)


def _batches(count: int) -> list[int]:
    return [min(BATCH, count - start) for start in range(0, count, BATCH)]


def _registered(customer: Customer, held: Sequence[UserOffer]) -> Shopper:
    known = (customer.external_id or "", customer.email or "", customer.phone or "")
    return Shopper(0, customer.user_id, *known, _registered_offers(held))


def _registered_offers(held: Sequence[UserOffer]) -> list[HeldOffer]:
    known = ((one.user_offer_id, one.offer_id or "", "" if one.kind == "any" else one.kind) for one in held)
    return [HeldOffer(0, *one) for one in known]
