"""Points: earned into escrow, taken back by returns, never earned twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Expect, Given, Purchases, Settle, all_risen, clause
from offerproof.conformance.reading import Balances, is_success, later, wallet_ids

FIVE_OFF_CHECK = "fixed_amount_check_discount"


@clause("POINTS-1", "POINTS-2", "POINTS-9", "POINTS-10", customers=1, requests=6)
def test_a_purchase_fills_both_escrow_accounts(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    risen = Purchases(api, expect, settle, given.customer()).earned("60.00", "40.00")
    expect.that(risen.spendable_escrow > 0, what="points arrive in the spendable escrow")
    expect.that(risen.tier_escrow > 0, what="points arrive in the tier-qualifying escrow")
    with expect.clause("POINTS-2"):
        expect.same_number(risen.spendable, 0, what="rise of the spendable balance right after the purchase")
        expect.same_number(risen.tier, 0, what="rise of the tier-qualifying balance right after the purchase")
    with expect.clause("POINTS-9"):
        both = "points earned into the tier-qualifying escrow beside those earned into the spendable escrow"
        expect.same_number(risen.tier_escrow, risen.spendable_escrow, what=both)
    with expect.clause("POINTS-10"):
        expect.same_number(risen.life_time, risen.total, what="rise of life_time_points beside that of total_points")


@clause("POINTS-13", customers=1, requests=6)
def test_how_many_points_a_hundred_earns(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    risen = Purchases(api, expect, settle, given.customer()).earned("100.00")
    expect.observe("points for a spend of 100.00", str(risen.spendable + risen.spendable_escrow))
    expect.that(True, what="100.00 was spent")


@clause("POINTS-3", "POINTS-4", "POINTS-16", customers=2, requests=12)
def test_a_return_takes_the_points_out_of_both_escrows(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    till, control = (Purchases(api, expect, settle, given.customer()) for _ in range(2))
    alone = control.earned("30.00")
    basket = till.basket("30.00", "20.00")
    had = till.points()
    till.send(basket)
    bought = till.until(lambda now: now.beyond(had).total > alone.total)
    tier = till.user().get("tier")
    newer = later(basket, 1)["modified_time"]
    till.send(till.basket("30.00", transaction_id=basket["transaction_id"], modified_time=newer))
    wanted = (alone.spendable_escrow, alone.tier_escrow)
    now = till.until(lambda seen: (seen.beyond(had).spendable_escrow, seen.beyond(had).tier_escrow) == wanted)
    left = now.beyond(had)
    expect.same_number(left.spendable_escrow, alone.spendable_escrow, what="spendable escrow: as if 30.00 was bought")
    expect.same_number(left.tier_escrow, alone.tier_escrow, what="tier-qualifying escrow: as if 30.00 was bought")
    with expect.clause("POINTS-4"):
        expect.equal(till.user().get("tier"), tier, what="tier after the return")
    with expect.clause("POINTS-16"):
        lowered = now.life_time < bought.life_time
        expect.observe("life_time_points after a return", "lowered" if lowered else "kept")
        expect.that(True, what="a part was returned")


@clause("POINTS-5", "POINTS-6", customers=2, requests=14)
def test_sending_again_replaces_and_never_adds(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    till, control = (Purchases(api, expect, settle, given.customer()) for _ in range(2))
    alone = control.earned("75.00")
    basket = till.basket("25.00")
    had = till.points()
    till.send(basket)
    till.until(lambda now: now.total != had.total)
    newer = later(basket, 1)["modified_time"]
    whole = till.basket("25.00", "50.00", transaction_id=basket["transaction_id"], modified_time=newer)
    with expect.clause("POINTS-6"):
        till.send(whole)
        now = till.until(lambda seen: seen.beyond(had).total == alone.total)
        expect.same_number(now.beyond(had).total, alone.total, what="total_points: as if 75.00 was bought at once")
    once = settle.out(till.points)
    api.send_transaction(whole)
    twice = till.until(lambda now: now.total != once.total)
    expect.same_number(twice.total, once.total, what="total_points after sending the same again")


@clause("POINTS-7", "POINTS-8", customers=2, requests=16)
def test_points_add_up(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    till, control = (Purchases(api, expect, settle, given.customer()) for _ in range(2))
    nothing, together = all_risen([(till, till.basket("0.00")), (control, control.basket("100.00"))])
    expect.same_number(nothing.total, 0, what="rise of total_points by a purchase of 0.00")
    with expect.clause("POINTS-8"):
        singly = _spendable(till.earned("40.00")) + _spendable(till.earned("60.00"))
        expect.same_number(singly, _spendable(together), what="points of 40.00 and of 60.00 beside those of 100.00")


def _spendable(risen: Balances) -> Decimal:
    """What was earned to spend, now or after the return period; other accounts may count visits, or anything else."""
    return risen.spendable + risen.spendable_escrow


@clause("POINTS-18", customers=2, requests=8)
def test_twelve_lines_earn_what_one_line_of_their_sum_earns(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    many, one = (Purchases(api, expect, settle, given.customer()) for _ in range(2))
    baskets = [(one, one.basket("120.00")), (many, many.basket(*["10.00"] * 12))]
    of_one, of_many = map(_spendable, all_risen(baskets))
    expect.same_number(of_many, of_one, what="points of twelve lines beside those of one")


@clause("POINTS-20", customers=4, requests=18)
def test_a_purchase_earns_the_same_however_its_numbers_are_written(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    tills = [Purchases(api, expect, settle, given.customer()) for _ in range(4)]
    plain, point_first, short, numbers = (till.basket("0.50", "29.50") for till in tills)
    lines: dict[int, tuple[Any, Any]] = {1: (".50", "29.50"), 2: ("0.5", "29.5"), 3: (0.5, 29.5)}
    for place, basket in ((1, point_first), (2, short), (3, numbers)):
        for line, price in zip(basket["items"], lines[place], strict=True):
            line |= {"unit_price": price, "subtotal": price} | ({"quantity": 1} if place == 3 else {})
    numbers |= {"subtotal": 30}
    bought = zip(tills[:3], (plain, point_first, short), strict=True)
    wanted, *others = map(_spendable, all_risen(list(bought)))
    expect.that(wanted > 0, what="a purchase of 30.00 earns", observed=wanted)
    for risen, words in zip(others, (".50", "29.5"), strict=True):
        expect.same_number(risen, wanted, what=f"points of a purchase with a price written as {words}")
    had = tills[3].points()
    if is_success(api.send_transaction(numbers)):  # or REDEEM-7 rules on JSON values
        risen = _spendable(tills[3].until(lambda now: _spendable(now.beyond(had)) == wanted).beyond(had))
        expect.same_number(risen, wanted, what="points of a purchase with prices written as JSON numbers")


@clause("POINTS-21", customers=4, requests=18)
def test_three_of_an_item_earn_what_their_sum_earns(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    three = {"line_id": "1", "item_id": "1", "quantity": "3", "unit_price": "10.00", "subtotal": "30.00"}
    till, control, large, small = (Purchases(api, expect, settle, given.customer()) for _ in range(4))
    basket = api.transaction(items=[three], user_id=till.customer.user_id, is_closed="true")
    beside = [(small, "900.00 900.00 900.00"), (large, "2700.00"), (control, "30.00")]
    baskets = [(buyer, buyer.basket(*prices.split())) for buyer, prices in beside]
    lines, one, wanted, risen = map(_spendable, all_risen([*baskets, (till, basket)]))
    expect.same_number(risen, wanted, what="points of three of an item beside their sum")
    about = f"about {lines}"  # what is less than a point may be rounded, line by line
    expect.that(abs(one - lines) <= 3, what="points of one line of 2700.00 beside three", expected=about, observed=one)


@clause("POINTS-11", "POINTS-12", customers=1, requests=12)
def test_only_closed_purchases_count_and_a_void_takes_back(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    till = Purchases(api, expect, settle, given.customer())
    had = till.points()
    opened = till.basket("80.00", is_closed="false")
    till.send(opened)
    now = till.until(lambda seen: seen.total != had.total)
    expect.same_number(now.total, had.total, what="total_points while the transaction is open")
    with expect.clause("POINTS-12"):
        closed = {**later(opened, 1), "is_closed": "true"}
        till.send(closed)
        till.until(lambda seen: seen.total != had.total)
        till.send({**later(closed, 2), "is_voided": True})
        now = till.until(lambda seen: seen.total == had.total)
        expect.same_number(now.total, had.total, what="total_points after the void")


@clause("POINTS-14", offers=[FIVE_OFF_CHECK], customers=1, requests=14)
def test_whether_a_discount_lowers_the_points(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    control = Purchases(api, expect, settle, given.customer())
    locked = given.locked(FIVE_OFF_CHECK)
    till = Purchases(api, expect, settle, locked.user_offer.customer)
    amount = str(sum(Decimal(str(line["subtotal"])) for line in locked.transaction["items"]))
    full = control.earned(amount)
    had = till.points()
    till.send({**locked.transaction, "is_closed": "true", "discounts": [locked.discount]})
    now = till.until(lambda seen: seen.total != had.total)
    lowered = now.beyond(had).total < full.total
    expect.observe("points of a discounted purchase", "on what was paid" if lowered else "on the full price")
    expect.that(True, what="a discounted purchase was sent")


@clause("POINTS-15", customers=1, requests=8)
def test_whether_two_hundred_points_issue_an_offer(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    till = Purchases(api, expect, settle, given.customer())
    before = set(wallet_ids(api, expect, till.customer))
    risen = till.earned("205.00")
    issued = settle(lambda: set(wallet_ids(api, expect, till.customer)) - before, bool)
    reading = f"{len(issued)} offers after {risen.spendable + risen.spendable_escrow} points"
    expect.observe("the issue rule", reading)
    expect.that(True, what="205.00 was spent")


@clause("POINTS-17", customers=1, requests=6)
def test_a_payer_named_by_an_external_id_earns(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    till = Purchases(api, expect, settle, given.customer())
    if not till.customer.external_id:
        expect.unknown("no customer whose external id is known")
    basket, had = till.basket("50.00"), till.points()
    basket["payments"][0] |= {"user_id": till.customer.external_id, "user_id_type": "External_ID"}
    till.send(basket)
    risen = till.until(lambda now: now.total != had.total).beyond(had)
    expect.that(risen.total > 0, what="points of a payer named by External_ID", observed=risen.total)
