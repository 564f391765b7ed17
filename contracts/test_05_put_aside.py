"""Early in the run: things are done and put aside, so that ``test_90_kept.py`` can look at them again at its end."""

from __future__ import annotations

from offerproof.client import Api
from offerproof.conformance import Expect, Given, Settle, clause
from offerproof.conformance.reading import state, tells
from offerproof.conformance.set_aside import as_fetched, earned, found, redeemed, untouched


@clause("KEEP-1", "KEEP-2", offers=["any", "any"], requests=12, turn="first")
def test_a_redeemed_and_an_unused_offer_are_put_aside(api: Api, given: Given, expect: Expect) -> None:
    used = redeemed(given)
    expect.that(tells(state(api, expect, used), "redeem"), what="the redeemed offer is called redeemed")
    with expect.clause("KEEP-2"):
        expect.equal(state(api, expect, untouched(given)).lower(), "issued", what="state of the issued offer")


@clause("KEEP-3", requests=2, turn="first")
def test_a_created_offer_is_put_aside(api: Api, given: Given, expect: Expect) -> None:
    offer = as_fetched(api, given, expect)
    expect.present(offer, "title")


@clause("KEEP-4", "KEEP-5", customers=1, requests=8, turn="first")
def test_a_customer_is_put_aside(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    customer, user = found(api, given, expect)
    expect.same_id(user["id"], customer.user_id, what="id of the customer found")
    with expect.clause("KEEP-5"):
        expect.that(earned(api, given, expect, settle) > 0, what="a purchase earns points")
