"""Points and tiers of a customer as they are shown: sums, targets, ids that do not fit together."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from offerproof.defects import program, wire
from offerproof.defects.asked import Document
from offerproof.defects.patches import replace
from offerproof.defects.rewrites import BALANCES, LEVEL, LOOKUP, OTHER, USERS, drop, edit, put, revise, turn
from offerproof.defects.wire import Flow, Rewrite

if TYPE_CHECKING:
    from offerproof.simulator.app import App
    from offerproof.simulator.planting import Hit

ACCOUNT = f"{BALANCES}.details.*"
RULE = f"{LEVEL}.tier_progress.*.rules.*"


def standing(change: Callable[[Document], object]) -> Rewrite:
    """Change ``user`` in place, in every answer of Core that shows a customer."""
    return edit(USERS, "user", change)


def without_escrow(total: str, value: str) -> Rewrite:
    """Let a sum leave out the accounts that have no label."""

    def change(shown: Document) -> None:
        shown["summary"][total] = sum(one[value] for one in shown["details"] if one["grouping_label"])

    return edit(USERS, BALANCES, change)


def emptied(account: Document) -> None:
    """Take the id of an escrow account that has points."""
    if not account["grouping_label"] and account["available_balance"]:
        account["user_point_account_id"] = ""


def five_hours_back(text: str) -> str:
    """Tell an instant by another clock."""
    return f"{text[:11]}{(int(text[11:13]) + 19) % 24:02d}{text[13:]}"


def passed_soon(rule: Document) -> None:
    """Call a rule passed when there are any points."""
    if Decimal(str(rule.get("query_result", 0))) > 0:
        rule["rule_passed"] = True


def nothing_passed_outside(level: Document) -> None:
    """Call no rule passed while the customer is in no tier."""
    if level["tier_overview"]["rank"] == 0:
        for tree in level.get("tier_progress") or ():
            for rule in tree["rules"]:
                rule["rule_passed"] = False


def worth_more(account: Document) -> None:
    """Let a balance be more than was ever earned."""
    account["life_time_value"] = max(0, account["available_balance"] - 1)


def of_the_one_before(flow: Flow, level: Document) -> None:
    """Let the tier level name the customer who was shown before."""
    before = flow.memory.notes["shown"]
    level["user_id"], before["last"] = before.get("last", level["user_id"]), level["user_id"]


def with_tier_escrow(user: Document) -> None:
    """Count the escrow of the tier-qualifying family in."""
    accounts = user.get("tier_details", {}).get("point_account_balances", {}).get("details", ())
    escrow = [one for one in accounts if not one["grouping_label"] and "tier" in one["account_name"].lower()]
    user["tier_points"] += sum(one["available_balance"] for one in escrow)


wire("total-points-forget-escrow", "identities", "LOYAL-1", "summary.total_points leaves out the escrow accounts")(
    without_escrow("total_points", "available_balance")
)
wire("life-time-forgets-escrow", "identities", "LOYAL-2", "summary.life_time_points leaves out the escrow accounts")(
    without_escrow("life_time_points", "life_time_value")
)
wire("tier-points-with-escrow", "identities", "LOYAL-3", "tier_points count the points that are still in escrow")(
    standing(with_tier_escrow)
)
wire("query-result-is-old", "identities", "LOYAL-4", "query_result is what it was on entry into the tier")(
    turn(USERS, f"{RULE}.query_result", lambda points: 0)
)
wire("available-counts-tier-points", "identities", "LOYAL-5", "available_points add the tier-qualifying points")(
    standing(lambda user: user.update(available_points=user["available_points"] + user["tier_points"]))
)
wire(
    "next-tier-points-stand-still", "identities", "LOYAL-6", "next_tier_points stays at the target, whatever was earned"
)(standing(lambda user: user.update(next_tier_points=user["tier_ends_value"])))
wire("tier-ends-value-shrinks", "identities", "LOYAL-7", "tier_ends_value is what is missing, not the target")(
    standing(lambda user: user.update(tier_ends_value=user["next_tier_points"]))
)
wire("account-id-is-lost", "identities", "LOYAL-8", "escrow accounts with points have no user_point_account_id")(
    edit(USERS, ACCOUNT, emptied)
)
wire("tier-in-small-letters", "identities", "LOYAL-9", "tier is not spelled as the tier's overview spells it")(
    turn(USERS, "user.tier", str.lower)
)
wire("next-rank-skips-one", "identities", "LOYAL-10", "the next tier's rank is two above the present one")(
    turn(USERS, f"{LEVEL}.next_tier_overview.rank", lambda rank: rank + 1)
)
wire("entered-in-local-time", "identities", "LOYAL-11", "tier_entered_at is in the server's zone, not in UTC")(
    turn(USERS, "user.tier_entered_at", five_hours_back)
)
wire("outsiders-pass-nothing", "identities", "LOYAL-12", "who is not in the program passes no rule, at 0 of 0 points")(
    edit(USERS, LEVEL, nothing_passed_outside)
)
wire("rule-passed-too-soon", "identities", "LOYAL-12", "rule_passed is true as soon as there are any points")(
    edit(USERS, RULE, passed_soon)
)
wire("tier-level-of-another", "identities", "LOYAL-13", "the tier level names the customer who was shown before")(
    revise(USERS, LEVEL, of_the_one_before)
)
wire("retailer-of-the-rule", "identities", "LOYAL-14", "the rules of the next tier carry another retailer_id")(
    put(USERS, f"{RULE}.rule.retailer_id", OTHER)
)
wire("retailer-of-the-overview", "identities", "LOYAL-14", "the overview of the next tier carries another retailer_id")(
    put(USERS, f"{LEVEL}.next_tier_overview.retailer_id", OTHER)
)
wire("overview-names-its-level", "identities", "LOYAL-15", "an overview's tier_system_id is the id of its level")(
    edit(USERS, f"{LEVEL}.tier_overview", lambda overview: overview.update(tier_system_id=overview["id"]))
)
wire("tier-level-of-its-own", "identities", "LOYAL-16", "tier_level_id is no id of the tier's overview")(
    put(USERS, f"{LEVEL}.tier_level_id", OTHER)
)
wire("rule-of-another-tree", "identities", "LOYAL-17", "the rules of a tree name another tree")(
    put(USERS, f"{RULE}.tree_id", OTHER)
)
wire("rule-without-parent", "identities", "LOYAL-18", "the parent of a rule stands in no tree")(
    put(USERS, f"{RULE}.parent_id", OTHER)
)
wire("balance-above-lifetime", "identities", "LOYAL-19", "an account holds more than was ever put into it")(
    edit(USERS, ACCOUNT, worth_more)
)
wire("overview-is-a-draft", "identities", "LOYAL-20", "the overview of the current tier has status 1")(
    put(USERS, f"{LEVEL}.tier_overview.status", 1)
)
wire("lookup-balances-are-old", "identities", "LOYAL-21", "Lookup shows escrow accounts as empty")(
    edit(
        LOOKUP,
        "payload.*.accounts.*",
        lambda account: account.update(
            AvailableBalance=0 if not account["GroupingLabel"] else account["AvailableBalance"]
        ),
    )
)
wire("tier-ends-before-it-begins", "identities", "LOYAL-22", "a tier expires in the year before it was entered")(
    put(USERS, "user.tier_resets_at", "2001-01-01 00:00:00")
)
wire("next-tier-without-progress", "identities", "LOYAL-24", "the way to the next tier is not shown")(
    drop(USERS, f"{LEVEL}.tier_progress")
)
wire("progress-of-nobody", "identities", "LOYAL-24", "the way to the next tier is shown without its rules")(
    put(USERS, f"{LEVEL}.tier_progress.*.rules", [])
)


def other_account(constraint: Document) -> None:
    """Name accounts that the customer has not."""
    if constraint.get("point_accounts"):
        constraint["point_accounts"] = {OTHER: "Points"}


def touched(account: Document) -> None:
    """Give an account of Lookup that was touched another id of the customer's."""
    if account["UserPointAccountID"]:
        account["UserPointAccountID"] = OTHER


