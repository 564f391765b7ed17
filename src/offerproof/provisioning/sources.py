"""Customers, offers and user offers by whatever way the profile names, and never by a call that it does not declare.

Nothing here judges the target: a refused call means that what is needed cannot be had.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from offerproof.client.documented import Bodies
from offerproof.provisioning.control import BulkLoad, BulkLoader
from offerproof.provisioning.poll import Poll
from offerproof.provisioning.values import (
    CannotProvide,
    Customer,
    NotOffered,
    Offer,
    SyntheticPerson,
    UserOffer,
    title_of,
)
from offerproof.target import Profile

NO_CUSTOMERS: Final = "a customer is needed and customers cannot be created here; give a pool"
NO_USER_OFFERS: Final = "an offer of our own is needed in a wallet, and offers cannot be issued here"


def no_offers(kind: str) -> str:
    """Why no offer of a type can be had."""
    return f"an offer of type {kind} is needed and offers cannot be created here"


def plain_kind(profile: Profile) -> str:
    """Return an offer type that the target surely knows: a discount where it has any."""
    return "fixed_amount_check_discount" if profile.can("discounts") else "manual_fulfillment"


def obstacles(profile: Profile, *, customers: bool, user_offers: bool) -> list[str]:
    """Why the sources of a profile cannot give what is needed, a line each: they need calls it does not declare."""
    why: list[str] = []
    if profile.reads_standing:
        return why
    if customers and profile.customers.kind == "create" and not profile.can("create_customer"):
        why.append(NO_CUSTOMERS)
    if user_offers and profile.offers.kind == "issue":
        if not profile.can("issue"):
            why.append(NO_USER_OFFERS)
        if not profile.offers.fixed and not profile.can("create_offer"):
            why.append(no_offers(plain_kind(profile)))
    return why


def in_bulk(profile: Profile) -> bool:
    """Whether who needs many customers with user offers has them loaded through the control interface."""
    with_user_offers = profile.offers.kind in ("issue", "control")
    return profile.control is not None and profile.customers.kind != "pool" and with_user_offers


class Client(Protocol):
    """How a command speaks to its target while it provisions; what does not succeed raises CannotProvide."""

    bodies: Bodies
    """What requests are made of."""

    def call(self, operation: str, members: Mapping[str, Any]) -> Any:
        """Send an operation's documented request around these members; return the payload (of core calls: the user)."""

    def load(self, body: BulkLoad) -> Any:
        """Post to ``/_control/load`` and return the answer."""


class Sources:
    """Makes one thing after the other. ``loader`` is there where the profile has a control interface."""

    def __init__(self, client: Client, poll: Poll) -> None:
        self._client = client
        self._bodies = client.bodies
        self._poll = poll
        self._rewarded: set[str] = set()
        self.profile = profile = client.bodies.profile
        self.loader = BulkLoader(client.bodies, client.load) if profile.control is not None else None

    @property
    def loads_user_offers(self) -> bool:
        """Whether user offers come through the control interface."""
        return self.profile.offers.kind == "control" and self.loader is not None

    def customer(self) -> Customer:
        """A customer who is created for it."""
        if not self.profile.can("create_customer"):
            raise CannotProvide(NO_CUSTOMERS)
        person = SyntheticPerson.drawn(self._bodies.minter)
        user = self._client.call("create_customer", person.wanted(self._bodies))
        user_id = user.get("id") if isinstance(user, Mapping) else None
        if not isinstance(user_id, str):
            raise CannotProvide("create_customer answered no id")
        return person.known_as(user_id)

    def offer(self, kind: str, changes: Mapping[str, Any]) -> Offer:
        """A new published offer; ``changes`` as for ``api.offer``."""
        if not self.profile.can("create_offer"):
            if self.loads_user_offers and self.loader is not None:
                return self.loader.offer(kind, changes)
            raise CannotProvide(no_offers(kind))
        body = self._bodies.offer(kind, **changes)
        payload = self._client.call("create_offer", body)
        offer_id = payload.get("offer_id") if isinstance(payload, Mapping) else None
        if not isinstance(offer_id, str):
            raise CannotProvide("create_offer answered no offer_id")
        return Offer(offer_id, kind, title_of(body))

    def issue(self, offer: Offer, customer: Customer) -> UserOffer:
        """This very offer in the wallet of this customer."""
        if not self.profile.can("issue"):
            if self.loads_user_offers and self.loader is not None:
                return self.loader.user_offers([(customer, offer)])[0]
            raise CannotProvide(NO_USER_OFFERS)
        wanted = {"user_id": customer.user_id, "offer_id": offer.offer_id, "quantity": 1, "issue_exact_version": False}
        payload = self._client.call("issue_offer", wanted)
        listed = payload.get("status_list") if isinstance(payload, Mapping) else None
        first = listed[0] if isinstance(listed, list) and listed else None
        user_offer_id = first.get("user_offer_id") if isinstance(first, Mapping) else None
        if not isinstance(user_offer_id, str) or not user_offer_id:
            raise CannotProvide("issue_offer answered no user_offer_id")
        return UserOffer(user_offer_id, offer.offer_id, offer.kind, customer)

    def earn(self, customer: Customer) -> UserOffer:
        """A user offer that the target's issue rule gives this customer for a purchase.

        Raises:
            NotOffered: the rule fires once, and the customer had it. CannotProvide: it did not fire in time.
        """
        source, again = self.profile.offers, customer.user_id in self._rewarded
        if again and self.profile.behaviour("issue_rule.fires") == "once":
            raise NotOffered("no second user offer of one customer, the issue rule fires once")
        before = self.wallet(customer)
        spent = self._bodies.items(str(source.spend))
        basket = self._bodies.transaction(items=spent, user_id=customer.user_id, is_closed=True)
        self._client.call("send_transaction", basket)
        fresh = self._poll(lambda: self.wallet(customer) - before, bool)
        if not fresh:
            hint = '; if the issue rule fires once for each customer, say so: issue_rule = { fires = "once" }'
            further, told = ("further ", hint) if again else ("", "")
            raise CannotProvide(f"spending {source.spend} brought no {further}offer within the settle time{told}")
        self._rewarded.add(customer.user_id)
        return UserOffer(min(fresh), None, source.type or "any", customer)

    def wallet(self, customer: Customer) -> frozenset[str]:
        """Ids of the user offers that a Lookup shows."""
        payload = self._client.call("lookup", {"user_id": customer.user_id})
        found = payload[0] if isinstance(payload, list) and payload else {}
        offers = found.get("offers") if isinstance(found, Mapping) else None
        listed = offers if isinstance(offers, list) else []
        return frozenset(
            str(offer["reference_id"]) for offer in listed if isinstance(offer, Mapping) and "reference_id" in offer
        )
