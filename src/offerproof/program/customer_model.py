"""Customers: who they are, their points, their place in the tier systems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offerproof.program.offer_model import UserOffer
    from offerproof.program.setting_types import TierLevel, TierSystem
    from offerproof.program.transaction_model import Kept

ZERO = Decimal(0)


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


@dataclass(slots=True)
class Profile:
    """The attributes of a customer, as given at creation (``user`` on the wire). ``None``: not given.

    ``create_customer`` takes the object over and normalises it: phones to digits, the e-mail address trimmed,
    ``external_id`` and the first of ``identifiers`` agreeing, ``mobile_number`` and the first of ``phone_numbers`` too.
    """

    external_id: str | None = None
    external_id_type: str | None = None
    email: str | None = None
    mobile_number: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    phone_numbers: tuple[str, ...] = ()
    opted_in: bool | None = None
    activated: bool = False
    suspended: bool = False
    test_account: bool = False
    proxy_ids: tuple[str, ...] = ()
    test_points: int = 0
    unclaimed_achievement_count: int = 0
    gender: str | None = None
    dob: str | None = None
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
    profile_photo_url: str | None = None
    account_status: str = "good"
    locale: str | None = None
    referrer_code: str | None = None
    verification_method: str | None = None
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


@dataclass(slots=True)
class Membership:
    """A customer's place in one tier system. ``expires_at`` is None when the level never expires."""

    id: str
    customer: Customer
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
class Customer:
    """One customer. ``holdings`` and ``fired`` follow the order of families and issue rules in the settings."""

    id: str
    profile: Profile
    created_at: int
    updated_at: int
    memberships: tuple[Membership, ...] = ()
    holdings: list[Holding | None] | None = None
    wallet: dict[str, UserOffer] | None = None  # issued and locked, oldest first
    history: list[UserOffer] | None = None  # every user offer there ever was and is not folded, oldest first
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
