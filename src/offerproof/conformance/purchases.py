"""One customer's purchases and what the points are afterwards: what the checks of points stand on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any

from offerproof.conformance.reading import Balances, as_instant, balances, is_success, level_of, loyal_user
from offerproof.contract import utc_now

if TYPE_CHECKING:
    from offerproof.client import Api
    from offerproof.conformance.expect import Expect
    from offerproof.conformance.outcome import Settle
    from offerproof.conformance.waiting import Wait
    from offerproof.provisioning import Customer
    from offerproof.target import Profile

_CENT, _SECOND = Decimal("0.01"), timedelta(seconds=1)


class Purchases:
    """Sends purchases of one customer and reads the balances.

    It knows when the return period of the first closed purchase may have ended: what is read after that can no longer
    accuse the target (``expect.doubt``), for escrow may have rolled over, and what a return then does is open.
    """

    def __init__(self, api: Api, expect: Expect, settle: Settle, customer: Customer) -> None:
        self.api, self.expect, self.settle, self.customer = api, expect, settle, customer
        self._since: datetime | None = None

    def basket(self, *prices: str, **changes: Any) -> dict[str, Any]:
        """A closed purchase with one line a price and no tax, paid by the customer."""
        items = self.api.items(*prices)
        return self.api.transaction(items=items, user_id=self.customer.user_id, **{"is_closed": "true", **changes})

    def send(self, basket: dict[str, Any]) -> None:
        """Send a transaction; unknown when the target does not take it."""
        if self._since is None and str(basket.get("is_closed")).lower() == "true":
            self._since = self._counted_from(basket)
        if not is_success(self.api.send_transaction(basket)):
            self.expect.unknown("the target did not take the purchase")

    def _counted_from(self, basket: dict[str, Any]) -> datetime:
        """The earliest instant from which the return period may count: the opening, where loading is not declared."""
        opened = as_instant(basket.get("open_time"))
        loaded = self.api.profile.behaviour("return_period.start") == "loaded"
        return utc_now() if opened is None or loaded else min(utc_now(), opened)

    def user(self) -> Any:
        """The customer's user object with tier_details."""
        found = loyal_user(self.api, self.expect, self.customer)
        if self._since is not None and utc_now() - self._since >= self.api.profile.return_period:
            self.expect.doubt("the return period may have ended inside the check")
        return found

    def points(self) -> Balances:
        """The balances now."""
        return balances(self.user())

    def until(self, accept: Callable[[Balances], bool]) -> Balances:
        """The balances once they are as accepted, or after the settle time."""
        return self.settle(self.points, accept)

    def risen(self, basket: dict[str, Any]) -> Balances:
        """Send a transaction; how the balances have risen when all has come that was earned."""
        had = self.points()
        self.send(basket)
        return self.settle.out(self.points).beyond(had)

    def earned(self, *prices: str) -> Balances:
        """Buy, and return how the balances have risen when all has come that was earned."""
        return self.risen(self.basket(*prices))


def all_risen(purchases: Sequence[tuple[Purchases, dict[str, Any]]]) -> list[Balances]:
    """Send a basket for each of several customers; how the balances of each have risen when all has come.

    What the target settles is waited for once, after the last one.
    """
    had = [till.points() for till, _ in purchases]
    for till, basket in purchases:
        till.send(basket)
    last = purchases[-1][0]
    last.settle.out(last.points)
    return [till.points().beyond(before) for (till, _), before in zip(purchases, had, strict=True)]


@dataclass(frozen=True)
class Bought:
    """A purchase in escrow, what the balances were with it, and the instants between which the target loaded it."""

    basket: dict[str, Any]
    had: Balances
    earned: Balances
    earliest: datetime
    latest: datetime


def buy_into_escrow(
    api: Api, expect: Expect, settle: Settle, wait: Wait, customer: Customer, *prices: str, more: bool = False
) -> Bought:
    """Send a purchase that earns into both escrow accounts; unknown where it does not.

    ``more``: after another one whose points are in escrow too.
    """

    def points() -> Balances:
        return balances(loyal_user(api, expect, customer))

    had = points()
    if not more and (had.spendable_escrow or had.tier_escrow):
        expect.unknown("the customer already has points in escrow, whose end is not known")
    earliest = wait.now()  # it may count from when the basket is opened
    basket = api.transaction(items=api.items(*prices), user_id=customer.user_id, is_closed="true")
    if not is_success(api.send_transaction(basket)):
        expect.unknown("the target did not take the purchase")

    def rose(now: Balances) -> bool:
        return now.spendable_escrow > had.spendable_escrow and now.tier_escrow > had.tier_escrow

    now = settle(points, rose)
    if api.profile.return_period.total_seconds() > 10 * api.profile.settle_s:
        now = settle.out(points)  # effects may come one after the other
    if not rose(now):
        expect.unknown("the purchase earned nothing into the escrow accounts")
    return Bought(basket, had, now, earliest, wait.now())


def climb(
    api: Api,
    expect: Expect,
    settle: Settle,
    wait: Wait,
    profile: Profile,
    customer: Customer,
    *,
    times: int = 1,
    step: int = 1,
    exactly: bool = False,
) -> Bought:
    """Earn what the next tier asks for (or so many times that), and let the return period pass.

    It is what is asked for exactly where a point is a dollar; ``exactly`` learns from a first half what a point costs.
    ``step`` counts the climbs of a check.
    """

    def more(dollars: Decimal) -> Bought:
        return buy_into_escrow(api, expect, settle, wait, customer, f"{dollars:.2f}", more=True)

    def buy() -> Bought:
        user = loyal_user(api, expect, customer)
        rules = [r["rule"] for tree in level_of(user)["tier_progress"] for r in tree["rules"]]
        targets = [Decimal(rule["target_balance"]) for rule in rules if "target_balance" in rule]
        if len(targets) != 1:
            expect.unknown("the next tier does not name one target balance")
        had, target = balances(user), targets[0] * times
        missing = max(target - had.tier - had.tier_escrow, _CENT)
        spent = missing / 2 if exactly else missing
        bought = more(spent)
        reached = bought.earned.tier + bought.earned.tier_escrow
        if reached < target:
            a_point = spent / (reached - had.tier - had.tier_escrow)
            bought = more(((target - reached) * a_point).quantize(_CENT, ROUND_CEILING))
        if bought.earned.tier + bought.earned.tier_escrow < target:
            expect.unknown("the purchase did not earn what the next tier asks for")
        return bought

    bought = wait.once(f"bought what the next tier asks for ({step})", buy, Bought)
    wait.until(bought.latest + profile.return_period + _SECOND, "the points have rolled over and reach the next tier")
    return bought
