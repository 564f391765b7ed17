"""Are we talking to the offer API at all? One customer and one offer from search to redemption."""

from __future__ import annotations

from offerproof.client import Api
from offerproof.conformance import Expect, Given, Settle, clause
from offerproof.conformance.reading import state, tells, wallet_ids


@clause("SMOKE-1", customers=1, requests=2)
def test_a_search_by_a_known_identifier_finds_the_customer(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    found = expect.success(api.search_customers(**customer.identifier))
    expect.same_id(found["id"], customer.user_id, what="id of the customer found")


@clause("SMOKE-2", requests=2)
def test_a_created_and_published_offer_is_fetched_back(api: Api, expect: Expect) -> None:
    created = expect.success(api.create_offer(api.offer("manual_fulfillment")))
    fetched = expect.success(api.fetch_offer(created["offer_id"], culture="en"))
    expect.same_id(fetched["offer"]["id"], created["offer_id"], what="id of the offer fetched")


@clause("SMOKE-3", "SMOKE-4", "SMOKE-5", offers=["any"], requests=8)
def test_an_issued_offer_goes_from_the_wallet_through_a_lock_to_redemption(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    held = given.user_offer()
    expect.contains(
        wallet_ids(api, expect, held.customer), held.user_offer_id.lower(), what="user offers in the wallet"
    )
    basket = api.transaction(user_id=held.customer.user_id)
    discount = None
    with expect.clause("SMOKE-4"):
        discount = expect.success(api.lock(held.user_offer_id, basket))
        expect.equal(discount["status"].upper(), "LOCKED", what="status of the discount")

    with expect.clause("SMOKE-5"):
        if discount is None:
            expect.unknown("nothing could be locked, so nothing could be redeemed")
        expect.success(api.send_transaction({**basket, "is_closed": True, "discounts": [discount]}), kind=None)
        told = settle(lambda: state(api, expect, held), lambda said: tells(said, "redeem"))
        expect.that(tells(told, "redeem"), what="the history says that the offer is redeemed", observed=told)


@clause("SMOKE-6", requests=3)
def test_each_service_refuses_a_request_without_credentials(api: Api, expect: Expect) -> None:
    for operation in ("search_customers", "fetch_offer", "lookup"):
        expect.refusal(api.send(operation, api.example(operation), credentials="none"), status=401)
