"""The settings of a program as checked, frozen values; ``settings.parse`` makes them, ``acme.toml`` explains them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from offerproof.program.model import OfferDraft, TierSystem, UserOfferState


class Base(StrEnum):
    """What points are counted on."""

    ITEMS_AFTER_DISCOUNTS = "items_after_discounts"
    ITEMS = "items"
    SUBTOTAL = "subtotal"
    PAYMENTS = "payments"


class Rounding(StrEnum):
    """How fractions of points are rounded."""

    DOWN = "down"
    HALF_UP = "half_up"
    UP = "up"


class Split(StrEnum):
    """How the points of one transaction are split among several payers."""

    SHARE = "share"
    FIRST = "first"


class LookupPoints(StrEnum):
    """What Lookup shows as ``points``."""

    AVAILABLE = "available"
    TOTAL = "total"
    LIFE_TIME = "life_time"


class Enrolment(StrEnum):
    """Who is in the loyalty program from the start."""

    OPTED_IN = "opted_in"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(slots=True, frozen=True)
class AccountSettings:
    """One kind of point account. ``family`` and ``escrow`` say which part of which family it is."""

    key: str
    id: str
    name: str
    label: str
    family: int
    escrow: bool


@dataclass(slots=True, frozen=True)
class Family:
    """A final account with its escrow. Each earned point stands once in each family."""

    name: str
    rate: Decimal
    cash_out: bool
    yearly_restart: bool


@dataclass(slots=True, frozen=True)
class Promotion:
    """Earns more: ``multiplier`` on the base it applies to, ``bonus`` points once. Empty filters let everything in."""

    name: str
    families: frozenset[int]
    starts_at: int | None
    ends_at: int | None
    channels: frozenset[str]  # lower case
    item_ids: frozenset[str]
    minimum_base: Decimal
    multiplier: Decimal
    bonus: Decimal


@dataclass(slots=True, frozen=True)
class PointsSettings:
    """How points are earned, when they leave escrow, and what they are paid out for."""

    base: Base
    rounding: Rounding
    step: Decimal  # the smallest part of a point
    split: Split
    return_period: int  # microseconds
    starts_when_loaded: bool
    available_includes_escrow: bool
    lookup: LookupPoints
    life_time_moves: bool
    may_go_negative: bool
    unenrolled_earn: bool
    cash_out: CashOutSettings


@dataclass(slots=True, frozen=True)
class CustomerSettings:
    """Creating and finding customers."""

    required: tuple[str, ...]
    opted_in_by_default: bool
    enrolment: Enrolment
    shared_mobile_number_refused: bool


@dataclass(slots=True, frozen=True)
class PreparedOffer:
    """An offer that exists from the start."""

    id: str
    created_at: int
    draft: OfferDraft


@dataclass(slots=True, frozen=True)
class IssueRule:
    """Gives ``offer_id`` to who has earned ``points`` in a family (net of returns), each time anew if ``repeats``."""

    offer_id: str
    family: int
    points: Decimal
    repeats: bool
    most_at_once: int  # never more than this for one transaction, however large


@dataclass(slots=True, frozen=True)
class OfferSettings:
    """Offers: what exists from the start, and how the open questions are read."""

    prepared: tuple[PreparedOffer, ...]
    issue_unpublished: bool
    issue_outside_acquisition: bool
    fetch_all_texts: bool
    fall_back_to_first: bool
    money_step: Decimal
    amount_keys: tuple[str, ...]
    percent_keys: tuple[str, ...]
    item_discount_each: bool  # every eligible unit, not only the dearest one


@dataclass(slots=True, frozen=True)
class StateCode:
    """How a state of a user offer is printed."""

    code: int
    description: str


@dataclass(slots=True, frozen=True)
class UserOfferSettings:
    """The life cycle of user offers; times are in microseconds, None: for ever."""

    lock_life: int | None
    ttl_code_life: int | None
    lock_outlives_validity: bool
    locked_in_lookup: bool
    locked_in_wallet: bool
    plain_eligible: bool  # offers without a discount are eligible in a Lookup with a transaction
    unlock_unlocked_refused: bool
    revoke_revoked_refused: bool
    revoke_locked_refused: bool
    reinstate_issued_refused: bool
    unknown_customer_lookup_refused: bool
    unknown_customer_history_refused: bool
    unknown_customer_wallet_refused: bool
    states: Mapping[UserOfferState, StateCode]


@dataclass(slots=True, frozen=True)
class TransactionSettings:
    """How the open questions about send_transaction are read."""

    stale_refused: bool
    reopening_refused: bool
    closed_by_default: bool
    late_return_taken: bool
    unknown_payer_refused: bool
    bad_discount_refused: bool
    void_reinstates: bool
    fold_after: int | None  # microseconds after the return period; None: never


@dataclass(slots=True, frozen=True)
class PagingSettings:
    """Listings."""

    default_take: int
    max_take: int
    above_max_refused: bool


@dataclass(slots=True, frozen=True)
class FoldingSettings:
    """What a customer keeps of what is over. ``keep`` None: everything."""

    keep: int | None


@dataclass(slots=True, frozen=True)
class RequestSettings:
    """request_id: for the service around the program (the program itself never sees one)."""

    enabled: bool
    scope: tuple[str, ...]
    other_body_refused: bool
    reads_counted: bool
    refusals_stored: bool
    kept: int


@dataclass(slots=True, frozen=True)
class CashOutSettings:
    """Cash-out: ``value_per_point`` in money; whole multiples of ``step`` points, from ``minimum`` on.

    ``dates`` are (month, day) pairs on which it happens by itself, at 00:00 UTC.
    """

    value_per_point: Decimal
    minimum: Decimal
    step: Decimal
    dates: tuple[tuple[int, int], ...]


@dataclass(slots=True, frozen=True)
class Discriminators:
    """The numbers that tier_details prints for kinds of rules, groups and constraints."""

    balance_rule: int
    leaf: int
    group: int
    accounts_constraint: int
    at_least: int
    level_status: int


@dataclass(slots=True, frozen=True)
class TierSettings:
    """All tier systems, the first one is shown; what the first two ranks show of the way up; numbers of the rules."""

    systems: tuple[TierSystem, ...]
    unenrolled_shows_next_target: bool
    discriminators: Discriminators


@dataclass(slots=True, frozen=True)
class Settings:
    """A whole program."""

    name: str
    retailer_id: str
    accounts: tuple[AccountSettings, ...]
    families: tuple[Family, ...]
    points: PointsSettings
    promotions: tuple[Promotion, ...]
    tiers: TierSettings
    customers: CustomerSettings
    offers: OfferSettings
    issue_rules: tuple[IssueRule, ...]
    user_offers: UserOfferSettings
    transactions: TransactionSettings
    folding: FoldingSettings
    paging: PagingSettings
    requests: RequestSettings
