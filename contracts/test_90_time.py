"""What time does: escrow matures, tiers move and expire, offers end. Last of all, for it moves the target's clock.

Each check plants something and looks at it when a period has ended: by a clock that can be set, by waiting for a short
period, or in a second sitting (``wait``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from offerproof.client import Api
from offerproof.conformance import (
    Bought,
    Customer,
    Expect,
    Given,
    NotOffered,
    Purchases,
    Settle,
    UserOffer,
    Wait,
    buy_into_escrow,
    clause,
    climb,
)
from offerproof.conformance.reading import (
    Balances,
    balances,
    history,
    in_wallet,
    instant,
    is_success,
    later,
    level_of,
    loyal_user,
    record,
    state,
    tells,
    wallet_ids,
)
from offerproof.exchange import Exchange
from offerproof.target import Profile

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
WEEK_S = 7 * 24 * 3600
TWO_YEARS_S = 731 * 24 * 3600
UNITS = {86_400: "days", 3600: "hours", 60: "minutes", 1: "seconds"}


@clause("TIME-1", "TIME-2", "TIME-3", "TIME-5", "DECL-71", customers=1, requests=8)
def test_escrow_rolls_over_when_the_return_period_is_over(
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    customer = wait.customer(given.customer)

    def buy() -> Bought:
        return buy_into_escrow(api, expect, settle, wait, customer, "60.00", "40.00")

    bought = wait.once("bought 100.00", buy, Bought)
    if wait.within_the_run:
        ends = bought.earliest + profile.return_period
        wait.until(ends - SECOND, "the second before the return period is over")
        with expect.clause("TIME-3"):
            waiting = balances(loyal_user(api, expect, customer))
            if wait.now() >= ends:
                expect.unknown("the balances were read too late to be those before the return period is over")
            expect.equal(waiting, bought.earned, what="balances a second before the return period is over")
    wait.until(bought.latest + profile.return_period + SECOND, "points roll over when the return period is over")
    now = settle(lambda: balances(loyal_user(api, expect, customer)), _all_final)
    expect.same_number(now.spendable_escrow, 0, what="spendable escrow after the return period")
    ripe = bought.earned.spendable + bought.earned.spendable_escrow
    expect.same_number(now.spendable, ripe, what="spendable balance after the return period")
    with expect.clause("TIME-2"):
        expect.same_number(now.tier_escrow, 0, what="tier-qualifying escrow after the return period")
        ripe = bought.earned.tier + bought.earned.tier_escrow
        expect.same_number(now.tier, ripe, what="tier-qualifying balance after the return period")
    with expect.clause("TIME-5"):
        expect.same_number(now.total, bought.earned.total, what="total_points before and after")
    with expect.clause("DECL-71"):
        rolled = now.spendable + now.tier - bought.earned.spendable - bought.earned.tier
        wanted = bought.earned.life_time + (rolled if profile.behaviour("life_time_value.escrow") == "keeps" else 0)
        expect.same_number(now.life_time, wanted, what="life_time_points when points have rolled over")


@clause("DECL-62", customers=1, requests=7)
def test_the_return_period_starts_when_it_is_declared(
    api: Api, given: Given, expect: Expect, wait: Wait, settle: Settle, profile: Profile
) -> None:
    if profile.return_period <= 2 * DAY:
        raise NotOffered("what was opened yesterday is not in escrow")
    till = Purchases(api, expect, settle, given.customer())
    sent = wait.now()
    till.send(till.basket("50.00", open_time=api.moment(sent - DAY)))
    if not till.until(lambda now: now.spendable_escrow > 0).spendable_escrow:
        expect.unknown("the purchase earned nothing into escrow")
    wait.until(sent + profile.return_period - SECOND, "the second before the return period is over")
    in_escrow, loaded = till.points().spendable_escrow > 0, profile.behaviour("return_period.start") == "loaded"
    if wait.now() >= sent + profile.return_period:
        expect.unknown("the balances were read too late to be those before the return period is over")
    expect.equal(in_escrow, loaded, what="points of a purchase opened a day before it was loaded are in escrow")


@clause("TIME-23", customers=1, requests=14, level="full")
def test_what_has_rolled_over_has_in_every_call(
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    customer = wait.customer(given.customer)
    ways: dict[str, Callable[[], Exchange]] = {
        "get_customer": lambda: api.get_customer(customer.user_id, expand_incentives=True),
        "get_customer_by_external_id": lambda: api.get_customer_by_external_id(
            str(customer.external_id), expand_incentives=True
        ),
    }
    by_path = [ask for name, ask in ways.items() if profile.can(name) and (customer.external_id or "ext" not in name)]

    def buy() -> Bought:
        bought = buy_into_escrow(api, expect, settle, wait, customer, "100.00")
        for ask in by_path:  # an answer may be kept only when it was asked for before
            ask()
        api.lookup(user_id=customer.user_id)
        return bought

    bought = wait.once("bought 100.00, and looked at it in every call", buy, Bought)
    wait.until(bought.latest + profile.return_period + SECOND, "points have rolled over in every call")
    found = settle(lambda: loyal_user(api, expect, customer), lambda user: _all_final(balances(user)))
    searched = balances(found)
    if not _all_final(searched):
        expect.unknown("the purchase did not roll over")
    for ask in by_path:
        shown = settle(partial(_shown, expect, ask), lambda user: balances(user) == searched)
        expect.equal(balances(shown), searched, what="balances under an id in the path beside those of a search")
        for name in ("available_points", "tier_points", "tier"):
            expect.equal(shown.get(name), found.get(name), what=f"{name} under an id in the path, beside the search")

    def of_lookup() -> dict[str, Decimal]:
        shown = expect.success(api.lookup(user_id=customer.user_id), kind=list)[0]
        return {one["PointAccountID"].lower(): Decimal(one["AvailableBalance"]) for one in shown["accounts"]}

    details = found["tier_details"]["point_account_balances"]["details"]
    wanted = {one["point_account_id"].lower(): Decimal(one["available_balance"]) for one in details}
    there = settle(of_lookup, lambda seen: all(balance == wanted.get(name) for name, balance in seen.items()))
    for name, balance in there.items():
        expect.same_number(balance, wanted.get(name), what="balance of an account in Lookup beside that of a search")


def _shown(expect: Expect, ask: Callable[[], Exchange]) -> Any:
    return expect.success(ask())


def _all_final(now: Balances) -> bool:
    return not now.spendable_escrow and not now.tier_escrow


@clause("TIME-4", "TIME-17", "TIME-20", "DECL-61", "DECL-72", customers=1, requests=12)
def test_points_that_reach_the_target_move_the_tier(
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    customer = wait.customer(given.customer)

    def next_tier() -> list[Any]:
        user = loyal_user(api, expect, customer)
        announced = level_of(user)["next_tier_overview"]
        return [_rank(user), int(announced["rank"]), announced["name"], user.get("tier_entered_at")]

    was, wanted, name, since = wait.once("read the next tier", next_tier, list[Any])
    bought = climb(api, expect, settle, wait, profile, customer)
    risen = settle(lambda: loyal_user(api, expect, customer), lambda user: _rank(user) > was)
    expect.that(
        _rank(risen) > was, what="the tier has moved up at once", expected="a higher tier", observed=risen.get("tier")
    )
    with expect.clause("TIME-17"):
        if _rank(risen) != wanted:
            expect.unknown("the customer rose past the next tier")
        expect.equal(level_of(risen)["tier_overview"]["name"], name, what="name of the tier reached")
    with expect.clause("TIME-20"):
        if not risen.get("tier_entered_at"):
            expect.unknown("the target does not say when the tier was entered")
        entered = instant(risen["tier_entered_at"])
        what = "tier_entered_at of the tier reached"
        if since:
            expect.that(entered > instant(since), what=what, expected=f"after {since}", observed=entered)
        if profile.return_period > 3 * DAY:  # it is written without a zone
            least = bought.earliest + profile.return_period - DAY
            expect.that(
                least <= entered <= wait.now() + DAY, what=what, expected=f"about {least + DAY}", observed=entered
            )
    with expect.clause("DECL-72"):
        if not risen.get("tier_ends_value"):
            raise NotOffered("nothing is missing to the next tier, or the target does not say what")
        part = 100 * Decimal(risen["tier_points"]) / Decimal(risen["tier_ends_value"])
        shown = risen.get("next_tier_percentage")
        expect.that(shown is not None, what="next_tier_percentage, which is declared", expected="a number")
        near = abs(Decimal(str(shown)) - part) < 1  # however it is rounded
        expect.that(near, what="next_tier_percentage", expected=f"about {part:.2f}", observed=shown)
    with expect.clause("DECL-61"):
        if profile.behaviour("tier_expiry.rule") is None:
            raise NotOffered("the profile does not say when a tier expires")
        if not risen.get("tier_resets_at"):  # then another one expires
            climb(api, expect, settle, wait, profile, customer, times=1000, step=2)
            risen = settle(lambda: loyal_user(api, expect, customer), lambda user: user.get("tier_resets_at"))
        _judge_expiry(expect, risen, str(profile.behaviour("tier_expiry.rule")))


def _judge_expiry(expect: Expect, user: Any, rule: str) -> None:
    """The end that a tier names is as long after it was entered as the profile declares, give or take a day."""
    days = re.fullmatch(r"(\d+) days", rule)
    if days is None and rule != "end of the following calendar year":
        raise NotOffered("the profile says in other words when a tier expires")
    ends = user.get("tier_resets_at")
    expect.that(bool(ends), what="a tier names the end that it has by declaration")
    if not user.get("tier_entered_at"):
        expect.unknown("the target does not say when the tier was entered")
    entered, ends = instant(user["tier_entered_at"]), instant(ends)
    wanted = entered + int(days[1]) * DAY if days else entered.replace(entered.year + 2, 1, 1, 0, 0, 0, 0)
    expect.that(abs(ends - wanted) <= DAY, what="end of a tier", expected=f"{rule}: about {wanted}", observed=ends)


@clause("TIME-18", customers=1, requests=20)
def test_a_return_leaves_who_was_promoted_in_the_tier(
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    customer = wait.customer(given.customer)
    began = wait.once("looked at the tier", lambda: _rank(loyal_user(api, expect, customer)), int)
    climb(api, expect, settle, wait, profile, customer)
    till = Purchases(api, expect, settle, customer)
    settle(till.user, lambda user: _rank(user) > began)
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


@clause("TIME-22", customers=1, requests=24)
def test_every_purchase_rolls_over_with_what_was_not_returned(
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    customer = wait.customer(given.customer)

    def buy() -> Bought:
        first = buy_into_escrow(api, expect, settle, wait, customer, "60.00")
        second = buy_into_escrow(api, expect, settle, wait, customer, "30.00", "20.00", more=True)
        basket = api.transaction(items=api.items("30.00"), user_id=customer.user_id, is_closed="true")
        newer = {name: second.basket[name] for name in ("transaction_id", "open_time")} | {
            "modified_time": later(second.basket)["modified_time"]
        }
        if not is_success(api.send_transaction(basket | newer)):
            expect.unknown("the target did not take the return")
        points = settle(
            lambda: balances(loyal_user(api, expect, customer)), lambda now: now.total < second.earned.total
        )
        if profile.return_period.total_seconds() > 10 * profile.settle_s:
            points = settle.out(lambda: balances(loyal_user(api, expect, customer)))  # one account after the other
        if points.total >= second.earned.total or wait.now() >= first.earliest + profile.return_period:
            expect.unknown("the return was not seen before the return period of the first purchase may be over")
        return Bought(basket, second.earned, points, first.earliest, wait.now())

    bought = wait.once("bought 60.00 and 50.00, and returned 20.00", buy, Bought)
    wait.until(bought.latest + profile.return_period + SECOND, "both purchases roll over, less what was returned")
    now = settle(lambda: balances(loyal_user(api, expect, customer)), _all_final)
    expect.equal(now.families, bought.earned.families, what="points to spend, for tiers, and all, before and after")
    for name in ("spendable_escrow", "tier_escrow"):
        expect.same_number(getattr(now, name), 0, what=f"{name} when two purchases have rolled over")


@clause("TIME-6", "TIME-4", customers=1, requests=30)
def test_at_the_top_tier_nothing_is_missing(
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    customer = wait.customer(given.customer)
    for step in range(1, 5):
        climb(api, expect, settle, wait, profile, customer, times=1000, step=step)
        risen = settle(lambda: loyal_user(api, expect, customer), lambda user: not _above(user))
        with expect.clause("TIME-4"):
            _judge_below_target(expect, risen)
        if not _above(risen):
            break
    else:
        expect.unknown("the top tier could not be reached by purchases")
    expect.same_number(risen["next_tier_points"], 0, what="next_tier_points at the top tier")
    expect.same_number(risen["tier_ends_value"], 0, what="tier_ends_value at the top tier")


def _judge_below_target(expect: Expect, user: Any) -> None:
    """Where a rule leads to the next tier, its target is not reached yet: else the customer would be there."""
    expect.that(True, what="tier_points beside the target of the next tier, if there is one")
    for tree in level_of(user).get("tier_progress") or []:
        targets = [one["rule"]["target_balance"] for one in tree["rules"] if "target_balance" in one["rule"]]
        if len(targets) == 1:
            have, less = Decimal(user["tier_points"]), f"less than {targets[0]}, or the tier above"
            expect.that(have < Decimal(targets[0]), what="tier_points below the top tier", expected=less, observed=have)


def _above(user: Any) -> Any:
    return level_of(user).get("next_tier_overview")


def _rank(user: Any) -> int:
    return int(level_of(user)["tier_overview"]["rank"])


@clause("TIME-9", "TIME-10", "TIME-11", "TIME-12", customers=1, requests=14)
def test_an_offer_ends_with_its_redemption_window(
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    held = wait.user_offer(lambda: _issued(given, _validity(profile)))
    beside = wait.once("issued four more at once", lambda: _four_at_once(api, held), list[str])
    ends, last = _read_ends(api, expect, wait, held, beside)
    if wait.within_the_run:
        with expect.clause("TIME-12"):
            wait.until(ends.replace(microsecond=0) - SECOND, "the second before the redemption window ends")
            told, shown = state(api, expect, held), in_wallet(api, expect, held)
            if wait.now() >= ends:
                expect.unknown("the offer was looked at too late to be seen before its end")
            expect.equal(told.lower(), "issued", what="state a second before the window ends")
            expect.that(shown is not None, what="a second before its end it is in the wallet")
    wait.until(last + SECOND, "the offers end with their redemption windows")
    ended = {held.user_offer_id.lower(), *beside}
    left = settle(lambda: ended & set(wallet_ids(api, expect, held.customer)), lambda there: not there)
    expect.equal(sorted(left), [], what="expired offers in the wallet")
    with expect.clause("TIME-10"):
        expect.refusal(api.lock(held.user_offer_id, api.transaction(user_id=held.customer.user_id)))
    with expect.clause("TIME-11"):
        told = settle(lambda: state(api, expect, held), lambda said: tells(said, "expir"))
        expect.that(tells(told, "expir"), what="the history says that the offer is expired", observed=told)


def _read_ends(api: Api, expect: Expect, wait: Wait, held: UserOffer, beside: list[str]) -> tuple[datetime, datetime]:
    """When the redemption window of a user offer ends, and when the last of those beside it does."""

    def told_ends() -> list[str]:
        rows = {row["user_offer_id"].lower(): row["redemption_end_date"] for row in history(api, expect, held.customer)}
        ends = [rows.get(one) for one in (held.user_offer_id.lower(), *beside)]
        if not ends[0]:
            expect.unknown("the history names no end of the redemption window")
        told = [instant(end) for end in ends if end]
        if max(told) - wait.now() > 40 * DAY or told[0] - SECOND <= wait.now():
            expect.unknown("the redemption window does not end within days, so its end cannot be waited for")
        return [told[0].isoformat(), max(told).isoformat()]

    ends, last = map(instant, wait.once("read when their redemption windows end", told_ends, list[str]))
    return ends, last


@clause("TIME-21", "TIME-24", customers=1, requests=27)
def test_what_has_ended_does_not_come_back(
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    held = wait.user_offer(lambda: _issued(given, _validity(profile)))
    beside = wait.once("issued four more at once", lambda: _four_at_once(api, held), list[str])
    if len(beside) != 4:
        expect.unknown("four more user offers are needed and could not be issued at once")
    user_id = held.customer.user_id

    def use() -> list[dict[str, Any]]:
        """Lock one, redeem one at once, and another by a transaction, which is returned with the lock's."""
        baskets = [api.transaction(user_id=user_id) for _ in range(3)]
        steps = [api.lock(beside[0], baskets[0]), api.redeem(beside[1], baskets[1]), api.lock(beside[2], baskets[2])]
        closed = {**baskets[2], "is_closed": "true", "discounts": [expect.success(steps[2])]}
        if not all(map(is_success, [*steps, api.send_transaction(closed)])):
            expect.unknown("the offers could not be locked and redeemed")
        return [baskets[0], closed]

    locked_for, closed = wait.once("locked and redeemed them", use, list[dict[str, Any]])
    _, last = _read_ends(api, expect, wait, held, beside)
    wait.until(last + SECOND, "what was locked or redeemed has ended with its redemption window")
    with expect.clause("TIME-24"):
        told = {row["user_offer_id"].lower(): row["status_description"] for row in history(api, expect, held.customer)}
        for used in beside[1:3]:
            what = "description of a redeemed offer after the end of its redemption window"
            expect.that(tells(told.get(used, ""), "redeem"), what=what, expected="redeemed", observed=told.get(used))
    api.unlock(beside[0])  # each of these may well be refused
    api.reinstate(beside[1])
    api.send_transaction({**later(closed), "is_voided": True})
    ended = set(beside[:3])
    rows = {row["user_offer_id"].lower(): row["redemption_end_date"] for row in history(api, expect, held.customer)}
    if any(not rows.get(one) or instant(rows[one]) > wait.now() for one in ended):
        raise NotOffered("what is given back has a redemption window of its own")
    left = settle(lambda: ended & set(wallet_ids(api, expect, held.customer)), lambda there: not there)
    expect.equal(sorted(left), [], what="offers in the wallet that were given back after their end")
    for code, basket in ((beside[0], locked_for), (beside[1], locked_for), (beside[2], later(closed, 2))):
        again = api.lock(code, {**basket, "transaction_id": api.fresh_id(), "discounts": []})
        expect.refusal(again, why="its redemption window is over, whatever became of it")


