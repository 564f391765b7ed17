"""What a check needs (``docs/write-a-clause.md``): decorator, fixtures and what they give; and how a suite is run."""

from offerproof.conformance.clock import Clock
from offerproof.conformance.expect import Expect
from offerproof.conformance.given import Given, Locked
from offerproof.conformance.marks import clause
from offerproof.conformance.outcome import Settle
from offerproof.conformance.purchases import Bought, Purchases, all_risen, buy_into_escrow, climb
from offerproof.conformance.runner import Finished, Options, Planned, certify, plan
from offerproof.conformance.waiting import Wait
from offerproof.provisioning import Customer, NotOffered, Offer, UserOffer

__all__ = [
    "Bought",
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
    "Purchases",
    "Settle",
    "UserOffer",
    "Wait",
    "all_risen",
    "buy_into_escrow",
    "certify",
    "clause",
    "climb",
    "plan",
]
