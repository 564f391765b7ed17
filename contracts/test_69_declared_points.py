"""Points as the profile declares them, where the documents leave open how they are counted, split, shown and undone."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Customer, Expect, Given, NotOffered, Purchases, Settle, all_risen, clause
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
from offerproof.exchange import Exchange
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


@clause("DECL-11", customers=3, requests=12, level="full")
def test_a_discount_without_an_amount_and_lines_without_subtotals_leave_the_base(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    plain, odd, bare = (Purchases(api, expect, settle, given.customer()) for _ in range(3))
    discounted = odd.basket("30.00", discounts=[{"display_name": "the till's own"}])
    had = odd.points()
    taken = api.send_transaction(discounted)
    short = bare.basket("10.00", "20.00")
    if profile.behaviour("requests.optional") == "absent or null":
        short["items"] = [{**line, "subtotal": api.LEFT_OUT} for line in short["items"]]
    wanted, of_short = all_risen([(plain, plain.basket("30.00")), (bare, short)])
    expect.same_number(of_short.total, wanted.total, what="points of lines without subtotals, beside those with them")
    if is_success(taken):  # whether a till may discount by itself is left open
        what = "points of a purchase with a discount that names no amount, beside a plain one"
        expect.same_number(odd.points().beyond(had).total, wanted.total, what=what)


@clause("DECL-12", customers=4, requests=17)
def test_points_of_several_payers_are_split_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    first, second, alone, little = (Purchases(api, expect, settle, given.customer()) for _ in range(4))
    shared = profile.behaviour("points.split") == "share"
    pair = _paid_by(first.basket("100.00"), ("99.00", first.customer.user_id), ("1.00", second.customer.user_id))
    had = second.points()
    plain = [(alone, alone.basket("99.00" if shared else "100.00")), (little, little.basket("1.00"))]
    risen, whole, one = all_risen([(first, pair), *plain])
    seconds = second.points().beyond(had)
    expect.same_number(
        risen.total, whole.total, what="points of who pays 99.00 of 100.00 and is named before the other"
    )
    expect.same_number(seconds.total, one.total if shared else Decimal(0), what="points of who pays the other 1.00")


@clause("DECL-56", "DECL-59", customers=3, requests=16)
def test_unknown_payers_and_parts_of_points_are_taken_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    half, whole, parts = (Purchases(api, expect, settle, given.customer()) for _ in range(3))
    unknown = _paid_by(half.basket("100.00"), ("60.00", half.customer.user_id), ("40.00", api.fresh_id()))
    had, parts_had = half.points(), parts.points()
    taken = api.send_transaction(unknown)
    parts.send(parts.basket("10.40"))
    hundred, _ = all_risen([(whole, whole.basket("100.00")), (parts, parts.basket("10.50"))])
    half_risen, of_parts = half.points().beyond(had), _to_spend(parts.points().beyond(parts_had))
    a_dollar_a_point = _to_spend(hundred) == 100
    with expect.clause("DECL-56"):
        if profile.behaviour("send_transaction.unknown_payer") == "refused":
            _nothing_came_of_it(expect, taken, half_risen.total)
        else:
            expect.success(taken, kind=None)
            part = {"share": 60, "first": 100}.get(str(profile.behaviour("points.split")))
            if a_dollar_a_point and part:
                what = "points of who pays 60.00 of 100.00, where nobody knows who pays the rest"
                expect.same_number(_to_spend(half_risen), part, what=what)
    with expect.clause("DECL-59"):
        rounded = {"down": 20, "half_up": 21, "up": 22}.get(str(profile.behaviour("points.rounding")))
        if a_dollar_a_point and rounded:  # else nobody knows what is rounded
            allowed = [Decimal(rounded), Decimal("20.90")]  # smaller parts of a point may count
            what = "points of a purchase of 10.40 and one of 10.50, at a point for a dollar"
            expect.one_of(of_parts, allowed, what=what)
        expect.that(True, what="purchases of 10.40 and of 10.50 were sent")


def _paid_by(basket: dict[str, Any], *payers: tuple[str, str]) -> dict[str, Any]:
    """The purchase with a payment for each payer: an amount, and who pays it."""
    payments = [
        {**basket["payments"][0], "payment_id": f"{basket['transaction_id']}-{place}", "amount": Decimal(amount)}
        | {"user_id": user_id}
        for place, (amount, user_id) in enumerate(payers)
    ]
    return {**basket, "payments": payments}


def _nothing_came_of_it(expect: Expect, sent: Exchange, points: Decimal) -> None:
    """What is refused is refused clearly; acknowledged before it is looked at, it must come to nothing."""
    if not is_success(sent):
        expect.refusal(sent)
    expect.same_number(points, 0, what="points by a transaction that was to be refused or ignored")


def _to_spend(risen: Balances) -> Decimal:
    return risen.spendable + risen.spendable_escrow


@clause("DECL-29", customers=1, requests=7)
def test_a_version_without_payments_keeps_its_payer(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    till = Purchases(api, expect, settle, given.customer())
    basket = till.basket("40.00", is_closed="false")
    till.send(basket)
    had = till.points()
    closed = {**later(basket), "payments": [], "is_closed": "true"}
    expect.success(api.send_transaction(closed), kind=None)
    now = till.until(lambda seen: seen.total > had.total)
    expect.that(now.total > had.total, what="points of who paid the open version, of a closed one without payers")


@clause("DECL-29", customers=2, requests=12, level="full")
def test_a_version_without_payments_keeps_both_its_payers(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    one, other = (Purchases(api, expect, settle, given.customer()) for _ in range(2))
    pair = _paid_by(one.basket("40.00"), ("30.00", one.customer.user_id), ("10.00", other.customer.user_id))
    one.send(pair)
    settle.out(one.points)
    then = [till.points() for till in (one, other)]
    expect.success(api.send_transaction({**later(pair), "payments": []}), kind=None)
    settle.out(one.points)
    gained = [till.points().beyond(before).total for till, before in zip((one, other), then, strict=True)]
    expect.equal(gained, [0, 0], what="points that a newer version without payments brings its two payers")


@clause("DECL-55", "DECL-57", "DECL-58", "DECL-66", customers=2, requests=17)
def test_versions_that_lag_or_are_open_are_taken_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    old, vague = (Purchases(api, expect, settle, given.customer()) for _ in range(2))
    closed, unsaid = old.basket("40.00"), vague.basket("40.00", is_closed=api.LEFT_OUT)
    earned, of_unsaid = (risen.total for risen in all_risen([(old, closed), (vague, unsaid)]))
    before = old.points()
    same_time = api.send_transaction({**closed, **_of(api, old, "90.00")})
    with expect.clause("DECL-66"):
        gained = settle.out(old.points).beyond(before).total
        _judge_late_version(expect, same_time, profile.behaviour("send_transaction.equal"), gained)
    before = old.points()
    older = api.send_transaction({**later(closed, -60), **_of(api, old, "90.00")})
    open_again = api.send_transaction({**later(closed), "is_closed": "false"})
    gained = settle.out(old.points).beyond(before).total
    with expect.clause("DECL-55"):
        _judge_late_version(expect, older, profile.behaviour("send_transaction.older"), max(gained, Decimal(0)))
    with expect.clause("DECL-58"):
        declared = profile.behaviour("send_transaction.reopen")
        taken_back = Decimal(0) if declared == "allowed" else min(gained, Decimal(0))
        _judge_late_version(expect, open_again, declared, taken_back)
    with expect.clause("DECL-57"):
        wanted = earned if profile.behaviour("send_transaction.is_closed_missing") == "closed" else Decimal(0)
        expect.same_number(of_unsaid, wanted, what="points of a transaction without is_closed")


def _judge_late_version(expect: Expect, sent: Exchange, declared: Any, points: Decimal) -> None:
    if declared != "refused":
        expect.success(sent, kind=None)
    _nothing_came_of_it(expect, sent, points)


def _of(api: Api, till: Purchases, price: str) -> dict[str, Any]:
    """What another content changes in a version of a transaction."""
    basket = api.transaction(items=api.items(price), user_id=till.customer.user_id)
    return {name: basket[name] for name in ("items", "subtotal", "payments")}


@clause("DECL-13", customers=1, requests=16)
def test_the_issue_rule_gives_its_offer_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    till, limit, before = _new_to_the_rule(api, given, expect, settle, profile)
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


def _new_to_the_rule(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> tuple[Purchases, Decimal, set[str]]:
    """Somebody who never earned, how many points the rule asks for, and what is in the wallet before."""
    till = Purchases(api, expect, settle, given.customer())
    if till.points().life_time:
        raise NotOffered("who has earned before may have had the rule's offer")
    limit = Decimal(str(profile.behaviour("issue_rule.points")))
    return till, limit, set(wallet_ids(api, expect, till.customer))


@clause("DECL-67", customers=1, requests=20, level="full")
def test_what_comes_back_does_not_count_for_the_issue_rule(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    till, limit, before = _new_to_the_rule(api, given, expect, settle, profile)
    tenth = _to_spend(till.earned("10.00"))
    if tenth <= 0 or tenth >= limit / 4:
        raise NotOffered("a purchase of 10.00 says too little of this issue rule")

    def price(part: str) -> str:
        return f"{limit * Decimal(part) / tenth * 10:.2f}"

    kept, more = price("0.1"), price("0.6")
    bought = till.basket(kept, more)
    till.risen(bought)
    smaller = till.basket(kept, transaction_id=bought["transaction_id"], modified_time=later(bought)["modified_time"])
    returned = -_to_spend(till.risen(smaller))
    if abs(returned - limit * Decimal("0.6")) > 1:
        expect.unknown("the return did not take the points back")
    till.risen(till.basket(more))
    given_too_early = set(settle.out(lambda: wallet_ids(api, expect, till.customer))) - before
    expect.equal(len(given_too_early), 0, what="offers for points of which too many were returned")
    till.risen(till.basket(more))
    given_now = settle(lambda: set(wallet_ids(api, expect, till.customer)) - before, bool)
    expect.equal(len(given_now), 1, what="offers for points enough for one, net of what was returned")


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


@clause("DECL-17", customers=1, requests=9, needs=("create_offer", "issue"), level="full")
def test_a_void_of_an_offer_without_an_end_is_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    ever = given.issued(given.offer(CHECK, common_config={"does_not_expire": True}), given.customer())
    word = "issued" if profile.behaviour("send_transaction.voided_offers") == "given back" else "redeem"
    basket = api.transaction(user_id=ever.customer.user_id)
    discount = expect.success(api.lock(ever.user_offer_id, basket))
    used = {**basket, "is_closed": "true", "discounts": [discount]}
    expect.success(api.send_transaction(used), kind=None)
    expect.success(api.send_transaction({**later(used, 1), "is_voided": True}), kind=None)
    told = settle(lambda: state(api, expect, ever), lambda said: tells(said, word))
    what = "state of an offer without an end whose redemption was voided"
    expect.that(tells(told, word), what=what, expected=word, observed=told)


@clause("DECL-17", offers=[CHECK], requests=14, needs=("reinstate",), level="full")
def test_a_void_leaves_what_another_transaction_has_redeemed_since(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    redeemed = given.redeemed(CHECK)
    held = redeemed.user_offer
    if not is_success(api.reinstate(held.user_offer_id)):
        expect.unknown("the offer could not be reinstated")
    second = api.transaction(user_id=held.customer.user_id)
    locked = api.lock(held.user_offer_id, second)
    if not is_success(locked):
        expect.unknown("the reinstated offer could not be locked again")
    used = {**second, "is_closed": "true", "discounts": [expect.success(locked)]}
    if not is_success(api.send_transaction(used)):
        expect.unknown("the target did not take the second transaction")
    if not settle(lambda: tells(state(api, expect, held), "redeem"), bool):
        expect.unknown("the second transaction did not redeem the offer")
    first = {**redeemed.transaction, "is_closed": "true", "discounts": [redeemed.discount]}
    _void(api, expect, {**later(first, 1), "is_voided": True})
    told = settle(lambda: state(api, expect, held), lambda said: not tells(said, "redeem"))
    what = "state of an offer that another transaction redeemed, when the first one is voided"
    expect.that(tells(told, "redeem"), what=what, expected="redeemed", observed=told)


def _void(api: Api, expect: Expect, transaction: dict[str, Any]) -> None:
    if not is_success(api.send_transaction(transaction)):
        expect.unknown("the target did not take the transaction")
