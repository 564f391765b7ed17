"""The checks of a team's own clauses."""

from __future__ import annotations

from offerproof.client import Api
from offerproof.conformance import Expect, Given, clause
from offerproof.conformance.reading import wallet

DISPLAY = 40


@clause("SHOP-1", customers=1, requests=5)
def test_the_name_of_an_offer_fits_the_display(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    issued = given.issued(given.offer("manual_fulfillment", title="Coffee for one"), customer)
    shown = next((one for one in wallet(api, expect, customer) if issued.is_it(one["reference_id"])), None)
    if shown is None:
        expect.unknown("the user offer is not in the wallet")
    expect.that(
        len(shown["display_name"]) <= DISPLAY,
        what="length of an offer's name",
        expected=f"at most {DISPLAY} characters",
        observed=f"{len(shown['display_name'])} characters",
    )


@clause("SHOP-2", offers=["any"], requests=5)
def test_the_next_till_can_lock_at_once(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    owner = held.customer.user_id
    expect.success(api.lock(held.user_offer_id, api.transaction(user_id=owner)))
    expect.success(api.unlock(held.user_offer_id), kind=None)
    expect.success(api.lock(held.user_offer_id, api.transaction(user_id=owner)))
