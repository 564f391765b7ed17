"""What the profile declares of a return after the return period. Last of all, for it moves the target's clock."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from offerproof.client import Api
from offerproof.conformance import Bought, Expect, Given, Settle, Wait, buy_into_escrow, clause
from offerproof.conformance.reading import balances, is_success, later, loyal_user
from offerproof.target import Profile


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
