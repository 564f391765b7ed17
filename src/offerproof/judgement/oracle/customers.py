"""Rules on customers: who is found, with which members, and whether points add up, in one answer and over calls."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from offerproof.judgement.accounts import parts_of
from offerproof.judgement.oracle.calls import ident, number, rows, truth
from offerproof.judgement.oracle.ruling import Judgement
from offerproof.judgement.oracle.world import Person, PointsRead, SentTransaction

_SEARCHED = {"email": "email", "external_id": "external_id", "mobile_number": "phone"}
_FLAGS = {
    "user_profile": ("user[user_profile]", "CUST-5", "CUST-8"),
    "tier_details": ("expand_incentives", "CUST-6", "CUST-9"),
    "identifiers": ("show_identifiers", "CUST-7", "CUST-10"),
}
_ZERO = Decimal(0)
_PLAIN = re.compile(r"[A-Za-z0-9@._+-]{1,100}")


def create(case: Judgement) -> None:
    """A created customer has an id; from now on the identifiers given must find this customer."""
    wanted = case.call.request.get("user")
    if not case.accepted or not isinstance(wanted, Mapping):
        return
    user = case.call.payload
    user_id = user.get("id") if isinstance(user, Mapping) else None
    if not case.check(bool(ident(user_id)), "CUST-20", "id of a created customer", "an id", user_id):
        return
    known = case.world.people
    fresh = case.check(ident(user_id) not in known, "CUST-20", "id of a created customer", "a new one", "a known one")
    if not fresh:
        return
    phones = wanted.get("phone_numbers")
    listed = rows(phones)[0].get("phone_number") if rows(phones) else None
    given = {
        "email": wanted.get("email"),
        "external_id": wanted.get("external_id"),
        "phone": wanted.get("mobile_number") or listed,
    }
    names = {name: str(wanted[name]) for name in ("first_name", "last_name") if isinstance(wanted.get(name), str)}
    identifiers = {name: value for name, value in given.items() if isinstance(value, str) and value}
    known[ident(user_id)] = Person(str(user_id), identifiers, names)


def search(case: Judgement) -> None:
    """A search finds the customer that has the identifier, and nobody when nobody has it."""
    request, operation = case.call.request, case.call.operation
    people = case.world.people
    if operation == "get_customer":
        found = {ident(request.get("user_id"))} & set(people)
        clause, sole = "CUST-18" if not found else "CUST-16", True
    else:
        wanted = {kind: request[name] for name, kind in _SEARCHED.items() if request.get(name)}
        if not wanted:
            case.must_refuse("CUST-15", "a search that names no identifier")
            return
        found = {
            key
            for key, one in people.items()
            if any(ident(one.identifiers.get(kind)) == ident(value) for kind, value in wanted.items())
        }
        sole = len(wanted) == 1
        kind = next(iter(wanted))
        clause = {"email": "CUST-1", "external_id": "CUST-2", "phone": "CUST-3"}[kind] if found else "CUST-14"
        if operation == "get_customer_by_external_id":
            clause = "CUST-17" if found else "CUST-18"
    if not sole or len(found) > 1:
        return
    if not found:
        case.must_refuse(clause, "a search for an identifier nobody has")
        return
    key = next(iter(found))
    if _exactly(people[key], request, operation):
        case.must_accept(clause, "a search by an identifier of one customer")
    user = case.call.payload
    if not case.accepted or not isinstance(user, Mapping):
        return
    if case.check(ident(user.get("id")) == key, clause, "id of the customer found", key, user.get("id")):
        _judge_user(case, key, user)


def _exactly(person: Person, request: Mapping[str, Any], operation: str) -> bool:
    """Tell whether the request names the customer just as they were made known, in ordinary characters."""
    if operation == "get_customer":
        return request.get("user_id") == person.user_id
    wanted = {person.identifiers.get(kind): request[name] for name, kind in _SEARCHED.items() if request.get(name)}
    return all(known == asked and _PLAIN.fullmatch(str(asked)) is not None for known, asked in wanted.items())


def _judge_user(case: Judgement, key: str, user: Mapping[str, Any]) -> None:
    person = case.world.people[key]
    for name in ("external_id", "email"):
        known, shown = person.identifiers.get(name), user.get(name)
        if known is not None and shown is not None:
            case.check(ident(shown) == ident(known), "CUST-4", f"{name} of the customer", known, shown)
    for name, given in person.names.items():
        if user.get(name) is not None:
            case.check(user[name] == given, "CUST-22", f"{name} of the customer", given, user[name])
    for member, (flag, without, with_it) in _FLAGS.items():
        asked = truth(case.call.request.get(flag))
        if asked:
            case.check(member in user, with_it, f"member {member}", "present", "absent")
        elif case.call.request.get(flag) is None:
            case.check(member not in user, without, f"member {member}", "absent", "present")
    if isinstance(user.get("tier_details"), Mapping):
        judge_identities(case, user)
        kept = user["tier_details"].get("point_account_balances")
        if isinstance(kept, Mapping):
            _judge_points_read(case, key, rows(kept.get("details")))


# Points over several calls


def same_accounts(case: Judgement, owner: str, accounts: Sequence[Mapping[str, Any]]) -> None:
    """Lookup's accounts show the balances that the customer search showed, when nothing was sent since."""
    person = case.world.people[owner]
    if person.points_read is None or person.moved or not accounts:
        return
    shown, known = _ZERO, _ZERO  # the sum: escrow may roll over between two calls, then single accounts differ
    for account in accounts:
        seen = person.points_read.details.get(ident(account.get("PointAccountID")))
        balance = number(account.get("AvailableBalance"))
        if seen is None or balance is None:
            return
        shown, known = shown + balance, known + seen[0]
    if len(accounts) == len(person.points_read.details):
        case.check(shown == known, "LOYAL-21", "points of Lookup's accounts", str(known), str(shown))


