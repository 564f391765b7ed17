"""The arithmetic within one customer object: sums, tiers, targets, owners (Core Loyalty Data, the object tables)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from offerproof.judgement.accounts import parts_of
from offerproof.judgement.oracle.calls import ident, number, rows
from offerproof.judgement.oracle.ruling import Judgement

_ZERO = Decimal(0)


def judge_identities(case: Judgement, user: Mapping[str, Any]) -> None:
    """Judge one customer object that carries tier_details."""
    details = user["tier_details"]
    kept = details.get("point_account_balances")
    if isinstance(kept, Mapping):
        _sums(case, user, kept, rows(details.get("tier_levels")))
        _untouched(case, rows(kept.get("details")))
        owner = kept.get("user_id")
        case.check(ident(owner) == ident(user.get("id")), "LOYAL-13", "user_id of the balances", user.get("id"), owner)
    levels = rows(details.get("tier_levels"))
    for level in levels:
        owner = level.get("user_id")
        case.check(ident(owner) == ident(user.get("id")), "LOYAL-13", "user_id of a tier level", user.get("id"), owner)
    if len(levels) > 1:  # of several tier systems the user object speaks of one
        levels = [level for level in levels if (level.get("tier_overview") or {}).get("name") == user.get("tier")]
    if case.world.choices.tiers and len(levels) == 1:
        _tier(case, user, levels[0])


def family_sums(details: Sequence[Mapping[str, Any]]) -> tuple[Decimal, Decimal]:
    """Return the points of the spendable and of the tier-qualifying family, each with its escrow."""
    spendable, tier = _ZERO, _ZERO
    for account, part in zip(details, parts_of(details), strict=True):
        balance = number(account.get("available_balance")) or _ZERO
        if part in ("tier", "tier_escrow"):
            tier += balance
        else:
            spendable += balance
    return spendable, tier


def _total(details: Sequence[Mapping[str, Any]], member: str, label: str | None = None) -> Decimal:
    return sum(
        (
            number(one.get(member)) or _ZERO
            for one in details
            if label is None or str(one.get("grouping_label") or "").lower() == label
        ),
        _ZERO,
    )


def _same(case: Judgement, clause: str, what: str, expected: Decimal, observed: Any) -> None:
    if observed is not None:
        case.check(number(observed) == expected, clause, what, str(expected), str(observed))


def _sums(
    case: Judgement, user: Mapping[str, Any], kept: Mapping[str, Any], levels: Sequence[Mapping[str, Any]]
) -> None:
    details = rows(kept.get("details"))
    summary = kept.get("summary")
    if isinstance(summary, Mapping):
        balance, lifetime = _total(details, "available_balance"), _total(details, "life_time_value")
        _same(case, "LOYAL-1", "total_points beside the balances", balance, summary.get("total_points"))
        _same(case, "LOYAL-2", "life_time_points beside the lifetimes", lifetime, summary.get("life_time_points"))
    labels = {str(one.get("grouping_label") or "").lower() for one in details}
    if "tier" in labels and len(levels) < 2:  # with several tier systems the label belongs to all of them
        qualifying = _total(details, "available_balance", "tier")
        _same(case, "LOYAL-3", "tier_points beside the accounts labelled Tier", qualifying, user.get("tier_points"))
    if "spend" in labels and user.get("available_points") is not None:
        spendable = _total(details, "available_balance", "spend")
        escrows = [number(one.get("available_balance")) or _ZERO for one in details if not one.get("grouping_label")]
        allowed = {spendable, *(spendable + one for one in escrows)}
        shown = number(user["available_points"])
        case.check(
            shown in allowed,
            "LOYAL-5",
            "available_points",
            sorted(str(one) for one in allowed),
            user["available_points"],
        )


def _untouched(case: Judgement, details: Sequence[Mapping[str, Any]]) -> None:
    for one in details:
        balance, lifetime = number(one.get("available_balance")), number(one.get("life_time_value"))
        if "user_point_account_id" in one and not one["user_point_account_id"]:
            case.check(not balance and not lifetime, "LOYAL-8", "points of an account never touched", "0", balance)
        if balance is not None and lifetime is not None:
            case.check(balance <= lifetime, "LOYAL-19", "balance beside lifetime", f"at most {lifetime}", str(balance))


def _tier(case: Judgement, user: Mapping[str, Any], level: Mapping[str, Any]) -> None:
    now, then = level.get("tier_overview"), level.get("next_tier_overview")
    if not isinstance(now, Mapping):
        return
    if user.get("tier") is not None:
        case.check(user["tier"] == now.get("name"), "LOYAL-9", "tier of the customer", now.get("name"), user["tier"])
    for overview in (now, then):
        if isinstance(overview, Mapping) and overview.get("tier_system_id") is not None:
            system = overview["tier_system_id"]
            same = ident(system) == ident(level.get("tier_system_id"))
            case.check(same, "LOYAL-15", "tier_system_id of an overview", level.get("tier_system_id"), system)
    entered, joined = user.get("tier_entered_at"), level.get("join_date")
    if isinstance(entered, str) and isinstance(joined, str):
        cut = joined[:19].replace("T", " ")
        case.check(entered[:19].replace("T", " ") == cut, "LOYAL-11", "tier_entered_at beside join_date", cut, entered)
    if isinstance(then, Mapping):
        rank = number(now.get("rank"))
        if rank is not None:
            _same(case, "LOYAL-10", "rank of the next tier", rank + 1, then.get("rank"))
    rank = number(now.get("rank"))
    _targets(case, user, level, below_top=bool(then), first=rank is not None and rank <= 1)


def _targets(
    case: Judgement, user: Mapping[str, Any], level: Mapping[str, Any], *, below_top: bool, first: bool
) -> None:
    """``first``: of the first two ranks it is left open whether they show the way up, or nothing (absent, null, 0)."""
    leaves = [leaf for tree in rows(level.get("tier_progress")) for leaf in rows(tree.get("rules"))]
    aims = [(leaf, leaf["rule"]) for leaf in leaves if isinstance(leaf.get("rule"), Mapping)]
    aims = [(leaf, rule) for leaf, rule in aims if number(rule.get("target_balance")) is not None]
    points = number(user.get("tier_points"))
    for leaf, rule in aims:
        reached, target = number(leaf.get("query_result")), number(rule.get("target_balance")) or _ZERO
        if reached is None:
            continue
        if points is not None:
            _same(case, "LOYAL-4", "query_result beside tier_points", points, leaf.get("query_result"))
        passed = leaf.get("rule_passed")
        if isinstance(passed, bool):
            case.check(passed == (reached >= target), "LOYAL-12", "rule_passed", reached >= target, passed)
    if below_top and len(aims) == 1 and points is not None:
        target = number(aims[0][1].get("target_balance")) or _ZERO
        for clause, name, wanted in (
            ("LOYAL-6", "next_tier_points", target - points),
            ("LOYAL-7", "tier_ends_value", target),
        ):
            if not (first and number(user.get(name)) == 0):
                _same(case, clause, name, wanted, user.get(name))
