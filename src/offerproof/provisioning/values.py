"""What a command acts on: customers, offers, user offers; and why one could not be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from offerproof.client import Minter
from offerproof.client.documented import Bodies
from offerproof.errors import CannotJudge


class CannotProvide(CannotJudge):
    """What is needed cannot be had; the message says what is missing. Of the target nothing follows from it."""


class NotOffered(CannotProvide):
    """The target does not have this, and need not: what needs it leaves the scope instead of staying unknown."""


class UsedUp(CannotProvide):
    """No unused entries are left in a pool."""


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
    """An offer in a customer's wallet; ``kind`` is ``any`` where nobody knows it."""

    user_offer_id: str
    offer_id: str | None
    kind: str
    customer: Customer

    def is_it(self, user_offer_id: object) -> bool:
        """Whether an id of an answer is this one, in any case."""
        return isinstance(user_offer_id, str) and user_offer_id.lower() == self.user_offer_id.lower()


@dataclass(frozen=True)
class SyntheticPerson:
    """A made-up person whom no target knows yet."""

    email: str
    external_id: str
    phone: str
    first_name: str
    last_name: str

    @classmethod
    def drawn(cls, mint: Minter, *names: str) -> SyntheticPerson:
        """Draw somebody; ``names`` are first and last name, drawn too when left out."""
        first, last = names or (mint.name(), mint.name())
        return cls(mint.email(), mint.word("customer"), mint.digits(), first, last)

    def wanted(self, bodies: Bodies) -> dict[str, Any]:
        """The ``user`` of create_customer, as this target wants it."""
        named = {"email": self.email, "external_id": self.external_id}
        named |= {"first_name": self.first_name, "last_name": self.last_name}
        return named | bodies.number(self.phone) | {"opted_in": True}

    def loaded(self, user_id: str) -> dict[str, Any]:
        """An entry of ``customers`` of the control interface's load."""
        return {
            "id": user_id,
            "external_id": self.external_id,
            "email": self.email,
            "mobile_number": self.phone,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "opted_in": True,
        }

    def known_as(self, user_id: str) -> Customer:
        """The customer whom the target knows by this id."""
        return Customer(user_id, self.external_id, self.email, self.phone)


def customer_of(entry: Mapping[str, str]) -> Customer:
    """The customer of an entry of a pool; of those who exist the id may not be known yet."""
    return Customer(entry.get("user_id", ""), entry.get("external_id"), entry.get("email"), entry.get("phone"))


def user_offer_of(entry: Mapping[str, str], owner: Customer) -> UserOffer:
    """The user offer of an entry of a pool."""
    return UserOffer(entry["user_offer_id"], entry.get("offer_id"), entry.get("type", "any"), owner)


def set_up_failed(call: str, status: int | None, failure: str | None, told: str = "") -> CannotProvide:
    """The error of a call of the set-up that did not do what it was to do: unanswered, or refused."""
    if failure:
        return CannotProvide(f"set-up: {call} had no answer ({failure})", hint=_SET_UP)
    said = f"set-up: {call} was refused: HTTP {status}" + f": {told}" * bool(told)
    key = _SPELLED_BY.get(call) if status in (200, 400, 409, 422) else None
    return CannotProvide(said + f"; is {key} of the profile as this target has it?" * bool(key), hint=_SET_UP)


_SPELLED_BY: Final = {"create_offer": "behaviour.discount_config", "create_customer": "behaviour.create_customer"}
"""By call, the key of the profile that says how what differs between targets is spelled in its request."""
_SET_UP: Final = "check the profile's [customers] and [offers], the credentials, and that the target is up"


def title_of(offer: Mapping[str, Any]) -> str | None:
    """The title of an offer's documented body."""
    texts = offer.get("text_config")
    return texts[0].get("title") if isinstance(texts, list) and texts else None
