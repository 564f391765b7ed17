"""Customers who exist on the target, with points, tiers and offers: who of them is judged, and under which ids."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Final

from offerproof.client import Api
from offerproof.exchange import Exchange
from offerproof.judgement.shapes import claims_success
from offerproof.provisioning import CannotProvide, Customer, NotOffered, UserOffer
from offerproof.provisioning.pools import Entry, Pools
from offerproof.target import Profile

REQUESTS_EACH: Final = 18
"""About how many requests a run sends for each of them, those looked for and not chosen counted in."""


def requests_for(profile: Profile, pools: Pools) -> int:
    """About how many requests the standing customers of a profile take."""
    return REQUESTS_EACH * min(profile.customers.standing_max, len(pools.standing))


class StandingCustomers:
    """The customers of ``[customers] standing``, found on the target once in a run and spread over the tiers there.

    They are only read. Who is named there and is not found is a matter of the profile, and no breach.
    """

    def __init__(
        self,
        api: Api,
        entries: Sequence[Entry],
        known_as: Callable[[Entry], Customer],
        once: Callable[[str, Callable[[], Any]], Any],
        for_all: Callable[[str], AbstractContextManager[None]],
    ) -> None:
        self._api = api
        self._entries = entries
        self._known_as = known_as
        self._once = once
        self._for_all = for_all
        self.lost = 0
        """How many of those looked for were not found."""

    def customers(self) -> tuple[Customer, ...]:
        """At most ``standing_max`` of them, of every tier found; with the target's id, and all it shows to search by.

        Raises:
            CannotProvide: none is found.
        """
        found: tuple[Customer, ...] = self._once("standing customers", self._chosen)
        return found

    def reader(self, check: str, place: int) -> Customer:
        """Somebody for a check that only reads, its ``place``-th one: nobody is used up by being read."""
        found = self.customers()
        return found[(zlib.crc32(check.encode()) + place) % len(found)]

    def user_offer(
        self, kind: str | None, customer: Customer | None, shown: Sequence[UserOffer], together: int
    ) -> UserOffer:
        """What is in a wallet, for a check that only reads: none of those it was ``shown``, and of a customer of whom
        it has none (or of ``customer``), who has as many as it takes ``together``.

        Raises:
            NotOffered: nobody has such a one. CannotProvide: nobody has any.
        """
        held: list[UserOffer] = self._once("wallets of standing customers", self._wallets)
        owners = Counter(one.customer.user_id for one in held)
        mine = {one.customer.user_id for one in shown}
        for one in held if kind is None else ():
            owner = one.customer.user_id
            fits = one.customer == customer if customer else owner not in mine and owners[owner] >= together
            if fits and one not in shown:
                return one
        if not held:
            raise CannotProvide("customers.standing: no offer is in the wallets of these customers")
        raise NotOffered("no customer of customers.standing holds what is needed")

    def _chosen(self) -> tuple[Customer, ...]:
        with self._for_all("standing customers"):
            return tuple(self._spread())

    def _spread(self) -> list[Customer]:
        most = self._api.profile.customers.standing_max
        step = max(1, len(self._entries) // (2 * most))
        asked = self._entries[::step][: 2 * most]
        by_tier: dict[str, list[Customer]] = {}
        for entry in asked:
            customer = self._known_as(entry)
            user = self._user(customer)
            if user is None:
                self.lost += 1
                continue
            shown = {name: _text(user, name) for name in ("external_id", "email")}
            known = Customer(
                customer.user_id or _text(user, "id") or "",
                customer.external_id or shown["external_id"],
                customer.email or shown["email"],
                customer.phone,
            )
            by_tier.setdefault(str(user.get("tier")), []).append(known)
        if not by_tier:
            raise CannotProvide(f"customers.standing: none of {len(asked)} customers is found on the target")
        for found in by_tier.values():  # neighbours in the file are often alike: take them from all over it
            found.sort(key=lambda one: zlib.crc32(one.user_id.encode()))
        chosen: list[Customer] = []
        while any(by_tier.values()) and len(chosen) < most:
            chosen += [waiting.pop(0) for waiting in by_tier.values() if waiting]
        return [self._with_phone(customer) for customer in chosen[:most]]

    def _wallets(self) -> list[UserOffer]:
        people = self.customers()
        with self._for_all("wallets of standing customers"):
            return [
                UserOffer(str(one["reference_id"]), None, "any", customer)
                for customer in people
                for one in self._wallet(customer)
            ]

    def _wallet(self, customer: Customer) -> list[Mapping[str, Any]]:
        found = _answered(self._api.lookup(user_id=customer.user_id), "payload")
        offers = found.get("offers") if found else None
        shown = [one for one in offers if isinstance(one, Mapping)] if isinstance(offers, list) else []
        return [one for one in shown if str(one.get("status")).upper() == "INFO" and one.get("reference_id")]

    def _user(self, customer: Customer) -> Mapping[str, Any] | None:
        """The user object of a customer, by whatever is known; None where the target shows none."""
        if customer.searchable:
            return _answered(self._api.search_customers(**customer.searchable), "user")
        if self._api.profile.allows("get_customer"):
            return _answered(self._api.get_customer(customer.user_id), "user")
        wallet = _answered(self._api.lookup(user_id=customer.user_id), "payload")
        email = wallet and _text(wallet, "email")
        return _answered(self._api.search_customers(email=email), "user") if email else wallet

    def _with_phone(self, customer: Customer) -> Customer:
        if customer.phone:
            return customer
        wallet = _answered(self._api.lookup(user_id=customer.user_id), "payload")
        return replace(customer, phone=_text(wallet, "phone") if wallet else None)


def _text(shown: Mapping[str, Any], name: str) -> str | None:
    value = shown.get(name)
    return value if isinstance(value, str) and value else None


def _answered(exchange: Exchange, member: str) -> Mapping[str, Any] | None:
    if not claims_success(exchange.answer, exchange.status):
        return None
    found = exchange.answer.get(member)
    if isinstance(found, list):
        found = found[0] if found else None
    return found if isinstance(found, Mapping) else None