def _four_at_once(api: Api, held: UserOffer) -> list[str]:
    """User offers of the same offer whose windows end together; none where so many are not given at once."""
    issued = api.issue_offer(held.customer.user_id, str(held.offer_id), quantity=4)
    entries = issued.answer["payload"]["status_list"] if is_success(issued) else []
    return [str(entry["user_offer_id"]).lower() for entry in entries if entry.get("user_offer_id")]


def _validity(profile: Profile) -> dict[str, Any]:
    """The shortest validity that the profile states, else two days."""
    seconds = 2 * 86_400 if profile.can("clock") else profile.timing.redemption_window_s or 2 * 86_400
    size, unit = next((size, unit) for size, unit in UNITS.items() if seconds % size == 0)
    return {"validity_unit": unit, "validity_period": seconds // size}


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
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    customer = wait.customer(given.customer)

    def buy() -> Bought:
        return buy_into_escrow(api, expect, settle, wait, customer, "30.00", "20.00")

    bought = wait.once("bought 50.00", buy, Bought)
    wait.until(bought.latest + profile.return_period + SECOND, "a return is late")
    ripe = settle(lambda: balances(loyal_user(api, expect, customer)), _all_final)
    kept = {**later(bought.basket, 60), "items": bought.basket["items"][:1]}
    sent = api.send_transaction(kept)
    now = settle(lambda: balances(loyal_user(api, expect, customer)), lambda seen: seen.total != ripe.total)
    taken = ripe.spendable - now.spendable
    reading = "refused" if not is_success(sent) else f"takes {taken} points from the spendable account"
    expect.observe("a return after the return period", reading, on=sent)
    expect.that(True, what="a part was returned after the return period")


@clause("TIME-16", offers=["any"], requests=6)
def test_whether_a_lock_ends_by_itself(api: Api, given: Given, expect: Expect, wait: Wait, profile: Profile) -> None:
    held = wait.user_offer(lambda: given.locked().user_offer)
    lasts = WEEK_S if profile.can("clock") else profile.period_s("lock_lifetime") or WEEK_S
    since = instant(wait.once("locked it", lambda: wait.now().isoformat(), str))
    wait.until(since + timedelta(seconds=lasts) + SECOND, "a lock has ended by itself, or has not")
    rival = api.lock(held.user_offer_id, api.transaction(user_id=held.customer.user_id))
    within = f"within {lasts / 86_400:g} days" if lasts >= 86_400 else f"within {lasts:g} s"
    expect.observe("a lock ends by itself", within if is_success(rival) else f"not {within}", on=rival)
    expect.that(True, what=f"a lock was left alone for {lasts:g} s")


@clause("TIME-7", "TIME-8", customers=1, requests=16)
def test_a_tier_ends_when_it_says(
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    _judge_end_of_tier(api, expect, settle, wait, profile, wait.customer(given.customer), times=1000)


@clause("TIME-7", "TIME-8", customers=1, requests=16)
def test_the_first_tier_that_ends_does_so_when_it_says(
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    _judge_end_of_tier(api, expect, settle, wait, profile, wait.customer(given.customer), times=1)


@clause("DECL-70", customers=1, requests=24)
def test_a_tier_is_left_at_its_end_by_who_returned_what_it_takes(
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    customer = wait.customer(given.customer)
    began = wait.once("looked at the tier", lambda: _rank(loyal_user(api, expect, customer)), int)
    bought = climb(api, expect, settle, wait, profile, customer)

    def give_back() -> list[Any]:
        """Return all but a dollar; the rank until then, when it was entered and ends, and points before and after."""
        risen = settle(lambda: loyal_user(api, expect, customer), lambda user: _rank(user) > began)
        small = api.transaction(items=api.items("1.00"), user_id=customer.user_id)
        changes = {name: small[name] for name in ("items", "subtotal", "payments")}
        if not is_success(api.send_transaction({**later(bought.basket, 60), **changes})):
            expect.unknown("the target did not take the return")
        had = balances(risen).tier
        now = settle(lambda: loyal_user(api, expect, customer), lambda user: balances(user).tier < had)
        dates = [risen.get("tier_entered_at"), risen.get("tier_resets_at")]
        return [_rank(risen), *dates, str(had), str(balances(now).tier)]

    rank, entered, ends, had, left = wait.once("returned nearly all of it", give_back, list[Any])
    if rank <= began or not entered or not ends or instant(ends) - instant(entered) < 3 * DAY:
        raise NotOffered("the first tier that can be reached does not end, or too soon to tell when")
    if Decimal(left) > Decimal(had) / 2:
        raise NotOffered("the return has not taken the points that the tier takes")
    wait.until(instant(ends) + DAY, "the tier has ended, and the points for it were returned")
    now = settle(lambda: _rank(loyal_user(api, expect, customer)), lambda seen: seen < rank)
    what = "rank when the tier has ended whose points were returned"
    expect.that(now < rank, what=what, expected=f"less than {rank}", observed=now)


@clause("TIME-19", customers=1, requests=4)
def test_a_tier_that_names_no_end_does_not_end(
    api: Api, given: Given, expect: Expect, wait: Wait, profile: Profile
) -> None:
    customer = wait.customer(given.customer)

    def shown() -> list[str | None]:
        user = loyal_user(api, expect, customer)
        return [user.get("tier"), user.get("tier_resets_at"), wait.now().isoformat()]

    said = wait.once("looked at a tier that names no end", shown, list[str | None])
    if said[1]:
        raise NotOffered("the first tier names an end")
    lasts = TWO_YEARS_S if profile.can("clock") else profile.period_s("tier_period") or TWO_YEARS_S
    wait.until(instant(str(said[2])) + timedelta(seconds=lasts) + SECOND, "a tier that names no end has not ended")
    expect.equal(shown()[:2], said[:2], what="tier and its end when other tiers have ended")


def _judge_end_of_tier(
    api: Api, expect: Expect, settle: Settle, wait: Wait, profile: Profile, customer: Customer, *, times: int
) -> None:
    """Climb by so many times what the next tier asks for, and see the tier reached end."""
    bought = climb(api, expect, settle, wait, profile, customer, times=times)

    def shown() -> list[str | None]:
        user = loyal_user(api, expect, customer)
        return [user["tier"], user["tier_entered_at"], user.get("tier_resets_at")]

    said = wait.once("read when the tier ends", shown, list[str | None])
    if not said[2] and times == 1:
        raise NotOffered("the first tier that can be reached does not expire")
    if not said[1] or not said[2]:
        expect.unknown("the tier reached does not expire, or does not say when it was entered")
    entered, ends = instant(str(said[1])), instant(said[2])
    with expect.clause("TIME-8"):
        days = (ends - entered) / DAY
        year_end = (ends - DAY).year == entered.year + 1 and (ends - DAY).month == 12
        expect.observe("end of a tier", "end of the following calendar year" if year_end else f"after {days:.0f} days")
        expect.that(
            ends > entered, what="a tier ends after it was entered", expected=f"after {said[1]}", observed=said[2]
        )
    expect.that(ends >= entered, what="the tier ends after it was entered", expected=f"after {said[1]}", observed=ends)
    margin, soonest = DAY, ends  # these instants are written without a zone
    if ends - entered < 3 * DAY:  # what counts is how long it lasts from when the points rolled over
        lasts = profile.return_period + (ends - entered)
        margin, soonest, ends = 2 * SECOND, bought.earliest + lasts, bought.latest + lasts
    if wait.within_the_run:
        wait.until(soonest - margin, "the tier is about to end")
        seen = shown()
        if wait.now() >= soonest - margin / 2:
            expect.unknown("the tier was looked at too late to be seen before its end")
        expect.equal(seen, said, what="tier, tier_entered_at and tier_resets_at before the tier ends")
    wait.until(ends + margin, "the tier has ended, or was entered anew")
    now = settle(shown, lambda seen: seen != said)
    expect.that(now != said, what="after its end the tier has ended or was entered anew", observed=now)