wire("constraint-names-no-account", "identities", "LOYAL-25", "the constraint of a rule names an account nobody has")(
    edit(USERS, f"{RULE}.rule.constraints.*", other_account)
)
wire("rule-compares-otherwise", "identities", "LOYAL-26", "a rule with a target_balance has comparison 5")(
    turn(USERS, f"{RULE}.rule.comparison", lambda comparison: 5)
)
wire("lookup-labels-nothing", "identities", "LOYAL-27", "the accounts of Lookup have no label")(
    turn(LOOKUP, "payload.*.accounts.*.GroupingLabel", lambda label: "")
)
wire("lookup-accounts-of-another", "identities", "LOYAL-27", "the accounts of Lookup have ids of another customer")(
    edit(LOOKUP, "payload.*.accounts.*", touched)
)
wire("next-tier-of-last-year", "identities", "LOYAL-28", "next_tier_overview bears a name that the tier had before")(
    turn(USERS, f"{LEVEL}.next_tier_overview.name", lambda name: f"{name} 2019")
)
wire("next-tier-has-an-id-of-its-own", "identities", "LOYAL-29", "next_tier_overview has an id that no tier has")(
    turn(USERS, f"{LEVEL}.next_tier_overview.id", lambda name: OTHER)
)


@program("target-must-be-passed", "identities", "LOYAL-30", "a tier takes a point more than its target_balance")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def level_reached(membership: Any) -> Any:
            reached = original(membership)
            if reached.rank < 2 or app.program.tiers.standing(membership.customer).tier_points != reached.threshold:
                return reached
            hit()
            return membership.system.levels[reached.rank - 1]

        return level_reached

    replace(app, app.program.tiers, "level_reached", make)
