"""Points as the profile declares them, where the documents leave open how they are counted, split, shown and undone."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Customer, Expect, Given, NotOffered, Purchases, Settle, all_risen, clause
from offerproof.conformance.reading import balances, is_success, later, loyal_user, state, tells, wallet_ids
from offerproof.target import Profile

CHECK = "fixed_amount_check_discount"
TAX = Decimal("3.00")


@clause("DECL-8", requests=6)
def test_the_unenrolled_earn_as_declared(api: Api, expect: Expect, settle: Settle, profile: Profile) -> None:
    wanted = api.new_customer(opted_in=False)
    created = api.create_customer(wanted)
    if not is_success(created):
        expect.unknown("a customer is needed and could not be created")
    customer = Customer(expect.success(created)["id"], None, wanted["email"], None)
    level = loyal_user(api, expect, customer)["tier_details"]["tier_levels"][0]
    if level["tier_overview"]["rank"] > 0:
        raise NotOffered("nobody is unenrolled here")
    till = Purchases(api, expect, settle, customer)
    earned = till.risen(till.basket("100.00")).total > 0
    expect.equal(earned, profile.behaviour("enrolment.unenrolled_earn") == "yes", what="the unenrolled earn points")


@clause("DECL-11", offers=[CHECK], customers=1, requests=9)
def test_points_are_counted_on_the_declared_base(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    locked = given.locked(CHECK)
    items = sum((Decimal(str(line["subtotal"])) for line in locked.transaction["items"]), Decimal())
    paid = items - Decimal(str(locked.discount["amount"])) + TAX
    bases = {
        "items": items,
        "items_after_discounts": paid - TAX,
        "subtotal": items + TAX,  # with tax, as the till sends it in the documents' Lock
        "payments": paid,
    }
    payments = [{**locked.transaction["payments"][0], "amount": paid}]
    basket = {**locked.transaction, "is_closed": "true", "discounts": [locked.discount]}
    till = Purchases(api, expect, settle, locked.user_offer.customer)
    plain = Purchases(api, expect, settle, given.customer())
    of_the_base = plain.basket(f"{bases[str(profile.behaviour('points.base'))]:.2f}")
    taxed = {**basket, "subtotal": items + TAX, "tax_total": TAX, "payments": payments}
    risen, wanted = all_risen([(till, taxed), (plain, of_the_base)])
    what = "points of a purchase with tax and discount, beside a plain one of the declared base"
    expect.same_number(risen.total, wanted.total, what=what)


@clause("DECL-12", customers=4, requests=14)
def test_points_of_several_payers_are_split_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    first, second, alone, little = (Purchases(api, expect, settle, given.customer()) for _ in range(4))
    basket = first.basket("40.00")
    one = {**basket["payments"][0], "amount": Decimal(30)}
    other = {**one, "payment_id": api.fresh_id(), "amount": Decimal(10), "user_id": second.customer.user_id}
    had = second.points()
    shared = profile.behaviour("points.split") == "share"
    plain = [(alone, alone.basket("30.00" if shared else "40.00")), (little, little.basket("10.00"))]
    risen, whole, little_risen = all_risen([(first, {**basket, "payments": [one, other]}), *plain])
    seconds = second.points().beyond(had)
    part = little_risen.total if shared else Decimal(0)
    expect.same_number(risen.total, whole.total, what="points of who pays 30.00 of 40.00, and pays first")
    expect.same_number(seconds.total, part, what="points of who pays the other 10.00")


@clause("DECL-13", customers=1, requests=16)
def test_the_issue_rule_gives_its_offer_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    till = Purchases(api, expect, settle, given.customer())
    limit = Decimal(str(profile.behaviour("issue_rule.points")))
    if till.points().life_time:
        raise NotOffered("who has earned before may have had the rule's offer")
    before = set(wallet_ids(api, expect, till.customer))
    small = till.risen(till.basket("10.00"))
    earned = small.spendable + small.spendable_escrow
    if earned <= 0 or earned >= limit:
        raise NotOffered("a purchase of 10.00 says too little of this issue rule")
    fires = [1, 2 if profile.behaviour("issue_rule.fires") == "each time" else 1]

    def new_offers() -> int:
        return len(set(wallet_ids(api, expect, till.customer)) - before)

    for times, wanted in enumerate(fires, 1):
        missing = (limit * times - earned) / (small.spendable + small.spendable_escrow) * 10
        risen = till.risen(till.basket(f"{missing.to_integral_value(ROUND_CEILING):.2f}"))
        earned += risen.spendable + risen.spendable_escrow
        count = settle(new_offers, wanted.__eq__)
        expect.equal(count, wanted, what=f"offers given for points enough for {times}")


@clause("DECL-14", "DECL-15", "DECL-20", customers=1, requests=7)
def test_points_in_escrow_are_shown_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    till = Purchases(api, expect, settle, given.customer())
    risen = till.risen(till.basket("100.00"))
    user = till.user()
    now = balances(user)
    if profile.behaviour("available_points.formula"):
        with_escrow = profile.behaviour("available_points.formula") == "spendable and escrow"
        wanted = now.spendable + now.spendable_escrow if with_escrow else now.spendable
        expect.same_number(user["available_points"], wanted, what="available_points while points are in escrow")
    formulas = {
        "available_points": user["available_points"],
        "total_points": now.total,
        "life_time_points": now.life_time,
    }
    formula = str(profile.behaviour("lookup_points.formula"))
    with expect.clause("DECL-15"):
        if formula in formulas:
            shown = expect.success(api.lookup(user_id=till.customer.user_id), kind=list)[0]["points"]
            expect.same_number(shown, formulas[formula], what="points of Lookup while points are in escrow")
    with expect.clause("DECL-20"):
        expect.that(
            risen.total > 0, what="a purchase of 100.00 earns points", expected="more than 0", observed=risen.total
        )
        what = "rise of life_time_points by what was earned into escrow"
        expect.same_number(risen.life_time, risen.total, what=what)


@clause("DECL-17", offers=[CHECK, CHECK], requests=12)
def test_a_void_gives_offers_back_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    redeemed = given.redeemed(CHECK)
    closed = {**redeemed.transaction, "is_closed": "true", "discounts": [redeemed.discount]}
    back = profile.behaviour("send_transaction.voided_offers") == "given back"
    word = "issued" if back else "redeem"
    _void(api, expect, {**later(closed, 1), "is_voided": True})
    told = settle(lambda: state(api, expect, redeemed.user_offer), lambda said: tells(said, word))
    expect.that(tells(told, word), what="state of an offer whose redemption was voided", expected=word, observed=told)
    if back:
        held = given.locked(CHECK)
        opened = {**held.transaction, "is_closed": "false", "discounts": [held.discount]}
        _void(api, expect, opened)
        _void(api, expect, {**later(opened, 1), "is_voided": True})
        told = settle(lambda: state(api, expect, held.user_offer), lambda said: tells(said, "issued"))
        what = "state of an offer that a voided transaction held"
        expect.that(tells(told, "issued"), what=what, expected="issued", observed=told)


def _void(api: Api, expect: Expect, transaction: dict[str, Any]) -> None:
    if not is_success(api.send_transaction(transaction)):
        expect.unknown("the target did not take the transaction")
