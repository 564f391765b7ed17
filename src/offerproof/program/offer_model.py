"""Offers, and user offers: an offer in one customer's hands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offerproof.program.customer_model import Customer


class State(Enum):
    """The life of a user offer; the values are the keys of ``[user_offers.states]`` in the program file."""

    ISSUED = "issued"
    LOCKED = "locked"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(slots=True, frozen=True)
class OfferText:
    """The words of an offer in one culture. ``id`` is given by the program (empty in a draft)."""

    culture: str
    title: str
    description: str = ""
    terms: str = ""
    id: str = ""


@dataclass(slots=True, frozen=True)
class OfferMedia:
    """A picture of an offer."""

    uri: str
    culture: str = ""
    id: str = ""


@dataclass(slots=True, frozen=True)
class DiscountRule:
    """What an offer takes off. Exactly one of ``amount`` (money) and ``percent`` (0 < p <= 100) is set.

    ``item_ids`` empty: every item counts. ``minimum_subtotal``: the basket must reach it.
    ``maximum_amount``: the discount never exceeds it.
    """

    check_level: bool
    amount: Decimal | None = None
    percent: Decimal | None = None
    item_ids: frozenset[str] = frozenset()
    minimum_subtotal: Decimal | None = None
    maximum_amount: Decimal | None = None


@dataclass(slots=True)
class OfferDraft:
    """What create_offer is asked for, as plain checked types (instants already parsed, in microseconds).

    ``offer_id`` names any version of the offer to revise; None creates a new one. ``new_offer_id`` lets a loader
    choose the id. ``discount_config`` and ``offer_config`` are the decoded objects of the wire (numbers as Decimal,
    int or numeric text). The restriction lists are kept and given back, not interpreted.
    """

    offer_type: str
    texts: Sequence[OfferText]
    publish: bool = True
    offer_id: str | None = None
    new_offer_id: str | None = None
    media: Sequence[OfferMedia] = ()
    acquisition_start: int | None = None
    acquisition_end: int | None = None
    does_not_expire: bool = False
    valid_after_end_date: bool = False
    reward_store: bool = False
    validity_unit: str | None = None
    validity_period: int | None = None
    custom_data: str | None = None
    discount_config: Mapping[str, object] | None = None
    offer_config: Mapping[str, object] | None = None
    use_restrictions: Sequence[object] = ()
    purchase_restrictions: Sequence[object] = ()
    catalog_restrictions: Sequence[object] = ()
    location_restrictions: Sequence[object] = ()


@dataclass(slots=True, eq=False)
class Offer:
    """One version of an offer. A revision has a new ``id``; ``root_id`` stays; ``parent_ids`` are earlier versions."""

    id: str
    root_id: str
    parent_ids: tuple[str, ...]
    offer_type: str
    published: bool
    texts: tuple[OfferText, ...]
    media: tuple[OfferMedia, ...]
    acquisition_start: int | None
    acquisition_end: int | None
    does_not_expire: bool
    valid_after_end_date: bool
    reward_store: bool
    validity_unit: str | None
    validity_period: int | None
    custom_data: str | None
    discount: DiscountRule | None
    discount_config: Mapping[str, object] | None
    offer_config: Mapping[str, object] | None
    use_restrictions: tuple[object, ...]
    purchase_restrictions: tuple[object, ...]
    catalog_restrictions: tuple[object, ...]
    location_restrictions: tuple[object, ...]
    created_at: int

    @property
    def title(self) -> str:
        """The title in the first culture (the wallet's display name)."""
        return self.texts[0].title

    @property
    def status(self) -> int:
        """1 when published (documented), 0 when not."""
        return 1 if self.published else 0

    @property
    def check_level(self) -> bool:
        """True when the discount is on the whole check."""
        return self.discount is not None and self.discount.check_level

    @property
    def all_items_eligible(self) -> bool:
        """True when an item discount may take any item."""
        return self.discount is not None and not self.discount.check_level and not self.discount.item_ids


@dataclass(slots=True, frozen=True)
class OfferCreated:
    """The outcome of create_offer: the version made, whether it revises another, and both states by name."""

    offer: Offer
    revisioned: bool
    state_transition: str


@dataclass(slots=True, frozen=True)
class OfferView:
    """An offer as fetched: ``text`` fits the wanted culture best; ``texts`` are those to show."""

    offer: Offer
    text: OfferText
    texts: tuple[OfferText, ...]


@dataclass(slots=True)
class Pricing:
    """What a user offer takes off a basket, and from which lines (with the quantity discounted on each)."""

    amount: Decimal
    line_ids: tuple[str, ...]
    line_quantities: tuple[tuple[str, Decimal], ...]


@dataclass(slots=True, eq=False)
class Hold:
    """Which transaction locked or redeemed a user offer, when (``applied_time``), and for how much."""

    transaction_id: str
    at: int
    pricing: Pricing


@dataclass(slots=True, eq=False)
class UserOffer:
    """One offer in one customer's hands. ``hold`` is set when LOCKED or REDEEMED; ``ends_at`` None: never ends.

    ``serial`` grows with each one issued: "newest first" means by falling serial.
    """

    id: str
    serial: int
    offer: Offer
    customer: Customer
    state: State
    acquired_at: int
    starts_at: int
    ends_at: int | None
    hold: Hold | None = None
    note: str | None = None  # why it was revoked


@dataclass(slots=True)
class Wallet:
    """The answer to Lookup. ``pricings`` goes along with ``offers``; it is None when no transaction was given."""

    customer: Customer
    offers: Sequence[UserOffer]
    pricings: Sequence[Pricing] | None


@dataclass(slots=True)
class Page:
    """A slice of a listing, newest first; ``total`` counts the whole listing, ``skip`` and ``take`` are as applied."""

    total: int
    user_offers: Sequence[UserOffer]
    skip: int
    take: int


@dataclass(slots=True)
class UserOfferDraft:
    """A user offer to load in bulk. ``state`` may be any; without dates the offer's validity from now counts."""

    user_offer_id: str
    user_id: str
    offer_id: str
    acquired_at: int | None = None
    starts_at: int | None = None
    ends_at: int | None = None
    state: State = State.ISSUED
