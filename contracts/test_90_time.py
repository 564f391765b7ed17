"""What time does: escrow matures, tiers move and expire, offers end. Last of all, for it moves the target's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Clock, Customer, Expect, Given, Purchases, Settle, UserOffer, clause
from offerproof.conformance.reading import (
    Balances,
    balances,
    in_wallet,
    instant,
    is_success,
    later,
    loyal_user,
    record,
    state,
    tells,
)
from offerproof.target import Profile

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@dataclass(frozen=True)
class _Purchase:
    """A purchase in escrow, and the instants between which the target loaded it."""

    basket: dict[str, Any]
    earned: Balances
    earliest: datetime
    latest: datetime


def _buy(
    api: Api, expect: Expect, settle: Settle, clock: Clock, customer: Customer, *prices: str, first: bool = True
) -> _Purchase:
    had = balances(loyal_user(api, expect, customer))
    if first and (had.spendable_escrow or had.tier_escrow):
        expect.unknown("the customer already has points in escrow, whose end is not known")
    basket = api.transaction(items=api.items(*prices), user_id=customer.user_id, is_closed="true")
    earliest = clock.now()
    if not is_success(api.send_transaction(basket)):
        expect.unknown("the target did not take the purchase")
    now = settle.out(lambda: balances(loyal_user(api, expect, customer)))
    if now.spendable_escrow <= had.spendable_escrow or now.tier_escrow <= had.tier_escrow:
        expect.unknown("the purchase earned nothing into the escrow accounts")
    return _Purchase(basket, now, earliest, clock.now())


def _period(profile: Profile) -> timedelta:
    """The return period: 30 days in the ACME program, unless the profile says otherwise."""
    return timedelta(seconds=profile.timing.return_period_s or 30 * 24 * 3600)


@clause("TIME-3", "TIME-1", "TIME-2", "TIME-5", customers=1, requests=8)
def test_escrow_rolls_over_when_the_return_period_is_over(
    api: Api, given: Given, expect: Expect, settle: Settle, clock: Clock, profile: Profile
) -> None:
    customer = given.customer()
    bought = _buy(api, expect, settle, clock, customer, "60.00", "40.00")
    clock.set(bought.earliest + _period(profile) - SECOND)
    waiting = balances(loyal_user(api, expect, customer))
    expect.equal(waiting, bought.earned, what="balances a second before the return period is over")
    clock.set(bought.latest + _period(profile) + SECOND)
    now = balances(loyal_user(api, expect, customer))
    with expect.clause("TIME-1"):
        expect.same_number(now.spendable_escrow, 0, what="spendable escrow after the return period")
        ripe = bought.earned.spendable + bought.earned.spendable_escrow
        expect.same_number(now.spendable, ripe, what="spendable balance after the return period")
    with expect.clause("TIME-2"):
        expect.same_number(now.tier_escrow, 0, what="tier-qualifying escrow after the return period")
        ripe = bought.earned.tier + bought.earned.tier_escrow
        expect.same_number(now.tier, ripe, what="tier-qualifying balance after the return period")
    with expect.clause("TIME-5"):
        expect.same_number(now.total, bought.earned.total, what="total_points before and after")


@clause("TIME-4", "TIME-17", "TIME-6", customers=1, requests=40)
def test_points_that_reach_the_target_move_the_tier(
    api: Api, given: Given, expect: Expect, settle: Settle, clock: Clock, profile: Profile
) -> None:
    customer = given.customer()
    user = loyal_user(api, expect, customer)
    _climb(api, expect, settle, clock, profile, customer)
    risen = loyal_user(api, expect, customer)
    expect.that(_rank(risen) > _rank(user), what="the tier has moved up at once", observed=risen.get("tier"))
    announced = _level(user)["next_tier_overview"]
    with expect.clause("TIME-17"):
        if _rank(risen) != announced["rank"]:
            expect.unknown("the customer rose past the next tier")
        expect.equal(_level(risen)["tier_overview"]["name"], announced["name"], what="name of the tier reached")
    with expect.clause("TIME-6"):
        for _ in range(4):
            if not _level(risen).get("next_tier_overview"):
                break
            _climb(api, expect, settle, clock, profile, customer)
            risen = loyal_user(api, expect, customer)
        if _level(risen).get("next_tier_overview"):
            expect.unknown("the top tier could not be reached by purchases")
        expect.same_number(risen["next_tier_points"], 0, what="next_tier_points at the top tier")
        expect.same_number(risen["tier_ends_value"], 0, what="tier_ends_value at the top tier")


@clause("TIME-18", customers=1, requests=20)
def test_a_return_leaves_who_was_promoted_in_the_tier(
    api: Api, given: Given, expect: Expect, settle: Settle, clock: Clock, profile: Profile
) -> None:
    till = Purchases(api, expect, settle, given.customer())
    began = _rank(till.user())
    _climb(api, expect, settle, clock, profile, till.customer)
    basket, had = till.basket("30.00", "20.00"), till.points()
    till.send(basket)
    bought = till.until(lambda now: now.tier_escrow > had.tier_escrow)
    risen = till.user()
    if _rank(risen) <= began or bought.tier_escrow <= had.tier_escrow:
        expect.unknown("nobody was promoted who then earned into escrow")
    newer = later(basket)["modified_time"]
    till.send(till.basket("30.00", transaction_id=basket["transaction_id"], modified_time=newer))
    till.until(lambda now: now.tier_escrow < bought.tier_escrow)
    expect.equal(till.user()["tier"], risen["tier"], what="tier after the return")


def _climb(api: Api, expect: Expect, settle: Settle, clock: Clock, profile: Profile, customer: Customer) -> None:
    """Spend what the next tier asks for (more where less than a point is earned), and let the return period pass."""
    user = loyal_user(api, expect, customer)
    rules = [r["rule"] for tree in _level(user)["tier_progress"] for r in tree["rules"]]
    targets = [Decimal(rule["target_balance"]) for rule in rules if "target_balance" in rule]
    if len(targets) != 1:
        expect.unknown("the next tier does not name one target balance")
    target, had = targets[0], balances(user)
    bought = _buy(api, expect, settle, clock, customer, f"{target + 1:.2f}")
    reached = bought.earned.tier + bought.earned.tier_escrow
    if reached < target:
        for_a_point = (target + 1) / (reached - had.tier - had.tier_escrow)
        missing = f"{(target + 1 - reached) * for_a_point + 1:.2f}"
        bought = _buy(api, expect, settle, clock, customer, missing, first=False)
    if bought.earned.tier + bought.earned.tier_escrow < target:
        expect.unknown("the purchase did not earn what the next tier asks for")
    clock.set(bought.latest + _period(profile) + SECOND)


def _level(user: Any) -> Any:
    return user["tier_details"]["tier_levels"][0]


def _rank(user: Any) -> int:
    return int(_level(user)["tier_overview"]["rank"])


@clause("TIME-9", "TIME-10", "TIME-11", "TIME-12", customers=1, requests=12)
def test_an_offer_ends_with_its_redemption_window(api: Api, given: Given, expect: Expect, clock: Clock) -> None:
    held = _issued(given, {"validity_unit": "days", "validity_period": 2})
    row = record(api, expect, held)
    if row is None or not row["redemption_end_date"]:
        expect.unknown("the history names no end of the redemption window")
    ends = instant(row["redemption_end_date"])
    if ends - clock.now() > 40 * DAY or ends - SECOND <= clock.now():
        expect.unknown("the redemption window does not end within days, so its end cannot be waited for")
    with expect.clause("TIME-12"):
        clock.set(ends.replace(microsecond=0) - SECOND)
        expect.equal(state(api, expect, held).lower(), "issued", what="state a second before the window ends")
        expect.that(in_wallet(api, expect, held) is not None, what="a second before its end it is in the wallet")
    clock.set(ends + SECOND)
    expect.equal(in_wallet(api, expect, held), None, what="the expired offer in the wallet")
    with expect.clause("TIME-10"):
        expect.refusal(api.lock(held.user_offer_id, api.transaction(user_id=held.customer.user_id)))
    with expect.clause("TIME-11"):
        told = state(api, expect, held)
        expect.that(tells(told, "expir"), what="the history says that the offer is expired", observed=told)


@clause("TIME-13", "TIME-14", customers=1, requests=5)
def test_how_long_the_redemption_window_is(api: Api, given: Given, expect: Expect) -> None:
    held = _issued(given, {"validity_unit": "days", "validity_period": 10})
    row = record(api, expect, held)
    if row is None or not row["redemption_end_date"] or not row["redemption_start_date"]:
        expect.unknown("the history names no redemption window")
    starts, ends = instant(row["redemption_start_date"]), instant(row["redemption_end_date"])
    expect.observe("redemption window of an offer valid for 10 days", f"{(ends - starts) / DAY:.1f} days")
    expect.that(ends > starts, what="the redemption window ends after it starts", observed=row["redemption_end_date"])
    with expect.clause("TIME-14"):
        apart = abs(starts - instant(row["acquire_date"])) < SECOND
        expect.observe("start of the redemption window", "the acquire date" if apart else "another date")
        expect.that(True, what="the redemption window was compared with the acquire date")


def _issued(given: Given, config: dict[str, Any]) -> UserOffer:
    """A user offer of an offer with these settings."""
    return given.issued(given.offer(common_config=config), given.customer())


@clause("TIME-15", customers=1, requests=9)
def test_what_a_late_return_does(
    api: Api, given: Given, expect: Expect, settle: Settle, clock: Clock, profile: Profile
) -> None:
    customer = given.customer()
    bought = _buy(api, expect, settle, clock, customer, "30.00", "20.00")
    clock.set(bought.latest + _period(profile) + DAY)
    ripe = balances(loyal_user(api, expect, customer))
    kept = {**later(bought.basket, 60), "items": bought.basket["items"][:1]}
    sent = api.send_transaction(kept)
    now = settle(lambda: balances(loyal_user(api, expect, customer)), lambda seen: seen.total != ripe.total)
    taken = ripe.spendable - now.spendable
    reading = "refused" if not is_success(sent) else f"takes {taken} points from the spendable account"
    expect.observe("a return after the return period", reading, on=sent)
    expect.that(True, what="a part was returned after the return period")


@clause("TIME-16", offers=["any"], requests=6)
def test_whether_a_lock_ends_by_itself(api: Api, given: Given, expect: Expect, clock: Clock) -> None:
    held = given.locked().user_offer
    clock.advance(days=7)
    rival = api.lock(held.user_offer_id, api.transaction(user_id=held.customer.user_id))
    reading = "within 7 days" if is_success(rival) else "not within 7 days"
    expect.observe("a lock ends by itself", reading, on=rival)
    expect.that(True, what="a lock was left alone for 7 days")


@clause("TIME-7", "TIME-8", customers=1, requests=16)
def test_a_tier_ends_when_it_says(
    api: Api, given: Given, expect: Expect, settle: Settle, clock: Clock, profile: Profile
) -> None:
    customer = given.customer()
    _climb(api, expect, settle, clock, profile, customer)
    user = loyal_user(api, expect, customer)
    if not user.get("tier_resets_at"):
        expect.unknown("the tier reached does not expire")
    said = (user["tier"], user["tier_entered_at"], user["tier_resets_at"])
    entered, ends = instant(user["tier_entered_at"]), instant(user["tier_resets_at"])
    with expect.clause("TIME-8"):
        days = (ends - entered) / DAY
        year_end = (ends - DAY).year == entered.year + 1 and (ends - DAY).month == 12
        expect.observe("end of a tier", "end of the following calendar year" if year_end else f"after {days:.0f} days")
        expect.that(ends > entered, what="a tier ends after it was entered", observed=user["tier_resets_at"])
    clock.set(ends - DAY)  # these instants are written without a zone
    user = loyal_user(api, expect, customer)
    shown = (user["tier"], user["tier_entered_at"], user["tier_resets_at"])
    expect.equal(shown, said, what="tier, tier_entered_at and tier_resets_at a day before the tier ends")
    clock.set(ends + DAY)
    user = loyal_user(api, expect, customer)
    shown = (user["tier"], user["tier_entered_at"], user.get("tier_resets_at"))
    expect.that(shown != said, what="a day after its end the tier has ended or was entered anew", observed=shown[0])
