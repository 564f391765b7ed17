"""Lock, re-lock and unlock: one transaction holds an offer, at the price of its basket."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Expect, Given, NotOffered, Settle, clause
from offerproof.conformance.reading import in_wallet, is_success, state, tells
from offerproof.target import Profile

FIVE_OFF_CHECK, TEN_PERCENT_OFF_CHECK = "fixed_amount_check_discount", "percent_check_discount"
FIVE_OFF_ITEM, TEN_PERCENT_OFF_ITEM = "fixed_amount_item_discount", "percent_item_discount"
TEN = {"line_id": "1", "item_id": "11", "quantity": "1", "unit_price": "10.00", "subtotal": "10.00"}
ONE = {"line_id": "2", "item_id": "12", "quantity": "1", "unit_price": "1.00", "subtotal": "1.00"}
ELEVEN = [TEN, ONE]
TWENTY = [{"line_id": "1", "item_id": "11", "quantity": "2", "unit_price": "10.00", "subtotal": "20.00"}]
ELEVEN_IN_NUMBERS = [
    {"line_id": "1", "item_id": "11", "quantity": 1, "unit_price": 10, "subtotal": 10},
    {"line_id": "2", "item_id": "12", "quantity": 1, "unit_price": 1, "subtotal": 1},
]


@clause("LOCK-1", "LOCK-2", "LOCK-3", "LOCK-6", "LOCK-17", "LOCK-40", offers=["any"], requests=6)
def test_a_lock_answers_the_discount(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    discount = expect.success(
        api.lock(held.user_offer_id, api.transaction(items=ELEVEN, user_id=held.customer.user_id))
    )
    expect.equal(discount["status"].upper(), "LOCKED", what="status of the discount")
    with expect.clause("LOCK-2"):
        expect.same_id(discount["reference_id"], held.user_offer_id, what="reference_id of the discount")
        expect.equal(discount["reference_id_type"].lower(), "userofferid", what="reference_id_type")
    with expect.clause("LOCK-3"):
        expect.same_id(discount["user_id"], held.customer.user_id, what="user_id of the discount")
    with expect.clause("LOCK-6"):
        named = len(discount["discounted_line_ids"]) > 0 or not discount["amount"]
        what, lines = "a lock names the lines it discounts", discount["discounted_line_ids"]
        expect.that(named, what=what, expected="at least one line", observed=lines)
        for line in discount["discounted_line_ids"]:
            expect.one_of(str(line), ["1", "2"], what="discounted line, of the basket's lines")
    with expect.clause("LOCK-40"):
        expect.equal(str(discount["discount_source"]).lower(), "sessionm", what="discount_source of the discount")
        lines = {str(line) for line in discount["discounted_line_ids"]}
        for one in discount.get("discounted_line_id_quantities") or []:
            fits = str(one["line_id"]) in lines and 0 < Decimal(str(one["quantity"])) <= 1
            what, wanted = "a line with a quantity: a discounted one, and of one at most", f"one of {sorted(lines)}"
            expect.that(fits, what=what, expected=f"{wanted}, with at most 1", observed=one)
    with expect.clause("LOCK-17"):
        told = state(api, expect, held)
        expect.that(not tells(told, "redeem"), what="a locked offer is not redeemed", observed=told)


@clause("LOCK-4", offers=[FIVE_OFF_CHECK], requests=3)
def test_five_off_the_check_is_locked_at_five(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer(FIVE_OFF_CHECK)
    basket = api.transaction(items=ELEVEN, user_id=held.customer.user_id)
    discount = expect.success(api.lock(held.user_offer_id, basket))
    expect.same_number(discount["amount"], 5, what="amount of $5 off a basket of 11.00")


@clause("LOCK-10", "LOCK-9", "LOCK-29", "LOCK-26", offers=["any"], requests=7)
def test_the_same_transaction_may_lock_again(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    locked = given.locked()
    held, basket = locked.user_offer, locked.transaction
    again = expect.success(api.lock(held.user_offer_id, basket))
    expect.equal(again["status"].upper(), "LOCKED", what="status of the discount, locked again")
    with expect.clause("LOCK-9"):
        again = expect.success(api.lock(held.user_offer_id, basket, lookup_type="UserOfferId"))
        expect.same_id(again["reference_id"], held.user_offer_id, what="reference_id of the discount")
    with expect.clause("LOCK-29"):
        again = expect.success(api.lock(held.user_offer_id.upper(), basket))
        expect.same_id(again["reference_id"], held.user_offer_id, what="reference_id of the discount")
    if held.offer_id and profile.can("create_offer"):
        with expect.clause("LOCK-26"):
            titled = expect.success(api.fetch_offer(held.offer_id, culture="en"))["offer"]["title"]
            expect.equal(locked.discount["display_name"], titled, what="display_name beside the offer's title")


@clause("LOCK-5", "LOCK-11", "LOCK-28", offers=[TEN_PERCENT_OFF_CHECK], requests=6)
def test_ten_percent_follow_the_basket(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer(TEN_PERCENT_OFF_CHECK)
    basket = api.transaction(items=ELEVEN, user_id=held.customer.user_id)
    discount = expect.success(api.lock(held.user_offer_id, basket))
    expect.same_number(discount["amount"], "1.10", what="amount of 10 percent off 11.00")
    with expect.clause("LOCK-11"):
        larger = api.transaction(items=TWENTY, user_id=held.customer.user_id, transaction_id=basket["transaction_id"])
        again = expect.success(api.lock(held.user_offer_id, larger))
        expect.same_number(again["amount"], "2.00", what="amount of 10 percent off 20.00, locked again")
    with expect.clause("LOCK-28"):
        numbers = {**basket, "items": ELEVEN_IN_NUMBERS, "subtotal": 11}
        again = expect.success(api.lock(held.user_offer_id, numbers))
        expect.same_number(again["amount"], "1.10", what="amount of 10 percent off 11.00, written in numbers")
        texts = {**basket, "subtotal": "11.00", "tax_total": ".77", "guest_count": "1", "is_closed": "false"}
        again = expect.success(api.lock(held.user_offer_id, texts))
        expect.same_number(again["amount"], "1.10", what="amount of 10 percent off 11.00, written in texts")
        short = [{**TEN, "unit_price": "10.5", "subtotal": "10.5"}, {**ONE, "unit_price": ".50", "subtotal": ".50"}]
        again = expect.success(api.lock(held.user_offer_id, {**texts, "items": short}))
        expect.same_number(again["amount"], "1.10", what="amount of 10 percent off 10.5 and .50")


@clause("LOCK-38", offers=[TEN_PERCENT_OFF_CHECK], requests=6)
def test_ten_percent_of_a_large_basket_and_of_many_lines(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer(TEN_PERCENT_OFF_CHECK)
    basket = api.transaction(items=api.items("2500.00"), user_id=held.customer.user_id)
    discount = expect.success(api.lock(held.user_offer_id, basket))
    expect.same_number(discount["amount"], "250.00", what="amount of 10 percent off 2500.00")
    many = {"transaction_id": basket["transaction_id"]}
    huge = api.transaction(items=api.items("98765.40"), user_id=held.customer.user_id, **many)
    again = expect.success(api.lock(held.user_offer_id, huge))
    expect.same_number(again["amount"], "9876.54", what="amount of 10 percent off 98765.40")
    lines = api.transaction(items=api.items(*["1.00"] * 12), user_id=held.customer.user_id, **many)
    again = expect.success(api.lock(held.user_offer_id, lines))
    expect.same_number(again["amount"], "1.20", what="amount of 10 percent off twelve lines of 1.00")


@clause("LOCK-7", offers=[FIVE_OFF_CHECK, TEN_PERCENT_OFF_CHECK], requests=9)
def test_lookup_and_lock_name_the_same_amount(api: Api, given: Given, expect: Expect) -> None:
    for kind in (FIVE_OFF_CHECK, TEN_PERCENT_OFF_CHECK):
        held = given.user_offer(kind)
        prices = [{**TEN, "unit_price": "13.40", "subtotal": "13.40"}, ONE]
        basket = api.transaction(items=prices, user_id=held.customer.user_id)
        shown = in_wallet(api, expect, held, basket)
        discount = expect.success(api.lock(held.user_offer_id, basket))
        expect.that(shown is not None, what=f"a {kind} is eligible for the basket it locks for")
        expect.same_number(discount["amount"], shown and shown["amount"], what="amount of Lock beside that of Lookup")


@clause("LOCK-8", offers=[FIVE_OFF_ITEM, TEN_PERCENT_OFF_ITEM], requests=6)
def test_item_discounts_lock_with_their_amounts(api: Api, given: Given, expect: Expect) -> None:
    for kind, amount in ((FIVE_OFF_ITEM, "5"), (TEN_PERCENT_OFF_ITEM, "1.00")):
        held = given.user_offer(kind)
        basket = api.transaction(items=[TEN], user_id=held.customer.user_id)
        discount = expect.success(api.lock(held.user_offer_id, basket))
        expect.same_number(discount["amount"], amount, what=f"amount of a {kind} on one line of 10.00")


@clause("LOCK-35", "LOCK-36", offers=[FIVE_OFF_ITEM], requests=3)
def test_an_item_discount_is_on_items(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer(FIVE_OFF_ITEM)
    basket = api.transaction(items=api.items("3.00", "3.00"), user_id=held.customer.user_id)
    discount = expect.success(api.lock(held.user_offer_id, basket))
    taken = Decimal(str(discount["amount"]))
    of_one_or_each = "amount of a $5 item discount on two lines of 3.00: of one item or of each"
    expect.that(taken in (3, 6), what=of_one_or_each, expected="3.00 or 6.00", observed=taken)
    with expect.clause("LOCK-36"):
        lines = discount["discounted_line_ids"]
        expect.equal(len(lines), taken // 3, what="lines that an item discount names, of which each costs 3.00")


@clause("LOCK-34", offers=["any"], requests=4)
def test_a_basket_spelled_as_documented_can_be_locked(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    now = api.now()
    ten = {"line_id": "0", "item_id": "1", "quantity": "1", "unit_price": "10", "subtotal": "10", "tax_included": ".70"}
    one = {"line_id": "1", "item_id": "2", "quantity": "1", "unit_price": "1", "subtotal": "1", "tax_included": ".07"}
    basket = {
        "pos_employee_id": "1000",
        "table_id": "12",
        "channel": "STORE",
        "transaction_id": api.fresh_id(),
        "guest_count": "1",
        "subtotal": "11.77",
        "TaxTotal": ".77",
        "open_time": f"{now - timedelta(days=1):%Y-%m-%d} 9:20:00.000",
        "modified_time": f"{now:%Y-%m-%d %H:%M:%S}.000",  # within the window of the offer
        "items": [{**ten, "modifies_line_id": ""}, {**one, "modifies_line_id": "0"}],
        "discounts": [],
        "payments": [],
    }
    discount = expect.success(api.lock(held.user_offer_id, basket))
    expect.equal(discount["status"].upper(), "LOCKED", what="status of the discount")
    for line in discount["discounted_line_ids"]:
        expect.one_of(str(line), ["0", "1"], what="discounted line, of the basket's lines")


@clause("LOCK-12", "LOCK-13", offers=["any"], requests=13)
def test_a_rival_is_refused_and_the_holder_can_still_redeem(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    locked = given.locked()
    held, basket = locked.user_offer, locked.transaction
    expect.refusal(api.lock(held.user_offer_id, api.transaction(user_id=held.customer.user_id)))
    with expect.clause("LOCK-13"):
        another = api.lock(held.user_offer_id, api.transaction(user_id=held.customer.user_id))
        expect.refusal(another, why="the first refusal has not let go of the lock")
    rival: dict[str, Any] = {"offer_lookup_code": held.user_offer_id, "offer_lookup_type": "userofferid"}
    for elsewhere in ("store_id", "client_id"):
        rival["transaction"] = api.transaction(user_id=held.customer.user_id)
        asked = api.send("lock", api.container(rival, **{elsewhere: api.fresh_id()}))
        expect.refusal(asked, why=f"a rival with another {elsewhere}")
    with expect.clause("LOCK-13"):
        again = expect.success(api.lock(held.user_offer_id, basket))
        closed = {**basket, "is_closed": "true", "discounts": [again]}
        expect.success(api.send_transaction(closed), kind=None)
        told = settle(lambda: state(api, expect, held), lambda said: tells(said, "redeem"))
        expect.that(tells(told, "redeem"), what="the holder's transaction redeems the offer", observed=told)


@clause("LOCK-14", offers=["any"], requests=8)
def test_a_redeemed_offer_cannot_be_locked(api: Api, given: Given, expect: Expect) -> None:
    used = given.redeemed()
    held = used.user_offer
    expect.refusal(api.lock(held.user_offer_id, api.transaction(user_id=held.customer.user_id)))
    expect.refusal(
        api.lock(held.user_offer_id, used.transaction), why="not for the transaction that redeemed it either"
    )


@clause("LOCK-15", offers=["any"], requests=5)
def test_a_revoked_offer_cannot_be_locked(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    if not is_success(api.revoke_offer(held.user_offer_id, reason="contract check")):
        expect.unknown("the offer could not be revoked")
    expect.refusal(api.lock(held.user_offer_id, api.transaction(user_id=held.customer.user_id)))


@clause("LOCK-16", requests=1)
def test_an_unknown_user_offer_cannot_be_locked(api: Api, expect: Expect) -> None:
    expect.refusal(api.lock(api.fresh_id(), api.transaction()))


@clause("LOCK-18", "LOCK-19", "LOCK-20", offers=["any"], requests=8)
def test_an_unlocked_offer_is_free_again(api: Api, given: Given, expect: Expect) -> None:
    held = given.locked().user_offer
    expect.success(api.unlock(held.user_offer_id), kind=None)
    shown = in_wallet(api, expect, held)
    expect.that(shown is not None, what="the unlocked offer is in the wallet")
    expect.equal(shown and shown["status"].upper(), "INFO", what="status of the unlocked offer")
    with expect.clause("LOCK-20"):
        expect.equal(state(api, expect, held).lower(), "issued", what="what the history calls the unlocked offer")
    with expect.clause("LOCK-19"):
        rival = api.transaction(user_id=held.customer.user_id)
        discount = expect.success(api.lock(held.user_offer_id, rival))
        expect.equal(discount["status"].upper(), "LOCKED", what="status of the discount for the other transaction")


@clause("LOCK-21", requests=1)
def test_unlocking_an_unknown_user_offer_is_refused(api: Api, expect: Expect) -> None:
    expect.refusal(api.unlock(api.fresh_id()))


@clause("LOCK-22", "LOCK-23", offers=["any"], requests=6)
def test_a_lock_needs_a_code_a_type_and_a_transaction(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    basket = api.transaction(user_id=held.customer.user_id)
    code = {"offer_lookup_code": held.user_offer_id}
    expect.refusal(api.send("lock", api.container({"offer_lookup_type": "userofferid", "transaction": basket})))
    unknown_type = {**code, "offer_lookup_type": "no_such_type", "transaction": basket}
    expect.refusal(api.send("lock", api.container(unknown_type)))
    with expect.clause("LOCK-23"):
        expect.refusal(api.send("lock", api.container({**code, "offer_lookup_type": "userofferid"})))


@clause("LOCK-24", offers=["any"], requests=4)
def test_transaction_id_and_items_are_enough(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    discount = expect.success(api.lock(held.user_offer_id, {"transaction_id": api.fresh_id(), "items": ELEVEN}))
    expect.equal(discount["status"].upper(), "LOCKED", what="status of the discount")


@clause("LOCK-37", offers=["any", "any"], requests=6)
def test_a_short_lived_code_locks_its_user_offer(api: Api, given: Given, expect: Expect) -> None:
    for kind in ("ttlcode", "TTLCode"):
        held = given.user_offer()
        basket = api.transaction(user_id=held.customer.user_id)
        discount = expect.success(api.lock(given.short_lived_code(held), basket, lookup_type=kind))
        expect.same_id(
            discount["reference_id"], held.user_offer_id, what="reference_id of a lock by a short-lived code"
        )


@clause("LOCK-41", "LOCK-25", offers=["any", "any"], together=True, requests=10)
def test_one_transaction_may_lock_two_offers_and_let_go_of_one(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    first = given.user_offer()
    pair = [first, given.user_offer(customer=first.customer)]
    basket = api.transaction(items=TWENTY, user_id=first.customer.user_id)
    locks = [api.lock(held.user_offer_id, basket) for held in pair]
    with expect.clause("LOCK-25"):
        for held, locked in zip(pair, locks, strict=True):
            discount = expect.success(locked)
            expect.same_id(discount["reference_id"], held.user_offer_id, what="reference_id of the discount", on=locked)
    if profile.can("unlock"):
        if not all(map(is_success, locks)):
            raise NotOffered("one transaction cannot lock two offers")
        if not is_success(api.unlock(first.user_offer_id)):
            expect.unknown("the offer could not be unlocked")
        rival = api.transaction(items=TWENTY, user_id=first.customer.user_id)
        expect.refusal(api.lock(pair[1].user_offer_id, rival), why="the other offer of the transaction is locked still")


@clause("LOCK-27", offers=["manual_fulfillment"], requests=4)
def test_a_manual_fulfillment_offer_can_be_locked(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer("manual_fulfillment")
    basket = api.transaction(items=ELEVEN, user_id=held.customer.user_id)
    discount = expect.success(api.lock(held.user_offer_id, basket))
    expect.equal(discount["status"].upper(), "LOCKED", what="status of the discount")


@clause("LOCK-30", offers=["any"], requests=4)
def test_what_unlocking_a_free_offer_answers(api: Api, given: Given, expect: Expect) -> None:
    asked = api.unlock(given.user_offer().user_offer_id)
    expect.observe("unlock of an offer that is not locked", "accepted" if is_success(asked) else "refused", on=asked)
    expect.that(True, what="an offer that is not locked was unlocked")


@clause("LOCK-31", offers=[FIVE_OFF_CHECK], requests=4)
def test_whether_a_discount_may_be_larger_than_the_basket(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer(FIVE_OFF_CHECK)
    asked = api.lock(held.user_offer_id, api.transaction(items=[ONE], user_id=held.customer.user_id))
    reading = f"amount {expect.at(asked, 'payload.amount')}" if is_success(asked) else "refused"
    expect.observe("$5 off a basket of 1.00", reading, on=asked)
    expect.that(True, what="$5 off was locked for a basket of 1.00")
