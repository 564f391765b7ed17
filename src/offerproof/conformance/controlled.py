"""Customers, offers and user offers loaded in bulk through a simulator's control interface.

The ids are ours, so a load is one request whatever its size: what the run's plan foresees is loaded when the first of
its kind is asked for, and handed out from there. What was loaded long ago by the target's clock is left alone: its
validity would not count from now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from offerproof.client import Api
from offerproof.conformance.clock import ControlPanel
from offerproof.conformance.fixtures import Customer, Offer, UserOffer
from offerproof.conformance.outcome import CannotProvide
from offerproof.findings import Needs

T = TypeVar("T")

BATCH_MAX: Final = 200
"""Most things of a kind in one load."""
FRESH_FOR: Final = timedelta(hours=1)
"""How long by the target's clock something loaded may wait before it is handed out."""


class Controlled:
    """Loads what a run needs; nothing it returns is handed out twice."""

    def __init__(self, panel: ControlPanel, api: Api, needs: Needs, leftovers: Counter[str]) -> None:
        self._panel = panel
        self._api = api
        self._leftovers = leftovers
        self._foreseen = Counter(needs.user_offers)
        self._foreseen_customers = needs.customers
        self._customers: list[tuple[datetime, Customer]] = []
        self._held: dict[str, list[tuple[datetime, UserOffer]]] = {}

    def customer(self) -> Customer:
        """A fresh customer."""
        found = self._waiting(self._customers)
        if found is None:
            batch = self._people(self._batch(self._foreseen_customers))
            self._foreseen_customers -= len(batch)
            self._load(customers=[body for _, body in batch])
            self._customers = [(self._api.now(), customer) for customer, _ in batch]
            found = self._customers.pop(0)[1]
        return found

    def offer(self, kind: str, changes: Mapping[str, Any]) -> Offer:
        """A published offer; ``changes`` as for ``api.offer``."""
        body = self._api.offer(kind, **changes) | {"id": self._api.minter.uuid("loaded-offer")}
        self._load(offers=[body])
        texts = body.get("text_config")
        return Offer(str(body["id"]), kind, texts[0].get("title") if isinstance(texts, list) and texts else None)

    def user_offer(self, offer: Offer, asked: str) -> UserOffer:
        """A user offer of a shared offer, with a customer of its own; ``asked``: the type as the plan counts it."""
        waiting = self._held.setdefault(offer.offer_id, [])
        found = self._waiting(waiting)
        if found is None:
            people = self._people(self._batch(self._foreseen[asked]))
            self._foreseen[asked] -= len(people)
            held = [self._user_offer(offer, customer) for customer, _ in people]
            self._load(customers=[body for _, body in people], user_offers=[body for _, body in held])
            waiting[:] = [(self._api.now(), one) for one, _ in held]
            found = waiting.pop(0)[1]
        return found

    def issued(self, offer: Offer, customer: Customer) -> UserOffer:
        """A user offer of this offer in the wallet of this customer."""
        held, body = self._user_offer(offer, customer)
        self._load(user_offers=[body])
        return held

    def short_lived_code(self, held: UserOffer) -> str:
        """A code that stands for a user offer."""
        return str(self._panel.ask("POST", "/_control/ttl_code", {"user_offer_id": held.user_offer_id})["code"])

    # Within

    def _waiting(self, waiting: list[tuple[datetime, T]]) -> T | None:
        while waiting:
            loaded, thing = waiting.pop(0)
            if self._api.now() - loaded < FRESH_FOR:
                return thing
        return None

    def _batch(self, foreseen: int) -> int:
        return min(max(foreseen, 1), BATCH_MAX)

    def _people(self, count: int) -> list[tuple[Customer, dict[str, Any]]]:
        mint = self._api.minter
        made: list[tuple[Customer, dict[str, Any]]] = []
        for _ in range(count):
            customer = Customer(mint.uuid("loaded-customer"), mint.word("customer"), mint.email(), mint.digits())
            body = {
                "id": customer.user_id,
                "external_id": customer.external_id,
                "email": customer.email,
                "mobile_number": customer.phone,
                "first_name": mint.name(),
                "last_name": mint.name(),
                "opted_in": True,
            }
            made.append((customer, body))
        return made

    def _user_offer(self, offer: Offer, customer: Customer) -> tuple[UserOffer, dict[str, Any]]:
        held = UserOffer(self._api.minter.uuid("loaded-user-offer"), offer.offer_id, offer.kind, customer)
        return held, {"id": held.user_offer_id, "user_id": customer.user_id, "offer_id": offer.offer_id}

    def _load(self, **what: list[dict[str, Any]]) -> None:
        if self._api.profile.read_only:
            raise CannotProvide("the profile does not allow writes, so nothing can be loaded through [control]")
        self._api.wire.redactor.learn(what)
        answer = self._panel.ask("POST", "/_control/load", what)
        for name, things in what.items():
            told = answer.get(name) if isinstance(answer, Mapping) else None
            if not isinstance(told, list) or len(told) != len(things):
                raise CannotProvide(f"the control interface did not load {len(things)} {name.replace('_', ' ')}")
            self._leftovers[name.replace("_", " ")] += len(things)
