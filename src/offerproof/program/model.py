"""What the program knows: customers, accounts, offers, user offers, transactions.

Instants are integer microseconds since the epoch, UTC. Points and money are ``Decimal``. Every class has slots and
uses ``None`` for what is empty, because there may be a million user offers. Objects that the program returns are its
own state: read them, do not change them (those of the hot path are not frozen, because that costs time).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Final

ZERO = Decimal(0)


# Customers: who they are, their points, their place in the tier systems


class Key(StrEnum):
    """What a customer can be found by."""

    USER_ID = "user_id"
    EXTERNAL_ID = "external_id"
    EMAIL = "email"
    MOBILE_NUMBER = "mobile_number"


@dataclass(slots=True, frozen=True)
class Identifier:
    """One external identifier of a customer and what kind it is (``identifiers[]`` on the wire)."""

    external_id: str
    external_id_type: str


@dataclass(slots=True, kw_only=True)
class PersonTexts:
    """Who a customer is, as it was given; shown as it came. ``dob``: YYYY-MM-DD. ``None``: not given."""

    first_name: str | None = None
    last_name: str | None = None
    gender: str | None = None
    dob: str | None = None
    locale: str | None = None
    profile_photo_url: str | None = None
    referrer_code: str | None = None
    verification_method: str | None = None


@dataclass(slots=True, kw_only=True)
class CustomerTexts(PersonTexts):
    """What is given back as it came: who a customer is, and where; each member has its name on the wire."""

    address: str | None = None
    address2: str | None = None
    city: str | None = None
    zip: str | None = None
    dma: str | None = None
    state: str | None = None
    country: str | None = None
    current_zip: str | None = None
    current_dma: str | None = None
    current_state: str | None = None
    current_country: str | None = None


NO_TEXTS: Final = CustomerTexts()
"""Of all who gave none: of a million customers loaded with ids alone, each would weigh a tenth more. Never changed."""


@dataclass(slots=True)
class CustomerAttributes:
    """The attributes of a customer, as given at creation (``user`` on the wire). ``None``: not given.

    ``create_customer`` takes the object over and normalises it: phones to digits, the e-mail address trimmed,
    ``external_id`` and the first of ``identifiers`` agreeing, ``mobile_number`` and the first of ``phone_numbers`` too.
    """

    external_id: str | None = None
    external_id_type: str | None = None
    email: str | None = None
    mobile_number: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    phone_numbers: tuple[str, ...] = ()
    opted_in: bool | None = None
    activated: bool = False
    suspended: bool = False
    test_account: bool = False
    texts: CustomerTexts = field(default_factory=lambda: NO_TEXTS)
    user_profile: Mapping[str, object] | None = None


@dataclass(slots=True)
class Account:
    """One point account of one customer. ``life_time_value`` is what was ever put into it."""

    id: str
    balance: Decimal
    life_time_value: Decimal


@dataclass(slots=True)
class Holding:
    """A customer's points of one family: the final account, its escrow, and where every point went.

    Always: ``earned - returned - cashed_out - expired == account.balance + escrow.balance`` (a missing account is 0).
    """

    account: Account | None = None
    escrow: Account | None = None
    earned: Decimal = ZERO
    returned: Decimal = ZERO
    cashed_out: Decimal = ZERO
    expired: Decimal = ZERO
    emptying_at: int | None = None  # when the yearly restart or the next cash-out of this family is due


@dataclass(slots=True, frozen=True)
class TierLevel:
    """One level; the rule ids are those of its entry rule, printed while a customer works towards it."""

    id: str
    name: str
    rank: int
    threshold: Decimal
    expires: bool
    rule_tree_id: str
    group_rule_id: str
    rule_id: str
    constraint_id: str


@dataclass(slots=True, frozen=True)
class TierSystem:
    """Levels by rising rank; ``levels[0]`` is for the unenrolled. ``accounts``: indices into ``Settings.accounts``."""

    id: str
    name: str
    accounts: tuple[int, ...]
    expiry_days: int | None  # None: at the end of the following calendar year
    levels: tuple[TierLevel, ...]


@dataclass(slots=True)
class Membership:
    """A customer's place in one tier system. ``expires_at`` is None when the level never expires."""

    id: str
    customer: CustomerRecord
    system: TierSystem
    level: TierLevel
    joined_at: int
    expires_at: int | None


