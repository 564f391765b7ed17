"""Defects of points and tiers as they are shown: sums, targets, ids that do not fit together."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import Document, replace, rewrite
from offerproof.simulator.planting import Hit

if TYPE_CHECKING:
    from offerproof.simulator.app import App

_FETCHES = ("search_customers", "get_customer", "get_customer_by_external_id")
_OTHER = "00000000-0000-4000-8000-000000000001"


def _users(app: App, hit: Hit, change: Any) -> None:
    """Change ``user`` in every answer of Core that shows a customer."""
    for operation in _FETCHES:
        rewrite(app, hit, operation, lambda document: change(document["user"]))


def _detailed(app: App, hit: Hit, change: Any) -> None:
    """Change ``user`` where it has tier_details; ``change`` gets the user and the first tier level."""

    def maybe(user: Document) -> None:
        if "tier_details" in user:
            change(user, user["tier_details"]["tier_levels"][0])

    _users(app, hit, maybe)


def _accounts(user: Document) -> list[Document]:
    found: list[Document] = user["tier_details"]["point_account_balances"]["details"]
    return found


def _rules(level: Document) -> list[Document]:
    return [rule for tree in level.get("tier_progress") or [] for rule in tree["rules"]]


@defect("life-time-forgets-escrow", "identities", "LOYAL-2", "summary.life_time_points leaves out the escrow accounts")
def _(app: App, hit: Hit) -> None:
    def change(user: Document, level: Document) -> None:
        summary = user["tier_details"]["point_account_balances"]["summary"]
        summary["life_time_points"] = sum(one["life_time_value"] for one in _accounts(user) if one["grouping_label"])

    _detailed(app, hit, change)


@defect("tier-points-with-escrow", "identities", "LOYAL-3", "tier_points count the points that are still in escrow")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def standing(customer: Any) -> Any:
            result = original(customer)
            holding = customer.holdings[1] if customer.holdings else None
            if holding is not None and holding.escrow is not None and holding.escrow.balance:
                hit()
                result.tier_points += holding.escrow.balance
            return result

        return standing

    replace(app, app.program.tiers, "standing", make)


@defect("query-result-is-old", "identities", "LOYAL-4", "query_result is what it was on entry into the tier")
def _(app: App, hit: Hit) -> None:
    def change(user: Document, level: Document) -> None:
        for rule in _rules(level):
            if "query_result" in rule:
                rule["query_result"] = 0

    _detailed(app, hit, change)


@defect("available-counts-tier-points", "identities", "LOYAL-5", "available_points add the tier-qualifying points")
def _(app: App, hit: Hit) -> None:
    _users(app, hit, lambda user: user.update(available_points=user["available_points"] + user["tier_points"]))


@defect("tier-ends-value-shrinks", "identities", "LOYAL-7", "tier_ends_value is what is missing, not the target")
def _(app: App, hit: Hit) -> None:
    _users(app, hit, lambda user: user.update(tier_ends_value=user["next_tier_points"]))


@defect("account-id-is-lost", "identities", "LOYAL-8", "escrow accounts with points have no user_point_account_id")
def _(app: App, hit: Hit) -> None:
    def change(user: Document, level: Document) -> None:
        for one in _accounts(user):
            if not one["grouping_label"] and one["available_balance"]:
                one["user_point_account_id"] = ""

    _detailed(app, hit, change)


@defect("tier-in-small-letters", "identities", "LOYAL-9", "tier is not spelled as the tier's overview spells it")
def _(app: App, hit: Hit) -> None:
    _users(app, hit, lambda user: user.update(tier=user["tier"].lower()))


@defect("next-rank-skips-one", "identities", "LOYAL-10", "the next tier's rank is two above the present one")
def _(app: App, hit: Hit) -> None:
    def change(user: Document, level: Document) -> None:
        if level.get("next_tier_overview"):
            level["next_tier_overview"]["rank"] += 1

    _detailed(app, hit, change)


@defect("entered-in-local-time", "identities", "LOYAL-11", "tier_entered_at is in the server's zone, not in UTC")
def _(app: App, hit: Hit) -> None:
    def change(user: Document) -> None:
        entered = user["tier_entered_at"]
        user["tier_entered_at"] = f"{entered[:11]}{(int(entered[11:13]) + 19) % 24:02d}{entered[13:]}"

    _users(app, hit, change)


@defect("rule-passed-too-soon", "identities", "LOYAL-12", "rule_passed is true as soon as there are any points")
def _(app: App, hit: Hit) -> None:
    def change(user: Document, level: Document) -> None:
        for rule in _rules(level):
            if Decimal(str(rule.get("query_result", 0))) > 0:
                rule["rule_passed"] = True

    _detailed(app, hit, change)


@defect("progress-of-nobody", "identities", "LOYAL-24", "the way to the next tier is shown without its rules")
def _(app: App, hit: Hit) -> None:
    def change(user: Document, level: Document) -> None:
        for tree in level.get("tier_progress") or []:
            tree["rules"] = []

    _detailed(app, hit, change)


@defect("tier-level-of-another", "identities", "LOYAL-13", "the tier level names the customer who was shown before")
def _(app: App, hit: Hit) -> None:
    shown: list[str] = []

    def change(user: Document, level: Document) -> None:
        before = shown[-1] if shown else user["id"]
        shown.append(user["id"])
        level["user_id"] = before

    _detailed(app, hit, change)


@defect("retailer-of-the-rule", "identities", "LOYAL-14", "the rules of the next tier carry another retailer_id")
def _(app: App, hit: Hit) -> None:
    def change(user: Document, level: Document) -> None:
        for rule in _rules(level):
            rule["rule"]["retailer_id"] = _OTHER

    _detailed(app, hit, change)


@defect("overview-names-its-level", "identities", "LOYAL-15", "an overview's tier_system_id is the id of its level")
def _(app: App, hit: Hit) -> None:
    def change(user: Document, level: Document) -> None:
        level["tier_overview"]["tier_system_id"] = level["tier_overview"]["id"]

    _detailed(app, hit, change)


@defect("lookup-balances-are-old", "identities", "LOYAL-21", "Lookup shows escrow accounts as empty")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        for customer in document["payload"]:
            for account in customer["accounts"]:
                if not account["GroupingLabel"]:
                    account["AvailableBalance"] = 0

    rewrite(app, hit, "lookup", change)
