"""The target profile as checked values; credentials come from environment variables or files, never from the profile.

``load_profile(path) -> Profile`` raises ``Misuse`` with one line that names the key when anything is wrong.
"""

from offerproof.target.parse import load_profile
from offerproof.target.values import (
    Control,
    CustomerSource,
    Ids,
    Limits,
    NotAllowed,
    OfferSource,
    Profile,
    Secret,
    TargetService,
    Timing,
    ascii_host,
    is_loopback,
)

__all__ = [
    "Control",
    "CustomerSource",
    "Ids",
    "Limits",
    "NotAllowed",
    "OfferSource",
    "Profile",
    "Secret",
    "TargetService",
    "Timing",
    "ascii_host",
    "is_loopback",
    "load_profile",
]