def transaction_sent(case: Judgement, asked: Mapping[str, Any], before: SentTransaction | None) -> None:
    """Note that points of the payers (and of the owners of its discounts) may move from now on.

    ``before``: its newest earlier sending; a full return names nobody, and takes back what those who paid then gained.
    """
    transaction = str(asked["transaction_id"]).lower()
    paying = {str(one.get("user_id")) for one in rows(asked.get("payments"))} | (before.payers if before else set())
    payers = {ident(one) for one in paying}
    payers |= {ident(one.get("user_id")) for one in rows(asked.get("discounts"))}
    named = {ident(one.get("reference_id")) for one in rows(asked.get("discounts"))}
    payers |= {case.world.held[key].owner or "" for key in named if key in case.world.held}
    payers |= {key for key, one in case.world.people.items() if paying & set(one.identifiers.values())}
    end = case.call.ended if case.call.ended is not None else 2**62
    for key in payers & set(case.world.people):
        person = case.world.people[key]
        case.world.people[key] = replace(
            person,
            moved=(*person.moved, transaction),
            moved_until=max(person.moved_until, end + case.world.choices.settle),
            may_gain=case.world.choices.issue_rule or person.may_gain,
        )


def _judge_points_read(case: Judgement, key: str, details: Sequence[Mapping[str, Any]]) -> None:
    """Sums of a family stay where nothing was sent, grow alike in both families, and a full return takes all back."""
    spendable, tier = family_sums(details)
    person = case.world.people[key]
    accounts = {
        ident(one.get("point_account_id")): (
            number(one.get("available_balance")) or _ZERO,
            number(one.get("life_time_value")) or _ZERO,
        )
        for one in details
    }
    points_read = PointsRead(spendable, tier, case.call.started, accounts)
    settled = case.call.started > person.moved_until
    if person.points_read is not None:
        gained = (spendable - person.points_read.spendable, tier - person.points_read.tier)
        if not person.moved:
            _unmoved(case, gained)
        elif settled and len(set(person.moved)) == 1:
            _moved_by_one(case, key, person.moved[0], gained)
        elif settled:
            for one in person.moved:
                case.world.contributions[one] = None
    elif person.moved and settled:
        for one in person.moved:
            case.world.contributions[one] = None
    if settled or not person.moved:
        case.world.people[key] = replace(person, points_read=points_read, moved=(), moved_until=0)


def _unmoved(case: Judgement, gained: tuple[Decimal, Decimal]) -> None:
    for family, change in zip(("spendable", "tier-qualifying"), gained, strict=True):
        what = f"points of the {family} family although nothing new was sent"
        case.check(change == 0, "ISOL-6", what, "as before", f"{change:+}")


def _moved_by_one(case: Judgement, key: str, transaction: str, gained: tuple[Decimal, Decimal]) -> None:
    """One transaction was sent since the last reading: its own points are the difference."""
    sent = case.world.sent.get(transaction)
    had = case.world.contributions.get(transaction, (_ZERO, _ZERO))
    sole = sent is not None and sent.sure and sent.owner in (None, key)
    if had is None or sent is None or not sole:
        case.world.contributions[transaction] = None
        case.world.read_as.pop(transaction, None)
        return
    now = (had[0] + gained[0], had[1] + gained[1])
    if sent.closed and sent.owner == key and case.world.read_as.get(transaction) == sent.substance:
        what = "points of a closed transaction sent again, newer, with the same lines"
        case.check(now == had, "POINTS-6", what, f"{had[0]} and {had[1]}", f"{now[0]} and {now[1]}")
    case.world.read_as[transaction] = sent.substance
    if case.world.choices.earn and sent.closed:
        case.check(
            now[0] == now[1], "POINTS-9", "points of a transaction in its two families", str(now[0]), str(now[1])
        )
        if sent.empty and not case.world.choices.empty_is_return:
            pass  # what a transaction without items means is open
        elif sent.empty:
            what = "points of a transaction whose items all went back"
            case.check(now == (_ZERO, _ZERO), "POINTS-3", what, "0", f"{now[0]} and {now[1]}")
        else:
            case.check(min(now) >= 0, "POINTS-1", "points of a transaction", "none or more", f"{now[0]} and {now[1]}")
    case.world.contributions[transaction] = now


# The arithmetic within one customer object: sums, tiers, targets, owners (Core Loyalty Data, the object tables)


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
        if not one.get("user_point_account_id"):
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
