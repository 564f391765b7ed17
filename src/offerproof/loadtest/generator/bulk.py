"""Provisioning in bulk through a simulator's control interface: hundreds of customers and user offers in one call."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import msgspec

from offerproof.errors import CannotJudge, Misuse
from offerproof.loadtest.client.calls import Calls
from offerproof.loadtest.client.connection import Endpoint
from offerproof.loadtest.generator.supply import Customer, UserOffer
from offerproof.loadtest.generator.synthetic_customers import offers_of, person
from offerproof.target import Profile

BATCH = 50
"""Customers in one control call: small enough that the simulator's answers to others hardly wait."""


class Bulk:
    """Loads made-up customers, and user offers of the run's own offers, with ids of ours."""

    def __init__(self, profile: Profile, calls: Calls, *, nonce: str, seed: int) -> None:
        if profile.control is None:
            raise Misuse("provisioning in bulk needs a [control] in the profile")
        self._profile = profile
        self._calls = calls
        self._rng = random.Random(f"{seed}-{nonce}-bulk")
        self._offers: list[tuple[str, str]] = []
        self._issued = 0
        token = profile.control.token
        endpoint = Endpoint.from_url(profile.control.base_url)
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token.reveal()}"
        path = "/load" if profile.control.base_url.endswith("/_control") else "/_control/load"
        self._head = endpoint.head("POST", path, headers)
        self._connection = calls.connection(endpoint)

    def more(self, customers: int, offers_each: int) -> list[Customer]:
        """Load customers with their user offers, in batches."""
        if offers_each and not self._offers:
            self._offers = offers_of(self._profile, self._calls)
        made: list[Customer] = []
        while len(made) < customers:
            batch = [self._customer(offers_each) for _ in range(min(BATCH, customers - len(made)))]
            self._load(batch)
            made += batch
        return made

    def again(self, customers: list[Customer], offers_each: int) -> None:
        """Load further user offers of customers who are there, in batches."""
        for at in range(0, len(customers), BATCH):
            batch = customers[at : at + BATCH]
            for customer in batch:
                customer.offers = self._fresh_offers(offers_each)
            self._load(batch, new=False)

    def _customer(self, offers_each: int) -> Customer:
        external_id, email, phone = person(self._rng)
        return Customer(0, self._uuid(), external_id, email, phone, self._fresh_offers(offers_each))

    def _fresh_offers(self, count: int) -> list[UserOffer]:
        made = []
        for _ in range(count):
            kind, offer_id = self._offers[self._issued % len(self._offers)]
            self._issued += 1
            made.append(UserOffer(0, self._uuid(), offer_id, kind))
        return made

    def _uuid(self) -> str:
        return str(UUID(int=self._rng.getrandbits(128), version=4))

    def _load(self, batch: list[Customer], *, new: bool = True) -> None:
        body: dict[str, Any] = {
            "customers": [
                {
                    "id": one.user_id,
                    "external_id": one.external_id,
                    "email": one.email,
                    "mobile_number": one.phone,
                    "opted_in": True,
                }
                for one in (batch if new else ())
            ],
            "user_offers": [
                {"id": offer.user_offer_id, "user_id": one.user_id, "offer_id": offer.offer_id}
                for one in batch
                for offer in one.offers
            ],
        }
        packed = msgspec.json.encode(body)
        answer = self._connection.exchange(self._head + b"Content-Length: %d\r\n\r\n" % len(packed) + packed)
        if answer.failure or answer.status != 200:
            raise CannotJudge(
                f"loading customers in bulk failed: {answer.failure or f'HTTP {answer.status}'}",
                hint="is the control interface of the profile up, and its token right?",
            )
