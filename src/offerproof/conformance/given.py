"""The supplies of one check: fresh customers, offers and user offers, as far as its decorator declares them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from offerproof.client.wire import SETUP
from offerproof.conformance.checkrun import CheckRun
from offerproof.conformance.outcome import Undeclared
from offerproof.conformance.reading import tells
from offerproof.conformance.supplies import Supplies, payload_of
from offerproof.provisioning import CannotProvide, Customer, Offer, UserOffer, plain_kind

T = TypeVar("T")


@dataclass(frozen=True)
class Locked:
    """A user offer locked for a transaction; ``discount`` is the object the lock answered."""

    user_offer: UserOffer
    transaction: dict[str, Any]
    discount: dict[str, Any]


class Given:
    """The supplies of one check; it may take what its decorator declares and no more."""

    def __init__(self, supplies: Supplies, check: CheckRun) -> None:
        self._supplies = supplies
        self._check = check
        self._share = supplies.share(check.name, check.declared)
        self._customers = check.declared.customers
        self._offers = Counter(check.declared.user_offers)

    def customer(self) -> Customer:
        """A fresh customer."""
        if self._customers < 1:
            raise Undeclared(f"declare one more customer: @clause(…, customers={self._check.declared.customers + 1})")
        self._customers -= 1
        with self._set_up():
            return self._supplies.customer(self._share)

    def created(self) -> tuple[Customer, ...]:
        """The customers that were made for this run so far, for whichever check; none where they come from a pool."""
        return tuple(self._supplies.created)

    def shared(self, customer: Customer) -> bool:
        """Whether others may have locked offers of this customer, or done anything else with them: of a pool, or a
        carrier. A locked offer may be hidden from any view, and be called Issued."""
        return self._supplies.shared(customer)

    def standing(self) -> tuple[Customer, ...]:
        """Customers that exist on the target, as the profile names them, of every tier found there; they are only read.

        Needs the capability ``standing``.
        """
        with self._set_up():
            return self._supplies.standing.customers()

    def standing_lost(self) -> int:
        """How many of those that the profile names were not found."""
        return self._supplies.standing.lost

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What the run has under this name: made by the first check that asks, found again by a later one."""
        return self._supplies.once(name, make)

    def offer(self, kind: str | None = None, **changes: Any) -> Offer:
        """A fresh published offer, of a plain kind when none is named; ``changes`` as for ``api.offer``."""
        with self._set_up():
            return self._supplies.offer(kind or plain_kind(self._supplies.profile), changes)

    def shared_offer(self, kind: str | None = None) -> Offer:
        """An offer that other checks use too, of a plain kind when none is named; do not change it."""
        with self._set_up():
            return self._supplies.shared_offer(kind or self._supplies.plain_kind())

    def user_offer(
        self, kind: str | None = None, customer: Customer | None = None, *, fresh: bool = False
    ) -> UserOffer:
        """A fresh user offer in the wallet of ``customer``, or of somebody this check has no other user offer of.

        That somebody may hold user offers of other checks too, which do not run meanwhile; ``fresh``: it is a customer
        made for this check, which matters where a target could mix up neighbours. A pool takes no notice. Where the
        decorator says ``together``, name the owner of the first for each further one.
        """
        taken = kind if kind and self._offers[kind] else "any"
        if self._offers[taken] < 1:
            raise Undeclared(f'declare one more user offer: @clause(…, offers=[…, "{kind or "any"}"])')
        self._offers[taken] -= 1
        with self._set_up():
            if fresh and customer is None and self._supplies.profile.offers.kind != "pool":
                customer = self._supplies.customer(self._share)
            return self._supplies.user_offer(None if kind == "any" else kind, customer, self._share)

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
    ) -> Locked:
        """A fresh user offer, locked for ``transaction`` (a documented basket when left out)."""
        held = self.user_offer(kind, customer)
        with self._set_up():
            api = self._supplies.api
            basket = dict(transaction) if transaction is not None else api.transaction(user_id=held.customer.user_id)
            discount = payload_of(api.lock(held.user_offer_id, basket), "lock")
            if not isinstance(discount, Mapping):
                raise CannotProvide("lock answered no discount")
            return Locked(held, basket, dict(discount))

    def redeemed(self, kind: str | None = None, customer: Customer | None = None) -> Locked:
        """A fresh user offer, locked and redeemed by a closed transaction."""
        locked = self.locked(kind, customer=customer)
        with self._set_up():
            api, settle = self._supplies.api, self._supplies.settle
            closed = locked.transaction | {"is_closed": True, "discounts": [locked.discount]}
            payload_of(api.send_transaction(closed), "send_transaction")

            held = locked.user_offer
            if not settle(lambda: tells(self._supplies.state(held), "redeem"), bool):
                raise CannotProvide("a closed transaction did not redeem the offer within the settle time")
            with suppress(CannotProvide):  # each view in its own time; what stays is judged
                settle(lambda: not self._supplies.in_wallet(held), bool)
            return Locked(held, closed, locked.discount)

    @contextmanager
    def _set_up(self) -> Iterator[None]:
        before = SETUP.set(True)
        try:
            yield
        finally:
            SETUP.reset(before)