@dataclass(slots=True, frozen=True)
class GiftCard:
    """What a cash-out paid: ``points`` became ``amount`` in money."""

    id: str
    points: Decimal
    amount: Decimal
    issued_at: int


@dataclass(slots=True, eq=False)
class CustomerRecord:
    """One customer. ``holdings`` and ``fired`` follow the order of families and issue rules in the settings."""

    id: str
    profile: CustomerAttributes
    created_at: int
    updated_at: int
    memberships: tuple[Membership, ...] = ()
    holdings: list[Holding | None] | None = None
    wallet: dict[str, UserOfferRecord] | None = None  # issued and locked, oldest first
    history: list[UserOfferRecord] | None = None  # every user offer there ever was and is not folded, oldest first
    gift_cards: list[GiftCard] | None = None
    fired: list[int] | None = None  # how often each issue rule has fired
    kept: Kept | None = None  # what is over and not folded yet, where the settings fold


@dataclass(slots=True)
class Standing:
    """The points and the tier of a customer in the primary tier system (api.md section 2, the identities)."""

    available_points: Decimal
    tier: str
    tier_system: str
    tier_points: Decimal
    next_tier_points: Decimal | None
    tier_ends_value: Decimal | None
    tier_starts_value: Decimal
    next_tier_percentage: Decimal
    tier_entered_at: int
    tier_resets_at: int | None


@dataclass(slots=True)
class TierProgress:
    """One tier system of one customer, for ``tier_details``. ``next_level`` is None at the top.

    The rule of ``next_level`` (its ids, its target) is what is being worked towards; ``points`` is its query result.
    """

    membership: Membership
    level: TierLevel
    next_level: TierLevel | None
    points: Decimal
    passed: bool


# Offers, and user offers: an offer in one customer's hands


class UserOfferState(Enum):
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


@dataclass(slots=True, frozen=True)
class OfferCommon:
    """When an offer can be had (instants in microseconds), how long it is valid then, and what is given back as it is
    (``common_config`` on the wire)."""

    acquisition_start: int | None = None
    acquisition_end: int | None = None
    does_not_expire: bool = False
    valid_after_end_date: bool = False
    reward_store: bool = False
    validity_unit: str | None = None
    validity_period: int | None = None
    custom_data: str | None = None


@dataclass(slots=True)
class OfferDraft:
    """What create_offer is asked for, as plain checked types.

    ``offer_id`` names any version of the offer to revise; None creates a new one. ``new_offer_id`` lets a loader
    choose the id. ``discount_config`` and ``offer_config`` are the decoded objects of the wire (numbers as Decimal,
    int or numeric text).
    """

    offer_type: str
    texts: Sequence[OfferText]
    publish: bool = True
    offer_id: str | None = None
    new_offer_id: str | None = None
    media: Sequence[OfferMedia] = ()
    common: OfferCommon = OfferCommon()
    discount_config: Mapping[str, object] | None = None
    offer_config: Mapping[str, object] | None = None


@dataclass(slots=True, eq=False)
class OfferVersion:
    """One version of an offer. A revision has a new ``id``; ``root_id`` stays; ``parent_ids`` are earlier versions."""

    id: str
    root_id: str
    parent_ids: tuple[str, ...]
    offer_type: str
    published: bool
    texts: tuple[OfferText, ...]
    media: tuple[OfferMedia, ...]
    common: OfferCommon
    discount: DiscountRule | None
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

    offer: OfferVersion
    revisioned: bool
    state_transition: str


