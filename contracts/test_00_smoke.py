"""Are we talking to the offer API at all? One customer and one offer from search to redemption."""

from __future__ import annotations

from offerproof.client import Api
from offerproof.conformance import Expect, Given, Settle, clause


@clause("SMOKE-1", customers=1, requests=2)
def test_a_search_by_a_known_identifier_finds_the_customer(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    found = expect.success(api.search_customers(**customer.identifier))
    expect.same_id(found["id"], customer.user_id, what="id of the customer found")


@clause("SMOKE-2", requests=2)
def test_a_created_and_published_offer_is_fetched_back(api: Api, expect: Expect) -> None:
    created = expect.success(api.create_offer(api.offer("manual_fulfillment")))
    fetched = expect.success(api.fetch_offer(created["offer_id"]))
    expect.same_id(fetched["offer"]["id"], created["offer_id"], what="id of the offer fetched")


@clause("SMOKE-3", "SMOKE-4", "SMOKE-5", offers=["any"], requests=8)
def test_an_issued_offer_goes_from_the_wallet_through_a_lock_to_redemption(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    held = given.user_offer()
    wallet = expect.success(api.lookup(user_id=held.customer.user_id), kind=list)
    with expect.clause("SMOKE-3"):
        references = [offer["reference_id"].lower() for offer in wallet[0]["offers"]]
        expect.contains(references, held.user_offer_id.lower(), what="user offers in the wallet")

    basket = api.transaction(user_id=held.customer.user_id)
    discount = None
    with expect.clause("SMOKE-4"):
        discount = expect.success(api.lock(held.user_offer_id, basket))
        expect.equal(discount["status"], "LOCKED", what="status of the discount")

    with expect.clause("SMOKE-5"):
        if discount is None:
            expect.unknown("nothing could be locked, so nothing could be redeemed")
        expect.success(api.send_transaction({**basket, "is_closed": True, "discounts": [discount]}), kind=None)

        def state() -> str:
            history = expect.success(api.user_offer_history([held.customer.user_id]))
            return next(
                (row["status_description"] for row in history["results"] if held.is_it(row["user_offer_id"])), "absent"
            )

        expect.equal(settle(state, "Redeemed".__eq__), "Redeemed", what="state of the user offer in the history")


@clause("SMOKE-6", requests=3)
def test_each_service_refuses_a_request_without_credentials(api: Api, expect: Expect) -> None:
    for operation in ("search_customers", "fetch_offer", "lookup"):
        expect.refusal(api.send(operation, api.example(operation), credentials="none"), status=401)
