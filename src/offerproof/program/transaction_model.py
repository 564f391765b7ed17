"""Baskets as tills send them, and what is kept of a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offerproof.program.customer_model import Customer
    from offerproof.program.offer_model import UserOffer


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

    customer: Customer
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
    user_offers: tuple[UserOffer, ...] = ()
    shares: tuple[tuple[Customer | None, Decimal], ...] | None = None


@dataclass(slots=True, eq=False)
class Kept:
    """What a customer keeps that is over (``folding``), oldest first, and the newest lot of folded transactions."""

    closed: list[TransactionRecord] = field(default_factory=list)
    gone: list[UserOffer] = field(default_factory=list)
    lot: Lot | None = None


@dataclass(slots=True)
class Sent:
    """The outcome of send_transaction. ``ignored``: an older or equal version of what is already there."""

    transaction_id: str
    state: TransactionState
    ignored: bool
    redeemed: tuple[UserOffer, ...]
