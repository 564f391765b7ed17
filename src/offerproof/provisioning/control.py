"""Customers, offers and user offers loaded in bulk through a simulator's control interface.

The ids are ours, so a load is one request whatever its size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from offerproof.client.documented import Bodies
from offerproof.provisioning.values import CannotProvide, Customer, Offer, SyntheticPerson, UserOffer, title_of

BulkLoad = Mapping[str, Sequence[Mapping[str, Any]]]
"""The body of a load: ``offers``, ``customers``, ``user_offers``."""


class BulkLoader:
    """Loads what is asked for; nothing it returns was there before.

    ``send`` posts the body to ``/_control/load`` and returns the answer; it raises CannotProvide when there is none.
    """

    def __init__(self, bodies: Bodies, send: Callable[[BulkLoad], Any]) -> None:
        self._bodies = bodies
        self._send = send

    def offer(self, kind: str, changes: Mapping[str, Any]) -> Offer:
        """A published offer; ``changes`` as for ``api.offer``."""
        body = self._bodies.offer(kind, **changes) | {"id": self._bodies.minter.uuid("loaded-offer")}
        self._load(offers=[body])
        return Offer(str(body["id"]), kind, title_of(body))

    def customers(self, wallets: Sequence[Sequence[Offer]]) -> list[tuple[Customer, list[UserOffer]]]:
        """A customer for each wallet, with user offers of the offers in it."""
        mint = self._bodies.minter
        people = [(mint.uuid("loaded-customer"), SyntheticPerson.drawn(mint)) for _ in wallets]
        customers = [person.known_as(user_id) for user_id, person in people]
        held = [
            [self._user_offer(customer, offer) for offer in wallet]
            for customer, wallet in zip(customers, wallets, strict=True)
        ]
        drafts = [_draft(one) for wallet in held for one in wallet]
        self._load(customers=[person.loaded(user_id) for user_id, person in people], user_offers=drafts)
        return list(zip(customers, held, strict=True))

    def user_offers(self, wanted: Sequence[tuple[Customer, Offer]]) -> list[UserOffer]:
        """User offers of these offers in the wallets of these customers."""
        held = [self._user_offer(customer, offer) for customer, offer in wanted]
        self._load(user_offers=[_draft(one) for one in held])
        return held

    def _user_offer(self, customer: Customer, offer: Offer) -> UserOffer:
        return UserOffer(self._bodies.minter.uuid("loaded-user-offer"), offer.offer_id, offer.kind, customer)

    def _load(self, **things: Sequence[Mapping[str, Any]]) -> None:
        if self._bodies.profile.read_only:
            raise CannotProvide("the profile does not allow writes, so nothing can be loaded through [control]")
        wanted = {name: some for name, some in things.items() if some}
        answer = self._send(wanted)
        for name, some in wanted.items():
            told = answer.get(name) if isinstance(answer, Mapping) else None
            if not isinstance(told, list) or len(told) != len(some):
                raise CannotProvide(f"the control interface did not load {len(some)} {name.replace('_', ' ')}")


def _draft(held: UserOffer) -> dict[str, Any]:
    return {"id": held.user_offer_id, "user_id": held.customer.user_id, "offer_id": held.offer_id}
