"""What the profile declares of a return after the return period. Last of all, for it moves the target's clock."""

from __future__ import annotations

from decimal import Decimal

from offerproof.client import Api
from offerproof.conformance import Clock, Expect, Given, Settle, clause
from offerproof.conformance.reading import balances, is_success, later, loyal_user
from offerproof.target import Profile

MONTH_S = 30 * 24 * 3600


@clause("DECL-16", customers=1, requests=9)
def test_a_late_return_is_taken_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, clock: Clock, profile: Profile
) -> None:
    customer = given.customer()
    items = api.items("30.00", "20.00")
    basket = api.transaction(items=items, user_id=customer.user_id, is_closed="true")
    had = balances(loyal_user(api, expect, customer))
    if not is_success(api.send_transaction(basket)):
        expect.unknown("the target did not take the purchase")
    settle(lambda: balances(loyal_user(api, expect, customer)), lambda now: now.total != had.total)
    clock.advance(days=1, seconds=profile.timing.return_period_s or MONTH_S)
    ripe = balances(loyal_user(api, expect, customer))
    if ripe.spendable <= had.spendable:
        expect.unknown("the purchase did not roll over")
    kept = api.transaction(items=items[:1], user_id=customer.user_id)
    smaller = {name: kept[name] for name in ("items", "subtotal", "payments")}
    if not is_success(api.send_transaction({**later(basket, 60), **smaller})):
        expect.unknown("the target did not take the return")
    taken = profile.behaviour("send_transaction.late_return") == "final account"
    now = settle(lambda: balances(loyal_user(api, expect, customer)), lambda seen: seen.total != ripe.total)
    if taken:
        rate = (ripe.spendable - had.spendable) / Decimal(50)
        expect.same_number(
            ripe.spendable - now.spendable, 20 * rate, what="points taken by the return of 20.00 of 50.00"
        )
    else:
        expect.same_number(now.total, ripe.total, what="total_points after a return that is ignored")
