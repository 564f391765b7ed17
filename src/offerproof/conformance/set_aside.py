"""What the run puts aside early, to look at it again at its end: made once, by whichever check comes first.

The checks of the chapter KEEP share these helpers and nothing else; what they expect stands in ``contracts/``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from offerproof.conformance.reading import balances, is_success, loyal_user

if TYPE_CHECKING:
    from offerproof.client import Api
    from offerproof.conformance.expect import Expect
    from offerproof.conformance.given import Given
    from offerproof.conformance.outcome import Settle
    from offerproof.provisioning import Customer, Offer, UserOffer

KIND: Final = "manual_fulfillment"


def redeemed(given: Given) -> UserOffer:
    """Return a user offer that was locked and redeemed, and seen to be."""
    return given.once("redeemed", lambda: given.redeemed().user_offer)


def untouched(given: Given) -> UserOffer:
    """Return a user offer that was issued, and that no check uses."""
    return given.once("untouched", given.user_offer)


def made(given: Given) -> Offer:
    """Return an offer that was created and published."""
    return given.once("offer", lambda: given.offer(KIND))


def shown(api: Api, expect: Expect, offer: Offer) -> Mapping[str, Any]:
    """Return the offer as it is fetched now."""
    fetched: Mapping[str, Any] = expect.success(api.fetch_offer(offer.offer_id, culture="en"))["offer"]
    return fetched


def as_fetched(api: Api, given: Given, expect: Expect) -> Mapping[str, Any]:
    """Return what was fetched of the offer put aside when it was looked at first."""
    return given.once("offer as fetched", lambda: shown(api, expect, made(given)))


def found(api: Api, given: Given, expect: Expect) -> tuple[Customer, Mapping[str, Any]]:
    """Return a customer and the user object that the first search found."""

    def first() -> tuple[Customer, Mapping[str, Any]]:
        customer = given.customer()
        return customer, expect.success(api.search_customers(**customer.identifier))

    return given.once("customer", first)


def earned(api: Api, given: Given, expect: Expect, settle: Settle) -> Decimal:
    """Return all points of the customer put aside, after a purchase; unknown when none were earned."""
    customer, _ = found(api, given, expect)

    def first() -> Decimal:
        had = balances(loyal_user(api, expect, customer)).total
        bought = api.transaction(user_id=customer.user_id, is_closed="true")
        if not is_success(api.send_transaction(bought)):
            expect.unknown("the target did not take the purchase")
        now: Decimal = settle(lambda: balances(loyal_user(api, expect, customer)).total, lambda total: total > had)
        if now <= had:
            expect.unknown("the purchase earned nothing within the settle time")
        return now

    return given.once("points", first)
