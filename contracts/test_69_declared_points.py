"""Points as the profile declares them, where the documents leave open how they are counted, split, shown and undone."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Customer, Expect, Given, NotOffered, Settle, clause
from offerproof.conformance.reading import (
    Balances,
    balances,
    is_success,
    later,
    loyal_user,
    state,
    tells,
    wallet_ids,
)
from offerproof.target import Profile

CHECK = "fixed_amount_check_discount"
TAX = Decimal("3.00")


class _Purse:
    """One customer's purchases, and how the balances rise by them."""

    def __init__(self, api: Api, expect: Expect, settle: Settle, customer: Customer) -> None:
        self.api, self.expect, self.settle, self.customer = api, expect, settle, customer

    def balances(self) -> Balances:
        return balances(loyal_user(self.api, self.expect, self.customer))

    def buy(self, amount: str) -> dict[str, Any]:
        """A closed purchase of one item, without tax."""
        items = self.api.items(amount)
        return self.api.transaction(items=items, user_id=self.customer.user_id, is_closed="true")

    def risen(self, basket: dict[str, Any]) -> Balances:
        """Send a transaction; how the balances have risen when the settle time is over."""
        had = self.balances()
        if not is_success(self.api.send_transaction(basket)):
            self.expect.unknown("the target did not take the purchase")
        return self.settle.out(self.balances).beyond(had)


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
    purse = _Purse(api, expect, settle, customer)
    earned = purse.risen(purse.buy("100.00")).total > 0
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
    purse = _Purse(api, expect, settle, locked.user_offer.customer)
    risen = purse.risen({**basket, "subtotal": items + TAX, "tax_total": TAX, "payments": payments})
    plain = _Purse(api, expect, settle, given.customer())
    wanted = plain.risen(plain.buy(f"{bases[str(profile.behaviour('points.base'))]:.2f}"))
    what = "points of a purchase with tax and discount, beside a plain one of the declared base"
    expect.same_number(risen.total, wanted.total, what=what)


@clause("DECL-12", customers=4, requests=14)
def test_points_of_several_payers_are_split_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    first, second, alone, little = (_Purse(api, expect, settle, given.customer()) for _ in range(4))
    basket = first.buy("40.00")
    one = {**basket["payments"][0], "amount": Decimal(30)}
    other = {**one, "payment_id": api.fresh_id(), "amount": Decimal(10), "user_id": second.customer.user_id}
    had = second.balances()
    risen = first.risen({**basket, "payments": [one, other]})
    seconds = second.balances().beyond(had)
    shared = profile.behaviour("points.split") == "share"
    whole = alone.risen(alone.buy("30.00" if shared else "40.00"))
    part = little.risen(little.buy("10.00")).total if shared else Decimal(0)
    expect.same_number(risen.total, whole.total, what="points of who pays 30.00 of 40.00, and pays first")
    expect.same_number(seconds.total, part, what="points of who pays the other 10.00")


@clause("DECL-13", customers=1, requests=16)
def test_the_issue_rule_gives_its_offer_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    purse = _Purse(api, expect, settle, given.customer())
    limit = Decimal(str(profile.behaviour("issue_rule.points")))
    before = set(wallet_ids(api, expect, purse.customer))
    small = purse.risen(purse.buy("10.00"))
    earned = small.spendable + small.spendable_escrow
    if earned <= 0 or earned >= limit:
        raise NotOffered("a purchase of 10.00 says too little of this issue rule")
    fires = [1, 2 if profile.behaviour("issue_rule.fires") == "each time" else 1]

    def new_offers() -> int:
        return len(set(wallet_ids(api, expect, purse.customer)) - before)

    for times, wanted in enumerate(fires, 1):
        missing = (limit * times - earned) / (small.spendable + small.spendable_escrow) * 10
        risen = purse.risen(purse.buy(f"{missing.to_integral_value(ROUND_CEILING):.2f}"))
        earned += risen.spendable + risen.spendable_escrow
        count = settle(new_offers, wanted.__eq__)
        expect.equal(count, wanted, what=f"offers given for points enough for {times}")


@clause("DECL-14", customers=1, requests=5)
def test_available_points_follow_the_declared_formula(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    purse = _Purse(api, expect, settle, given.customer())
    purse.risen(purse.buy("100.00"))
    now = purse.balances()
    with_escrow = profile.behaviour("available_points.formula") == "spendable and escrow"
    wanted = now.spendable + now.spendable_escrow if with_escrow else now.spendable
    shown = loyal_user(api, expect, purse.customer)["available_points"]
    expect.same_number(shown, wanted, what="available_points while points are in escrow")


@clause("DECL-15", customers=1, requests=6)
def test_lookup_shows_the_declared_points(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    purse = _Purse(api, expect, settle, given.customer())
    purse.risen(purse.buy("100.00"))
    user, now = loyal_user(api, expect, purse.customer), purse.balances()
    formulas = {
        "available_points": user["available_points"],
        "total_points": now.total,
        "life_time_points": now.life_time,
    }
    shown = expect.success(api.lookup(user_id=purse.customer.user_id), kind=list)[0]["points"]
    wanted = formulas[str(profile.behaviour("lookup_points.formula"))]
    expect.same_number(shown, wanted, what="points of Lookup while points are in escrow")


@clause("DECL-20", customers=1, requests=4)
def test_what_is_earned_rises_the_lifetime_value(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    purse = _Purse(api, expect, settle, given.customer())
    risen = purse.risen(purse.buy("100.00"))
    expect.that(risen.total > 0, what="a purchase of 100.00 earns points")
    expect.same_number(risen.life_time, risen.total, what="rise of life_time_points by what was earned into escrow")


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
