"""Points: earned into escrow, taken back by returns, never earned twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Expect, Given, NotOffered, Purchases, Settle, all_risen, clause
from offerproof.conformance.reading import Balances, instant, is_success, later, level_of, wallet_ids
from offerproof.target import Profile

FIVE_OFF_CHECK = "fixed_amount_check_discount"


@clause("POINTS-1", "POINTS-2", "POINTS-9", "POINTS-10", customers=1, requests=6)
def test_a_purchase_fills_both_escrow_accounts(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    risen = Purchases(api, expect, settle, given.customer()).earned("60.00", "40.00")
    seen, more = risen.spendable_escrow, "more than before"
    expect.that(seen > 0, what="points arrive in the spendable escrow", expected=more, observed=f"{seen} more")
    seen = risen.tier_escrow
    expect.that(seen > 0, what="points arrive in the tier-qualifying escrow", expected=more, observed=f"{seen} more")
    with expect.clause("POINTS-2"):
        expect.same_number(risen.spendable, 0, what="rise of the spendable balance right after the purchase")
        expect.same_number(risen.tier, 0, what="rise of the tier-qualifying balance right after the purchase")
    with expect.clause("POINTS-9"):
        both = "points earned into the tier-qualifying escrow beside those earned into the spendable escrow"
        expect.same_number(risen.tier_escrow, risen.spendable_escrow, what=both)
    with expect.clause("POINTS-10"):
        expect.same_number(risen.life_time, risen.total, what="rise of life_time_points beside that of total_points")


@clause("POINTS-3", "POINTS-4", "POINTS-16", "POINTS-28", customers=2, requests=12)
def test_a_return_takes_the_points_out_of_both_escrows(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    till, control = (Purchases(api, expect, settle, given.customer()) for _ in range(2))
    alone = control.earned("30.00")
    basket = till.basket("30.00", "20.00")
    had = till.points()
    till.send(basket)
    bought = till.until(lambda now: now.beyond(had).total > alone.total)
    stood = till.user()
    newer = later(basket, 1)["modified_time"]
    till.send(till.basket("30.00", transaction_id=basket["transaction_id"], modified_time=newer))
    wanted = (alone.spendable_escrow, alone.tier_escrow)
    now = till.until(lambda seen: (seen.beyond(had).spendable_escrow, seen.beyond(had).tier_escrow) == wanted)
    left = now.beyond(had)
    expect.same_number(left.spendable_escrow, alone.spendable_escrow, what="spendable escrow: as if 30.00 was bought")
    expect.same_number(left.tier_escrow, alone.tier_escrow, what="tier-qualifying escrow: as if 30.00 was bought")
    with expect.clause("POINTS-4"):
        stands = till.user()
        expect.equal(stands.get("tier"), stood.get("tier"), what="tier after the return")
    with expect.clause("POINTS-28"):
        if "tier" not in stood or stands.get("tier") != stood["tier"]:
            expect.unknown("the customer did not stay in one tier")
        since, now_since = level_of(stood).get("join_date"), level_of(stands).get("join_date")
        expect.equal(now_since, since, what="join_date of the tier after a purchase and its return")
    with expect.clause("POINTS-16"):
        lowered = now.life_time < bought.life_time
        expect.observe("life_time_points after a return", "lowered" if lowered else "kept")
        expect.that(True, what="a part was returned")


@clause(
    *(
        "POINTS-5",
        "POINTS-6",
        "POINTS-13",
        "POINTS-22",
        "POINTS-23",
        "POINTS-24",
        "POINTS-25",
        "POINTS-26",
        "POINTS-27",
    ),
    customers=8,
    requests=38,
)
def test_sending_again_replaces_and_never_adds(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    till, control, *others = (Purchases(api, expect, settle, given.customer()) for _ in range(8))
    before = [other.points() for other in others]
    sent = _odd_purchases(api, others, profile)
    taken = [all(is_success(api.send_transaction(version)) for version in versions) for versions in sent]
    alone = control.earned("100.00")
    with expect.clause("POINTS-13"):
        expect.observe("points for a spend of 100.00", str(_spendable(alone)))
        expect.that(True, what="100.00 was spent")
    risen = [_spendable(other.points().beyond(had)) for other, had in zip(others, before, strict=True)]
    _judge_odd_purchases(expect, taken, _spendable(alone), risen, of_yesterday=bool(sent[4]))
    basket = till.basket("25.00")
    had = till.points()
    till.send(basket)
    till.until(lambda now: now.total != had.total)
    newer = later(basket, 1)["modified_time"]
    whole = till.basket("25.00", "75.00", transaction_id=basket["transaction_id"], modified_time=newer)
    with expect.clause("POINTS-6"):
        till.send(whole)
        now = till.until(lambda seen: seen.beyond(had).total == alone.total)
        expect.same_number(now.beyond(had).total, alone.total, what="total_points: as if 100.00 was bought at once")
    once = settle.out(till.points)
    api.send_transaction(whole)
    twice = till.until(lambda now: now.total != once.total)
    expect.same_number(twice.total, once.total, what="total_points after sending the same again")


def _odd_purchases(api: Api, buyers: list[Purchases], profile: Profile) -> list[list[dict[str, Any]]]:
    """Purchases of 100.00, each in the versions that are sent: one that two pay, one priced with three decimals, one
    with a line that modifies another; then one of 100000.00, and one in two versions of yesterday."""
    first, second, weighing, modifying, large, early = buyers
    shared = first.basket("100.00")
    one = {**shared["payments"][0], "amount": "60.00"}
    other = {**one, "payment_id": api.fresh_id(), "amount": "40.00", "user_id": second.customer.user_id}
    many = {"line_id": "1", "item_id": "1", "quantity": "800", "unit_price": "0.125", "subtotal": "100.00"}
    weighed = api.transaction(items=[many], user_id=weighing.customer.user_id, is_closed="true")
    day = f"{api.now() - timedelta(days=1):%Y-%m-%d}"
    morning = early.basket("20.00", open_time=f"{day} 9:20:00.000", modified_time=f"{day} 9:30:00.000")
    kept = {name: morning[name] for name in ("transaction_id", "open_time")}
    forenoon = early.basket("20.00", "80.00", modified_time=f"{day} 10:30:00.000", **kept)
    modified = modifying.basket("90.00", "10.00")
    modified["items"][1]["modifies_line_id"] = modified["items"][0]["line_id"]
    versions = [morning, forenoon] if profile.return_period > timedelta(days=2) else []
    return [[{**shared, "payments": [one, other]}], [weighed], [modified], [large.basket("100000.00")], versions]


def _judge_odd_purchases(
    expect: Expect, taken: list[bool], whole: Decimal, risen: list[Decimal], *, of_yesterday: bool
) -> None:
    """Whether each was taken is left open, but for what the documents print."""
    first, second, by_weight, with_modifier, much, newer = risen
    together = first + second
    with expect.clause("POINTS-22"):
        expect.that(whole > 0, what="a purchase of 100.00 earns", expected="more than 0", observed=whole)
        if taken[0]:  # less than a point may be lost by rounding for each of them
            what = "points of two who share the payment of 100.00, beside those of who pays it alone"
            expect.that(together > whole - 2, what=what, expected=f"about {whole}, or more", observed=together)
    with expect.clause("POINTS-24"):
        if taken[0]:
            what = "points of two who share the payment of 100.00: each for a part"
            expect.that(together < 2 * whole, what=what, expected=f"less than {2 * whole}", observed=together)
        expect.that(True, what="a purchase that two pay was sent")
    with expect.clause("POINTS-23"):
        if taken[1]:
            expect.same_number(by_weight, whole, what="points of 800 at 0.125 beside those of 100.00")
        expect.that(True, what="a price with three decimals was sent")
    with expect.clause("POINTS-25"):
        if not of_yesterday:
            raise NotOffered("the return period is short: what was opened yesterday has left it")
        expect.that(taken[4], what="versions of 9:30 and of 10:30 are taken", expected="a success")
        expect.same_number(newer, whole, what="points of 100.00, of which the version of 10:30 has 80.00 more")
    with expect.clause("POINTS-26"):
        expect.that(taken[2], what="a line that modifies another is taken", expected="a success")
        expect.same_number(with_modifier, whole, what="points of 90.00 and a line of 10.00 that modifies it")
    with expect.clause("POINTS-27"):
        if taken[3]:  # what else a purchase of a kind brings is no part of it
            what = "points of 100000.00 beside those of 100.00"
            expect.that(much > 500 * whole, what=what, expected=f"about {1000 * whole}", observed=much)
        expect.that(True, what="a large purchase was sent")


@clause("POINTS-29", customers=2, requests=14)
def test_each_newer_version_replaces_the_one_before(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    till, control = (Purchases(api, expect, settle, given.customer()) for _ in range(2))
    alone = control.earned("30.00")
    had, basket = till.points(), till.basket("30.00", "20.00", "10.00")
    till.send(basket)
    till.until(lambda now: now.beyond(had).total > alone.total)
    kept = {name: basket[name] for name in ("transaction_id", "open_time")}
    for ahead, prices in ((1, ("30.00", "20.00")), (2, ("30.00",))):
        newer = api.moment(instant(basket["modified_time"]) + timedelta(milliseconds=ahead))
        till.send(till.basket(*prices, modified_time=newer, **kept))
    now = till.until(lambda seen: seen.beyond(had).total == alone.total)
    what = "total_points after two returns, of 10.00 and of 20.00, each a thousandth of a second newer: as for 30.00"
    expect.same_number(now.beyond(had).total, alone.total, what=what)


@clause("POINTS-7", "POINTS-8", "POINTS-10", level="full", customers=2, requests=16)
def test_points_add_up(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    till, control = (Purchases(api, expect, settle, given.customer()) for _ in range(2))
    nothing, together = all_risen([(till, till.basket("0.00")), (control, control.basket("100.00"))])
    expect.same_number(nothing.total, 0, what="rise of total_points by a purchase of 0.00")
    with expect.clause("POINTS-8"):
        first, second = till.earned("40.00"), till.earned("60.00")
        singly = _spendable(first) + _spendable(second)
        expect.same_number(singly, _spendable(together), what="points of 40.00 and of 60.00 beside those of 100.00")
    with expect.clause("POINTS-10"):
        what = "rise of life_time_points by a second purchase, beside that of total_points"
        expect.same_number(second.life_time, second.total, what=what)


def _spendable(risen: Balances) -> Decimal:
    """What was earned to spend, now or after the return period; other accounts may count visits, or anything else."""
    return risen.spendable + risen.spendable_escrow


@clause("POINTS-18", customers=2, requests=8)
def test_twelve_lines_earn_what_one_line_of_their_sum_earns(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    many, one = (Purchases(api, expect, settle, given.customer()) for _ in range(2))
    twelve = many.basket(*["10.00"] * 12)
    for line in twelve["items"]:
        line["item_id"] = "2"  # of one item, as both lines of the printed basket are
    baskets = [(one, one.basket("120.00")), (many, twelve)]
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
    expect.that(wanted > 0, what="a purchase of 30.00 earns", expected="more than 0", observed=wanted)
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
    baskets[1][1]["items"][0] |= dict.fromkeys(("unit_price", "subtotal"), "2700.00")  # a text, as it is printed
    lines, one, wanted, risen = map(_spendable, all_risen([*baskets, (till, basket)]))
    expect.same_number(risen, wanted, what="points of three of an item beside their sum")
    about = f"about {lines}"  # what is less than a point may be rounded, line by line
    expect.that(abs(one - lines) <= 3, what="points of one line of 2700.00 beside three", expected=about, observed=one)


@clause("POINTS-30", "POINTS-11", "POINTS-12", customers=2, requests=16)
def test_only_closed_purchases_count_and_a_void_takes_back(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    till, control = (Purchases(api, expect, settle, given.customer()) for _ in range(2))
    alone, had = control.earned("80.00"), till.points()
    opened = till.basket("80.00", is_closed="false")
    closed = {**later(opened, 1), "is_closed": "true"}
    till.send(opened)
    with expect.clause("POINTS-11"):
        now = till.until(lambda seen: seen.total != had.total)
        expect.same_number(now.total, had.total, what="total_points while the transaction is open")
    till.send(closed)
    with expect.clause("POINTS-30"):
        now = till.until(lambda seen: seen.beyond(had).total == alone.total)
        what = "points of a purchase sent open and then closed, beside one sent closed"
        expect.same_number(now.beyond(had).total, alone.total, what=what)
    with expect.clause("POINTS-12"):
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
    expect.that(
        risen.total > 0, what="points of a payer named by External_ID", expected="more than 0", observed=risen.total
    )