@dataclass(slots=True, frozen=True)
class OfferView:
    """An offer as fetched: ``text`` fits the wanted culture best; ``texts`` are those to show."""

    offer: OfferVersion
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
class UserOfferRecord:
    """One offer in one customer's hands. ``hold`` is set when LOCKED or REDEEMED; ``ends_at`` None: never ends.

    ``serial`` grows with each one issued: "newest first" means by falling serial.
    """

    id: str
    serial: int
    offer: OfferVersion
    customer: CustomerRecord
    state: UserOfferState
    acquired_at: int
    starts_at: int
    ends_at: int | None
    hold: Hold | None = None
    note: str | None = None  # why it was revoked


@dataclass(slots=True)
class Wallet:
    """The answer to Lookup. ``pricings`` goes along with ``offers``; it is None when no transaction was given."""

    customer: CustomerRecord
    offers: Sequence[UserOfferRecord]
    pricings: Sequence[Pricing] | None


@dataclass(slots=True)
class Page:
    """A slice of a listing, newest first; ``total`` counts the whole listing, ``skip`` and ``take`` are as applied."""

    total: int
    user_offers: Sequence[UserOfferRecord]
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
    state: UserOfferState = UserOfferState.ISSUED


# Baskets as tills send them, and what is kept of a transaction


@dataclass(slots=True)
class Line:
    """One line of a basket. Without ``subtotal`` it is quantity times unit price."""

    line_id: str
    item_id: str
    quantity: Decimal
    unit_price: Decimal
    subtotal: Decimal | None = None
    tax_included: Decimal | None = None
    modifies_line_id: str | None = None


@dataclass(slots=True)
class Payment:
    """One payment. Points go to ``user_id`` (of the kind ``user_id_type``: SessionM_ID or External_ID, any case)."""

    amount: Decimal
    user_id: str | None = None
    user_id_type: str | None = None
    payment_id: str | None = None


@dataclass(slots=True)
class Discount:
    """One discount of a sent transaction. Only those of type userofferid or ttlcode stand for a user offer."""

    reference_id: str | None
    amount: Decimal
    reference_id_type: str | None = None
    user_id: str | None = None
    status: str | None = None


@dataclass(slots=True)
class Transaction:
    """A basket as a till sends it. ``is_closed`` None means the till did not say."""

    transaction_id: str
    items: Sequence[Line]
    is_closed: bool | None = None
    is_voided: bool = False
    payments: Sequence[Payment] = ()
    discounts: Sequence[Discount] = ()
    channel: str | None = None
    opened_at: int | None = None
    modified_at: int | None = None
    subtotal: Decimal | None = None
    tax_total: Decimal | None = None
    from_transaction_id: str | None = None


class TransactionState(Enum):
    """Open can become closed or voided, closed can become voided; never back (unless the settings allow it)."""

    OPEN = "open"
    CLOSED = "closed"
    VOIDED = "voided"


@dataclass(slots=True, eq=False)
class Lot:
    """The points one customer got from one transaction, by family; they leave escrow together at ``matures_at``."""

    customer: CustomerRecord
    points: tuple[Decimal, ...]
    matures_at: int
    matured: bool = False


@dataclass(slots=True, eq=False)
class TransactionRecord:
    """What is kept of a transaction. ``shares`` is kept only when the points were not all one payer's."""

    id: str
    state: TransactionState
    modified_at: int
    loaded_at: int
    lots: tuple[Lot, ...] = ()
    user_offers: tuple[UserOfferRecord, ...] = ()
    shares: tuple[tuple[CustomerRecord | None, Decimal], ...] | None = None


@dataclass(slots=True, eq=False)
class Kept:
    """What a customer keeps that is over (``folding``), oldest first, and the newest lot of folded transactions."""

    closed: list[TransactionRecord] = field(default_factory=list)
    gone: list[UserOfferRecord] = field(default_factory=list)
    lot: Lot | None = None


@dataclass(slots=True)
class Sent:
    """The outcome of send_transaction. ``ignored``: an older or equal version of what is already there."""

    transaction_id: str
    state: TransactionState
    ignored: bool
    redeemed: tuple[UserOfferRecord, ...]
