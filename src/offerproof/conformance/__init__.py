"""What a check needs (``docs/write-a-clause.md``): decorator, fixtures and what they give; and how a suite is run."""

from offerproof.conformance.clock import Clock
from offerproof.conformance.expect import Expect
from offerproof.conformance.fixtures import Customer, Locked, Offer, UserOffer
from offerproof.conformance.marks import clause
from offerproof.conformance.outcome import NotOffered
from offerproof.conformance.provisioning import Given
from offerproof.conformance.runner import Finished, Options, Planned, certify, plan
from offerproof.conformance.settle import Settle

__all__ = [
    "Clock",
    "Customer",
    "Expect",
    "Finished",
    "Given",
    "Locked",
    "NotOffered",
    "Offer",
    "Options",
    "Planned",
    "Settle",
    "UserOffer",
    "certify",
    "clause",
    "plan",
]
