"""What the program knows: customers, accounts, offers, user offers, transactions.

Instants are integer microseconds since the epoch, UTC. Points and money are ``Decimal``. Every class has slots and
uses ``None`` for what is empty, because there may be a million user offers. Objects that the program returns are its
own state: read them, do not change them (those of the hot path are not frozen, because that costs time).
"""

from __future__ import annotations

from offerproof.program.customer_model import (
    ZERO,
    Account,
    Customer,
    GiftCard,
    Holding,
    Identifier,
    Key,
    Membership,
    Profile,
    Standing,
    TierProgress,
)
from offerproof.program.offer_model import (
    DiscountRule,
    Hold,
    Offer,
    OfferCreated,
    OfferDraft,
    OfferMedia,
    OfferText,
    OfferView,
    Page,
    Pricing,
    State,
    UserOffer,
    UserOfferDraft,
    Wallet,
)
from offerproof.program.transaction_model import (
    Discount,
    Kept,
    Line,
    Lot,
    Payment,
    Sent,
    Transaction,
    TransactionRecord,
    TransactionState,
)

__all__ = [
    "ZERO",
    "Account",
    "Customer",
    "Discount",
    "DiscountRule",
    "GiftCard",
    "Hold",
    "Holding",
    "Identifier",
    "Kept",
    "Key",
    "Line",
    "Lot",
    "Membership",
    "Offer",
    "OfferCreated",
    "OfferDraft",
    "OfferMedia",
    "OfferText",
    "OfferView",
    "Page",
    "Payment",
    "Pricing",
    "Profile",
    "Sent",
    "Standing",
    "State",
    "TierProgress",
    "Transaction",
    "TransactionRecord",
    "TransactionState",
    "UserOffer",
    "UserOfferDraft",
    "Wallet",
]
