"""A given request_id is processed once: a repeat gets the stored answer and has no effect of its own."""

from __future__ import annotations

from offerproof.client import Api
from offerproof.client.bodies import encode
from offerproof.conformance import Expect, Given, Purchases, Settle, clause
from offerproof.conformance.reading import given_payload, is_success, send_bytes, state, tells
from offerproof.target import Profile

PERCENT = "percent_check_discount"
ELEVEN = [{"line_id": "1", "item_id": "11", "quantity": "1", "unit_price": "11.00", "subtotal": "11.00"}]
TWENTY = [{"line_id": "1", "item_id": "11", "quantity": "2", "unit_price": "10.00", "subtotal": "20.00"}]


@clause("IDEM-6", offers=[PERCENT], requests=5, needs=("discounts",))
def test_another_request_id_is_processed_anew(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer(PERCENT)
    basket = api.transaction(items=ELEVEN, user_id=held.customer.user_id)
    request_id = api.fresh_id()
    for _ in range(2):
        first = expect.success(api.lock(held.user_offer_id, basket, request_id=request_id))
        expect.same_number(first["amount"], "1.10", what="amount for a basket of 11.00")
    priced = expect.success(api.lock(held.user_offer_id, {**basket, "items": TWENTY, "subtotal": "20.00"}))
    expect.same_number(priced["amount"], "2.00", what="amount for another request_id and a basket of 20.00")


@clause("IDEM-1", "IDEM-7", "IDEM-9", offers=["any"], requests=19)
def test_a_repeated_lock_gets_the_stored_answer(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    held = given.user_offer()
    basket = api.transaction(items=ELEVEN, user_id=held.customer.user_id)
    larger = {**basket, "items": TWENTY, "subtotal": "20.00"}
    request_id = api.fresh_id()
    first = expect.success(api.lock(held.user_offer_id, basket, request_id=request_id))
    again = expect.success(api.lock(held.user_offer_id, basket, request_id=request_id))
    expect.equal(dict(again), dict(first), what="answer to the repeat beside the first answer")
    with expect.clause("IDEM-7"):
        for _ in range(3):
            api.lock(held.user_offer_id, basket)
            api.lookup(user_id=held.customer.user_id)
        third = expect.success(api.lock(held.user_offer_id, basket, request_id=request_id))
        expect.same_instant(third["applied_time"], first["applied_time"], what="applied_time of the late repeat")
        expect.same_number(third["amount"], first["amount"], what="amount of the late repeat")
    with expect.clause("IDEM-9"):
        other = api.lock(held.user_offer_id, larger, request_id=request_id)
        reading = "the stored answer"
        if not is_success(other):
            reading = "refused"
        elif expect.at(other, "payload") != first:
            reading = "processed anew"
        expect.observe("the same request_id with another body", reading, on=other)
        expect.that(True, what="a request_id was used with another body")
    if profile.can("unlock") and is_success(api.unlock(held.user_offer_id)):
        expect.success(api.lock(held.user_offer_id, basket, request_id=request_id))
        rival = api.lock(held.user_offer_id, api.transaction(items=ELEVEN, user_id=held.customer.user_id))
        expect.that(is_success(rival), what="the repeat has not locked anew the offer unlocked since", on=rival)


@clause("IDEM-2", offers=["any"], requests=5)
def test_a_repeated_redeem_gets_the_stored_success(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    basket = api.transaction(user_id=held.customer.user_id)
    request_id = api.fresh_id()
    if not is_success(api.redeem(held.user_offer_id, basket, request_id=request_id)):
        expect.unknown("the offer could not be redeemed at once")
    expect.success(api.redeem(held.user_offer_id, basket, request_id=request_id), kind=None)


@clause("IDEM-8", offers=["any"], requests=9)
def test_the_repeat_of_a_lock_does_not_undo_the_redemption(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    held = given.user_offer()
    basket = api.transaction(user_id=held.customer.user_id)
    request_id = api.fresh_id()
    locked = api.lock(held.user_offer_id, basket, request_id=request_id)
    discount = given_payload(expect, locked, "the offer could not be locked")
    closed = {**basket, "is_closed": "true", "discounts": [discount]}
    if not is_success(api.send_transaction(closed)):
        expect.unknown("the locked offer could not be redeemed")
    settle(lambda: state(api, expect, held), lambda said: tells(said, "redeem"))
    api.lock(held.user_offer_id, basket, request_id=request_id)
    told = state(api, expect, held)
    expect.that(tells(told, "redeem"), what="the offer stays redeemed", observed=told)


@clause("IDEM-3", customers=1, requests=8)
def test_a_repeated_transaction_earns_once(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    till = Purchases(api, expect, settle, given.customer())
    basket, request_id = till.basket("20.00"), api.fresh_id()
    if not is_success(api.send_transaction(basket, request_id=request_id)):
        expect.unknown("the target did not take the purchase")
    once = settle.out(till.points)
    expect.success(api.send_transaction(basket, request_id=request_id), kind=None)
    twice = till.until(lambda now: now.total != once.total)
    expect.same_number(twice.total, once.total, what="total_points after the repeat beside those before it")


@clause("IDEM-4", offers=["any"], requests=8)
def test_a_repeated_unlock_frees_nothing(api: Api, given: Given, expect: Expect) -> None:
    locked = given.locked()
    held = locked.user_offer
    request_id = api.fresh_id()
    holder, rival = (api.transaction(user_id=held.customer.user_id) for _ in range(2))
    if not is_success(api.unlock(held.user_offer_id, request_id=request_id)):
        expect.unknown("the offer could not be unlocked")
    if not is_success(api.lock(held.user_offer_id, holder)):
        expect.unknown("the unlocked offer could not be locked")
    api.unlock(held.user_offer_id, request_id=request_id)
    expect.refusal(api.lock(held.user_offer_id, rival), why="the repeated unlock freed the offer for a rival")


@clause("IDEM-5", offers=["any"], requests=8)
def test_a_repeated_reinstate_gives_nothing_back(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    held = given.user_offer()
    basket = api.transaction(user_id=held.customer.user_id)
    request_id = api.fresh_id()
    for done in (
        api.redeem(held.user_offer_id, basket),
        api.reinstate(held.user_offer_id, request_id=request_id),
        api.redeem(held.user_offer_id, api.transaction(user_id=held.customer.user_id)),
    ):
        if not is_success(done):
            expect.unknown("the offer could not be redeemed, reinstated and redeemed again")
    api.reinstate(held.user_offer_id, request_id=request_id)
    told = settle(lambda: state(api, expect, held), lambda said: not tells(said, "redeem"))
    expect.that(tells(told, "redeem"), what="the offer stays redeemed", observed=told)


@clause("IDEM-10", "IDEM-11", offers=["any"], requests=8)
def test_what_a_request_id_is_remembered_for(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    locked = given.locked()
    held = locked.user_offer
    shared = api.fresh_id()
    again = api.lock(held.user_offer_id, locked.transaction, request_id=shared)
    if not is_success(again):
        expect.unknown("the offer could not be locked again")
    container = api.container({**locked.transaction, "is_closed": "false"}, request_id=shared)
    sent = send_bytes(api, profile, "send_transaction", encode(container))  # a stored lock has the shape of a lock
    reading = (
        "refused"
        if not is_success(sent)
        else "for all operations"
        if expect.at(sent, "payload")
        else "for each operation"
    )
    expect.observe("scope of a request_id", reading, on=sent)
    expect.that(True, what="one request_id was used for two operations")
    with expect.clause("IDEM-11"):
        refused_id = api.fresh_id()
        rival = api.transaction(user_id=held.customer.user_id)
        api.lock(held.user_offer_id, rival, request_id=refused_id)
        api.unlock(held.user_offer_id)
        later = api.lock(held.user_offer_id, rival, request_id=refused_id)
        expect.observe("a refusal under its request_id", "processed anew" if is_success(later) else "stored", on=later)
        expect.that(True, what="a refused request was repeated after its reason was gone")
