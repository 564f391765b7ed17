"""What checks act on: customers, offers, user offers, locks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from offerproof.conformance.outcome import CannotProvide


@dataclass(frozen=True)
class Customer:
    """A customer of the target. Only ``user_id`` is surely known; printing one shows no personal data."""

    user_id: str
    external_id: str | None = None
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)

    @property
    def identifier(self) -> dict[str, Any]:
        """One argument for ``api.search_customers``: the first identifier that is known.

        Raises:
            CannotProvide: none is (an entry of a pool may be a user id alone), and a search for nobody proves nothing.
        """
        if not self.searchable:
            raise CannotProvide("no e-mail address, external id or phone of this customer is known to search by")
        return self.searchable

    @property
    def searchable(self) -> dict[str, Any]:
        """As ``identifier``, and empty where none is known."""
        known = {"email": self.email, "external_id": self.external_id, "mobile_number": self.phone}
        return next(({name: value} for name, value in known.items() if value), {})


@dataclass(frozen=True)
class Offer:
    """An offer that exists and is published."""

    offer_id: str
    kind: str
    title: str | None = None


@dataclass(frozen=True)
class UserOffer:
    """An offer in a customer's wallet."""

    user_offer_id: str
    offer_id: str | None
    kind: str
    customer: Customer

    def is_it(self, user_offer_id: object) -> bool:
        """Whether an id of an answer is this one, in any case."""
        return isinstance(user_offer_id, str) and user_offer_id.lower() == self.user_offer_id.lower()


@dataclass(frozen=True)
class Locked:
    """A user offer locked for a transaction; ``discount`` is the object the lock answered."""

    user_offer: UserOffer
    transaction: dict[str, Any]
    discount: dict[str, Any]
