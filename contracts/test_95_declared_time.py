"""What the profile declares of late returns and of the ends of months. Last of all, for it moves the target's clock."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from offerproof.client import Api
from offerproof.conformance import Bought, Expect, Given, NotOffered, Settle, Wait, buy_into_escrow, clause
from offerproof.conformance.reading import balances, history, instant, is_success, later, loyal_user, months_on
from offerproof.provisioning import plain_kind
from offerproof.target import Profile

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@clause("DECL-16", customers=1, requests=9)
def test_a_late_return_is_taken_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    customer = wait.customer(given.customer)

    def buy() -> Bought:
        return buy_into_escrow(api, expect, settle, wait, customer, "30.00", "20.00")

    bought = wait.once("bought 50.00", buy, Bought)
    late = bought.latest + profile.return_period + timedelta(seconds=1)
    wait.until(late, "a return takes points as the profile declares")
    ripe = settle(lambda: balances(loyal_user(api, expect, customer)), lambda now: not now.spendable_escrow)
    if ripe.spendable <= bought.had.spendable:
        expect.unknown("the purchase did not roll over")
    items = bought.basket["items"][:1]
    kept = api.transaction(items=items, user_id=customer.user_id)
    smaller = {name: kept[name] for name in ("items", "subtotal", "payments")}
    if not is_success(api.send_transaction({**later(bought.basket, 60), **smaller})):
        expect.unknown("the target did not take the return")
    taken = profile.behaviour("send_transaction.late_return") == "final account"
    now = settle(lambda: balances(loyal_user(api, expect, customer)), lambda seen: seen.total != ripe.total)
    if taken:
        rate = (ripe.spendable - bought.had.spendable) / Decimal(50)
        expect.same_number(
            ripe.spendable - now.spendable, 20 * rate, what="points taken by the return of 20.00 of 50.00"
        )
    else:
        expect.same_number(now.total, ripe.total, what="total_points after a return that is ignored")


@clause("DECL-4", customers=2, requests=45, level="full", needs=("clock",), period="redemption_window")
def test_a_validity_of_months_ends_on_the_day_it_began_or_with_the_month(
    api: Api, given: Given, expect: Expect, wait: Wait, profile: Profile
) -> None:
    customers, offers, issued = [given.customer() for _ in range(2)], dict[int, str](), dict[str, int]()
    for day, customer in zip((30, 31), customers, strict=True):  # days that not every month has
        coming = (wait.now().replace(hour=12) + ahead * DAY for ahead in range(1, 64))
        wait.until(next(one for one in coming if one.day == day), f"it is day {day} of a month")
        for months in range(1, 13):
            if months not in offers:
                validity = {"validity_unit": "months", "validity_period": months, "valid_after_end_date": True}
                created = api.create_offer(api.offer(plain_kind(profile), common_config=validity))
                if not is_success(created):
                    raise NotOffered("no validity in months is taken")
                offers[months] = expect.at(created, "payload.offer_id")
            entry = expect.success(api.issue_offer(customer.user_id, offers[months]))
            issued[entry["status_list"][0]["user_offer_id"].lower()] = months
    records = [row for customer in customers for row in history(api, expect, customer)]
    rows = {row["user_offer_id"].lower(): row for row in records}
    if not rows.keys() & issued.keys():
        expect.unknown("the history does not hold the offers that were issued")
    for code, months in ((code, months) for code, months in issued.items() if code in rows):  # its pages may be small
        starts, ends = (instant(rows[code][f"redemption_{end}_date"]) for end in ("start", "end"))
        lasts, allowed = ends - starts, months_on(starts, months)
        close = any(abs(lasts - one) <= SECOND for one in allowed)
        what = f"redemption window of {months} months from the day {starts.day} of month {starts.month}"
        expect.that(close, what=what, expected=f"one of {', '.join(map(str, allowed))}", observed=lasts)
