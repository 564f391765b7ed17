"""What certify and load act on, and where it comes from: pools with their ledgers, made-up people, issued or earned or
loaded offers, as the profile says.

Each command brings a ``Client`` of its own. What a profile does not declare is not called; what cannot be had raises
``CannotProvide``, with the same words in both.
"""

from offerproof.provisioning.control import BulkLoader
from offerproof.provisioning.ledger import Ledger
from offerproof.provisioning.poll import Poll
from offerproof.provisioning.pools import Pool, Pools
from offerproof.provisioning.sources import Sources, obstacles, plain_kind
from offerproof.provisioning.values import (
    CannotProvide,
    Customer,
    NotOffered,
    Offer,
    SyntheticPerson,
    UsedUp,
    UserOffer,
)

__all__ = [
    "BulkLoader",
    "CannotProvide",
    "Customer",
    "Ledger",
    "NotOffered",
    "Offer",
    "Poll",
    "Pool",
    "Pools",
    "Sources",
    "SyntheticPerson",
    "UsedUp",
    "UserOffer",
    "obstacles",
    "plain_kind",
]
