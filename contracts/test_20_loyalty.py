"""Points and tiers of a customer: the arithmetic that must come out right whatever the program is."""

from __future__ import annotations

from datetime import timedelta
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
    Settle,
    Wait,
    buy_into_escrow,
    clause,
    climb,
)
from offerproof.conformance.reading import balances, is_success, later, level_of, loyal_user
from offerproof.target import Profile

SUMS = ("LOYAL-1", "LOYAL-2", "LOYAL-3", "LOYAL-5", "LOYAL-8", "LOYAL-19", "LOYAL-23")
TIERS = ("LOYAL-4", "LOYAL-6", "LOYAL-7", "LOYAL-9", "LOYAL-10", "LOYAL-11", "LOYAL-12", "LOYAL-22", "LOYAL-24")
MOST_TIERS = 8
IDS = ("LOYAL-13", "LOYAL-14", "LOYAL-15", "LOYAL-16", "LOYAL-17", "LOYAL-18", "LOYAL-20", "LOYAL-25", "LOYAL-26")


@clause(*SUMS, *TIERS, *IDS, customers=2, requests=13)
def test_the_identities_hold_for_a_new_customer_and_after_a_purchase(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    loyal_user(api, expect, given.customer())  # somebody whose data could be shown by mistake
    outside = _outsider(api, profile)
    if outside is not None:
        _judge_all(expect, loyal_user(api, expect, outside), profile)
    customer = given.customer()
    before = loyal_user(api, expect, customer)
    _judge_all(expect, before, profile)
    if profile.can("earn"):
        bought = _spend(api, expect, customer, "321.00")
        had = balances(before).total
        after = settle(lambda: loyal_user(api, expect, customer), lambda user: balances(user).total != had)
        _judge_all(expect, after, profile)
        if is_success(api.send_transaction({**later(bought), "items": [], "subtotal": 0})):  # all returned, or ignored
            rich = balances(after).total
            last = settle(lambda: loyal_user(api, expect, customer), lambda user: balances(user).total != rich)
            _judge_all(expect, last, profile)


@clause(*SUMS, *TIERS, *IDS, customers=1, requests=8, needs=("earn", "escrow"), period="return_period")
def test_the_identities_hold_after_the_return_period(
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    customer = wait.customer(given.customer)

    def buy() -> Bought:
        return buy_into_escrow(api, expect, settle, wait, customer, "2500.00")

    bought = wait.once("bought 2500.00", buy, Bought)
    late = bought.latest + profile.return_period + timedelta(seconds=1)
    wait.until(late, "balances, tier and target agree when points have rolled over")
    _judge_all(expect, settle(lambda: loyal_user(api, expect, customer), _rolled_over), profile)


@clause(
    *("LOYAL-30", *SUMS, *TIERS, *IDS, "LOYAL-28", "LOYAL-29"),
    customers=1,
    requests=40,
    level="full",
    needs=("earn", "escrow"),
    period="return_period",
)
def test_on_each_tier_on_the_way_up_the_identities_hold(
    api: Api, given: Given, expect: Expect, settle: Settle, wait: Wait, profile: Profile
) -> None:
    customer = wait.customer(given.customer)
    users, exact = [], False

    def before() -> list[str]:
        users.append(loyal_user(api, expect, customer))
        rules = [r["rule"] for tree in level_of(users[-1])["tier_progress"] for r in tree["rules"]]
        return [str(_rank(users[-1])), *(str(rule["target_balance"]) for rule in rules if "target_balance" in rule)]

    for step in range(1, MOST_TIERS):
        rank, *targets = wait.once(f"read the next tier's target ({step})", before, list[str])
        climb(api, expect, settle, wait, profile, customer, step=step, exactly=True)
        risen = settle(partial(loyal_user, api, expect, customer), partial(_is_above, int(rank)))
        if [Decimal(risen["tier_points"])] == [Decimal(target) for target in targets]:
            exact, what = True, f"rank with exactly {targets[0]} points"
            with expect.clause("LOYAL-30"):
                expect.that(_rank(risen) > int(rank), what=what, expected=f"above {rank}", observed=_rank(risen))
        _judge_all(expect, risen, profile)
        users.append(risen)
        if not level_of(risen).get("next_tier_overview"):
            break
    with expect.clause("LOYAL-28"):
        _judge_next_tiers(expect, users)
    if not exact:
        with expect.clause("LOYAL-30"):
            raise NotOffered("no purchases earn exactly what a tier asks for")


def _is_above(rank: int, user: Any) -> bool:
    return _rank(user) > rank


def _rank(user: Any) -> int:
    return int(level_of(user)["tier_overview"]["rank"])


def _rolled_over(user: Any) -> bool:
    return not balances(user).spendable_escrow


@clause(*SUMS, *TIERS, *IDS, needs=("standing",), requests=0)
def test_the_identities_hold_for_customers_who_exist(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    for customer in _searchable(given, profile):
        _judge_all(expect, loyal_user(api, expect, customer), profile)


@clause("LOYAL-28", "LOYAL-29", customers=1, requests=4)
def test_the_next_tier_is_the_one_above(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    outside = _outsider(api, profile)
    if outside is None:
        raise NotOffered("nobody can be created who is not in the program")
    users = [loyal_user(api, expect, customer) for customer in (given.customer(), outside)]
    if not all(user["tier_details"]["tier_levels"] for user in users) or users[0]["tier"] == users[1]["tier"]:
        raise NotOffered("who is not in the program has the tier of who is, or none")
    _judge_next_tiers(expect, users)


def _outsider(api: Api, profile: Profile) -> Customer | None:
    """Somebody who was created without being in the program, where that can be done."""
    wanted = api.new_customer(opted_in=False)
    if not profile.can("create_customer") or not is_success(api.create_customer(wanted)):
        return None
    return Customer("", None, wanted["email"], None)  # what creating answers is the matter of other clauses


@clause("LOYAL-28", "LOYAL-29", needs=("standing",), requests=0)
def test_the_next_tier_is_that_of_customers_who_exist(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    _judge_next_tiers(expect, [loyal_user(api, expect, customer) for customer in _searchable(given, profile)])


def _judge_next_tiers(expect: Expect, users: list[Any]) -> None:
    """What some are told of the tier above is what those in it are told of theirs."""
    levels = [level for user in users for level in user["tier_details"]["tier_levels"]]
    present = [level["tier_overview"] for level in levels]
    known = {(one["tier_system_id"].lower(), one["rank"]): one for one in present}
    above = [level["next_tier_overview"] for level in levels if level.get("next_tier_overview")]
    pairs = [(one, known.get((one["tier_system_id"].lower(), one["rank"]))) for one in above]
    for then, there in pairs:
        if there:
            expect.equal(then["name"], there["name"], what="name of the next tier, beside that of who is in it")
    expect.that(True, what="next tiers beside the tiers of other customers")
    with expect.clause("LOYAL-29"):
        for then, there in pairs:
            if there:
                expect.same_id(then["id"], there["id"], what="id of the next tier, beside that of who is in it")
        expect.that(True, what="next tiers beside the tiers of other customers")


def _searchable(given: Given, profile: Profile) -> list[Customer]:
    found = [one for one in given.standing() if one.searchable or profile.can("get_customer")]
    if not found:
        raise NotOffered("no customer who exists can be searched for: their SessionM ids alone are known")
    return found


@clause("LOYAL-21", "LOYAL-27", needs=("standing",), requests=0)
def test_lookup_and_search_show_the_same_balances_of_customers_who_exist(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    for customer in _searchable(given, profile):
        _judge_both_views(api, expect, settle, customer)


@clause("LOYAL-21", "LOYAL-27", customers=1, requests=5)
def test_lookup_and_search_show_the_same_balances(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    customer = given.customer()
    if profile.can("earn"):
        _spend(api, expect, customer, "44.00")
        settle(lambda: loyal_user(api, expect, customer), lambda user: balances(user).total > 0)
    _judge_both_views(api, expect, settle, customer)


def _judge_both_views(api: Api, expect: Expect, settle: Settle, customer: Customer) -> None:
    def both() -> tuple[dict[str, Any], Any]:
        details = loyal_user(api, expect, customer)["tier_details"]["point_account_balances"]["details"]
        found = expect.success(api.lookup(user_id=customer.user_id), kind=list)[0]
        return {account["point_account_id"].lower(): account for account in details}, found["accounts"]

    def agree(seen: tuple[dict[str, Any], Any]) -> bool:
        searched = {name: Decimal(account["available_balance"]) for name, account in seen[0].items()}
        looked = {account["PointAccountID"].lower(): Decimal(account["AvailableBalance"]) for account in seen[1]}
        return {name: balance for name, balance in searched.items() if balance} == {
            name: balance for name, balance in looked.items() if balance
        }

    shown, looked_up = settle(both, agree)  # each view shows in its own time what was earned, or rolled over
    for account in looked_up:
        name = account["AccountName"]
        expect.contains(list(shown), account["PointAccountID"].lower(), what="point accounts of the customer search")
        same = shown[account["PointAccountID"].lower()]
        expect.same_number(account["AvailableBalance"], same["available_balance"], what=f"balance of {name} in Lookup")
        expect.same_number(account["LifeTimeValue"], same["life_time_value"], what=f"lifetime of {name} in Lookup")
        with expect.clause("LOYAL-27"):
            expect.equal(name, same["account_name"], what="name of an account in Lookup")
            expect.equal(
                account.get("GroupingLabel") or "", same.get("grouping_label") or "", what=f"label of {name} in Lookup"
            )
            its, beside = account.get("UserPointAccountID"), same.get("user_point_account_id")
            if its and beside:  # never touched: maybe one has none
                expect.same_id(its, beside, what=f"the customer's id of {name} in Lookup")
    listed = {account["PointAccountID"].lower() for account in looked_up}
    for point_account_id, account in shown.items():
        if Decimal(account["available_balance"]) != 0:
            expect.contains(sorted(listed), point_account_id, what="accounts with a balance in Lookup")


def _spend(api: Api, expect: Expect, customer: Customer, amount: str) -> dict[str, Any]:
    """Load a closed purchase of one line, paid by the customer, and return it."""
    line = {"line_id": "1", "item_id": "1", "quantity": "1", "unit_price": amount, "subtotal": amount}
    basket = api.transaction(items=[line], user_id=customer.user_id, is_closed="true")
    if not is_success(api.send_transaction(basket)):
        expect.unknown("the target did not take the purchase that was to earn points")
    return basket


def _judge_all(expect: Expect, user: Any, profile: Profile) -> None:
    _judge_sums(expect, user)
    _judge_owners(expect, user)
    levels = user["tier_details"]["tier_levels"]
    if profile.can("tiers") and levels:  # who is not in the program yet may have none
        level = level_of(user)
        _judge_tier(expect, user, level)
        _judge_rules(expect, user, level)
        for each in levels:
            _judge_ids(expect, each)
            _judge_rule_words(expect, each, user["tier_details"]["point_account_balances"]["details"])
            if each is not level:
                _judge_other_system(expect, user, each)


def _judge_rule_words(expect: Expect, level: Any, details: Any) -> None:
    """The accounts that a constraint names, and the numbers that say what a rule is."""
    called = {account["point_account_id"].lower(): account["account_name"] for account in details}
    rules = [r for tree in level.get("tier_progress") or [] for r in tree["rules"] if "target_balance" in r["rule"]]
    constraints = [one for r in rules for one in r["rule"].get("constraints") or [] if one.get("point_accounts")]
    with expect.clause("LOYAL-25"):
        expect.present(level, "tier_overview")
        for one in constraints:
            for name, words in one["point_accounts"].items():
                expect.equal(words, called.get(name.lower()), what="account that a constraint names, by its name")
    with expect.clause("LOYAL-26"):
        expect.present(level, "tier_overview")
        for r in rules:
            told = (r["discriminator"], r["rule"]["discriminator"], r["rule"]["comparison"])
            expect.equal(told, (2, 2048, 4), what="discriminators and comparison of a rule with a target_balance")
        for one in constraints:
            expect.equal(one["discriminator"], 8, what="discriminator of a constraint that names accounts")


def _judge_sums(expect: Expect, user: Any) -> None:
    kept = user["tier_details"]["point_account_balances"]
    details, summary = kept["details"], kept["summary"]
    with expect.clause("LOYAL-1"):
        total = sum(Decimal(account["available_balance"]) for account in details)
        expect.same_number(summary["total_points"], total, what="total_points beside the sum of the balances")
    with expect.clause("LOYAL-2"):
        earned = sum(Decimal(account["life_time_value"]) for account in details)
        expect.same_number(summary["life_time_points"], earned, what="life_time_points beside the sum of lifetimes")
    with expect.clause("LOYAL-3"):
        _judge_tier_points(expect, user, details)
    with expect.clause("LOYAL-5"):
        spendable = [a for a in details if str(a.get("grouping_label")).lower() == "spend"]
        alone = sum(Decimal(a["available_balance"]) for a in spendable)
        unlabelled = [Decimal(a["available_balance"]) for a in details if not a.get("grouping_label")]
        allowed = [alone, *(alone + escrow for escrow in unlabelled)]
        shown = Decimal(user["available_points"])
        expect.one_of(shown, allowed, what="available_points, spendable alone or with its escrow")
        if any(unlabelled):
            expect.observe("available_points", "spendable alone" if shown == alone else "spendable and its escrow")
    with expect.clause("LOYAL-23"):
        expect.present(user, "available_points")
    with expect.clause("LOYAL-8"):
        for account in details:
            if not account.get("user_point_account_id"):
                expect.same_number(account["available_balance"], 0, what="balance of an account never touched")
                expect.same_number(account["life_time_value"], 0, what="lifetime of an account never touched")
        expect.present(kept, "details")
    with expect.clause("LOYAL-19"):
        for account in details:
            balance, lifetime = Decimal(account["available_balance"]), Decimal(account["life_time_value"])
            expect.that(balance <= lifetime, what="balance beside lifetime value", expected=lifetime, observed=balance)


def _judge_tier_points(expect: Expect, user: Any, details: Any) -> None:
    """With several tier systems the label belongs to all of them: the accounts count that this system's rule names."""
    chosen, words = [a for a in details if str(a.get("grouping_label")).lower() == "tier"], "labelled Tier"
    if len(user["tier_details"]["tier_levels"]) > 1:
        named = _named_accounts(level_of(user))
        chosen, words = [a for a in details if a["point_account_id"].lower() in named], "that the tier's rule names"
        if not named or len(chosen) != len(named):
            expect.present(user, "tier_points")
            return
    qualifying = sum(Decimal(account["available_balance"]) for account in chosen)
    expect.same_number(user["tier_points"], qualifying, what=f"tier_points beside the accounts {words}")


def _named_accounts(level: Any) -> set[str]:
    """Ids of the point accounts that the constraints of a level's rules name."""
    rules = [r["rule"] for tree in level.get("tier_progress") or [] for r in tree["rules"]]
    constraints = [one for rule in rules if "target_balance" in rule for one in rule.get("constraints") or []]
    return {account.lower() for one in constraints for account in one.get("point_accounts") or {}}


def _judge_tier(expect: Expect, user: Any, level: Any) -> None:
    now, then = level["tier_overview"], level.get("next_tier_overview")
    with expect.clause("LOYAL-9"):
        expect.equal(user["tier"], now["name"], what="tier beside the name of the current tier")
    with expect.clause("LOYAL-10"):
        expect.present(now, "rank")
        if then:
            expect.equal(then["rank"], now["rank"] + 1, what="rank of the next tier")
    with expect.clause("LOYAL-11"):
        joined, entered = str(level["join_date"])[:19], user.get("tier_entered_at")
        if now["rank"] or entered:  # rank 0 is nobody's: who is not in the program may have entered nothing
            expect.same_instant(entered, joined, what="tier_entered_at beside join_date cut to the second")
        expect.present(level, "join_date")
    with expect.clause("LOYAL-22"):
        expect.present(user, "tier")
        ends, entered = user.get("tier_resets_at"), user.get("tier_entered_at")
        if ends and entered:
            what = "tier_resets_at after tier_entered_at"
            expect.that(str(ends) > str(entered), what=what, expected=f"after {entered}", observed=ends)


def _judge_rules(expect: Expect, user: Any, level: Any) -> None:
    rules = [r for tree in level.get("tier_progress") or [] for r in tree["rules"]]
    targets = [r for r in rules if "target_balance" in r["rule"]]
    with expect.clause("LOYAL-24"):
        led = bool(targets) or not level.get("next_tier_overview")
        what = "a rule with a target_balance below the top tier"
        expect.that(led, what=what, expected="at least one", observed=len(targets))
    with expect.clause("LOYAL-4"):
        expect.present(user, "tier_points")
        for r in targets:
            expect.same_number(r["query_result"], user["tier_points"], what="query_result beside tier_points")
    with expect.clause("LOYAL-12"):
        _judge_passed(expect, targets)
    target = targets[0]["rule"]["target_balance"] if level.get("next_tier_overview") and len(targets) == 1 else None
    with expect.clause("LOYAL-6"):
        missing = None if target is None else Decimal(target) - Decimal(user["tier_points"])
        _judge_distance(expect, user, level, "next_tier_points", missing, "target minus tier_points")
    with expect.clause("LOYAL-7"):
        _judge_distance(expect, user, level, "tier_ends_value", target, "target_balance")


def _judge_passed(expect: Expect, targets: Any) -> None:
    expect.that(True, what="rules with a target balance")
    for r in targets:
        reached = Decimal(r["query_result"]) >= Decimal(r["rule"]["target_balance"])
        expect.equal(r["rule_passed"], reached, what="rule_passed beside query_result >= target_balance")


def _judge_other_system(expect: Expect, user: Any, level: Any) -> None:
    """A level of a tier system that the user object does not speak of: what its own members say to each other."""
    details = user["tier_details"]["point_account_balances"]["details"]
    known = {account["point_account_id"].lower(): Decimal(account["available_balance"]) for account in details}
    targets = [r for tree in level.get("tier_progress") or [] for r in tree["rules"] if "target_balance" in r["rule"]]
    with expect.clause("LOYAL-4"):
        named = _named_accounts(level)
        if len(targets) == 1 and named and named <= set(known):
            counted = sum(known[account] for account in named)
            expect.same_number(targets[0]["query_result"], counted, what="query_result beside the accounts it names")
    with expect.clause("LOYAL-10"):
        if level.get("next_tier_overview"):
            above = level["tier_overview"]["rank"] + 1
            expect.equal(level["next_tier_overview"]["rank"], above, what="rank of the next tier")
    with expect.clause("LOYAL-12"):
        _judge_passed(expect, targets)


def _judge_distance(expect: Expect, user: Any, level: Any, name: str, expected: Any, formula: str) -> None:
    """What Unenrolled and Base (ranks 0 and 1) show is left open: nothing at all, or the way to the next tier."""
    silent = level["tier_overview"]["rank"] <= 1 and not user.get(name)
    if silent or expected is None:
        expect.that(True, what=f"{name}: no next tier, or nothing shown at the first ranks")
        return
    expect.same_number(user[name], expected, what=f"{name} beside {formula}")


def _judge_owners(expect: Expect, user: Any) -> None:
    details = user["tier_details"]
    kept = details["point_account_balances"]
    with expect.clause("LOYAL-13"):
        expect.same_id(kept["user_id"], user["id"], what="user_id of the balances")
        for level in details["tier_levels"]:
            expect.same_id(level["user_id"], user["id"], what="user_id of a tier level")
    with expect.clause("LOYAL-14"):
        expect.present(kept, "retailer_id")
        for level in details["tier_levels"]:
            rules = [r["rule"] for tree in level.get("tier_progress") or [] for r in tree["rules"]]
            repeated = [rule for rule in rules if rule.get("retailer_id")]  # rules of other kinds need not
            for holder in (*_overviews(level), *repeated):
                expect.same_id(holder["retailer_id"], kept["retailer_id"], what="retailer_id within tier_details")


def _overviews(level: Any) -> list[Any]:
    return [overview for overview in (level["tier_overview"], level.get("next_tier_overview")) if overview]


def _judge_ids(expect: Expect, level: Any) -> None:
    overviews = _overviews(level)
    rules = [(tree, r) for tree in level.get("tier_progress") or [] for r in tree["rules"]]
    with expect.clause("LOYAL-15"):
        for overview in overviews:
            expect.same_id(overview["tier_system_id"], level["tier_system_id"], what="tier_system_id of an overview")
    with expect.clause("LOYAL-16"):
        expect.same_id(level["tier_overview"]["id"], level["tier_level_id"], what="id of the current tier's overview")
    with expect.clause("LOYAL-20"):
        for overview in overviews:
            expect.equal(overview["status"], 2, what="status of a tier's overview")
    with expect.clause("LOYAL-17"):
        expect.present(level, "tier_overview")
        for tree, r in rules:
            expect.same_id(r["rule"]["id"], r["rule_id"], what="id of a rule beside rule_id")
            expect.same_id(r["tree_id"], tree["rule_tree_id"], what="tree_id of a rule")
            if r.get("parent_id") and r["rule"].get("parent_id"):
                expect.same_id(r["rule"]["parent_id"], r["parent_id"], what="parent_id within a rule")
            for constraint in r["rule"].get("constraints") or []:
                if constraint.get("rule_id"):
                    expect.same_id(constraint["rule_id"], r["rule_id"], what="rule_id of a constraint")
    with expect.clause("LOYAL-18"):
        expect.present(level, "tier_overview")
        for tree, r in rules:
            if r.get("parent_id"):
                known = [other["rule_id"].lower() for other in tree["rules"]]
                expect.contains(known, r["parent_id"].lower(), what="rules of the tree, for a rule's parent")
