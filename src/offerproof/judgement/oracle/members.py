"""Rules on single members of an answer, beside its request and the offer that it is about.

The checks of the contract ask for these one by one; where nobody asks and only answers pass (recorded traffic), every
answer is held to them. A member that is not there says nothing: that is for the schemas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from offerproof.judgement.histories import Seen, seen_in_history
from offerproof.judgement.oracle.calls import ident, number, rows, truth
from offerproof.judgement.oracle.ruling import Judgement
from offerproof.judgement.oracle.world import Held, Made

_PUBLISHED: Final = "created_new-(unknown_status>published)"


def judge_members(case: Judgement) -> None:
    """Judge the members of a success."""
    rule = _RULES.get(case.call.operation)
    if rule is not None and case.accepted:
        rule(case)


def _same(case: Judgement, clause: str, what: str, expected: Any, observed: Any) -> None:
    """Expect the same id or word in any letter case, where both are there."""
    if isinstance(expected, str) and isinstance(observed, str):
        case.check(ident(observed) == ident(expected), clause, what, expected, observed)


def _instants(case: Judgement, clause: str, what: str, expected: Any, observed: Any) -> None:
    wanted, shown = _instant(expected), _instant(observed)
    if wanted is not None and shown is not None:
        case.check(wanted == shown, clause, what, expected, observed)


def _instant(value: Any) -> datetime | None:
    """Read an instant in any documented spelling; without a zone it is UTC."""
    if not isinstance(value, str):
        return None
    whole, dot, rest = value.strip().partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    try:
        read = datetime.fromisoformat(f"{whole}.{rest[:digits][:6]:0<6}{rest[digits:]}" if dot else whole)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _customer(case: Judgement) -> None:
    user = case.call.payload
    if not isinstance(user, Mapping):
        return
    listed, own = user.get("identifiers"), user.get("external_id")
    if isinstance(listed, list) and isinstance(own, str) and own:
        ids = [one.get("external_id") for one in rows(listed)]
        case.check(own in ids, "CUST-10", "external ids among the identifiers", own, ids)
    ends, entered = user.get("tier_resets_at"), user.get("tier_entered_at")
    if isinstance(ends, str) and isinstance(entered, str):
        case.check(ends > entered, "LOYAL-22", "tier_resets_at beside tier_entered_at", f"after {entered}", ends)
    details = user.get("tier_details")
    if isinstance(details, Mapping):
        kept = details.get("point_account_balances")
        retailer = kept.get("retailer_id") if isinstance(kept, Mapping) else None
        for level in rows(details.get("tier_levels")):
            _level(case, level, retailer)


def _level(case: Judgement, level: Mapping[str, Any], retailer: Any) -> None:
    overviews = [
        one for one in (level.get("tier_overview"), level.get("next_tier_overview")) if isinstance(one, Mapping)
    ]
    for overview in overviews:
        _same(case, "LOYAL-14", "retailer_id of an overview", retailer, overview.get("retailer_id"))
        if overview.get("status") is not None:
            shown = overview["status"]
            case.check(number(shown) == 2, "LOYAL-20", "status of a tier's overview", 2, shown)
    if isinstance(level.get("tier_overview"), Mapping):
        named = level["tier_overview"].get("id")
        _same(case, "LOYAL-16", "id of the current tier's overview", level.get("tier_level_id"), named)
    trees = rows(level.get("tier_progress"))
    if isinstance(level.get("next_tier_overview"), Mapping):
        leads = [
            one for tree in trees for one in rows(tree.get("rules")) if "target_balance" in (one.get("rule") or {})
        ]
        case.check(bool(leads), "LOYAL-24", "rules with a target_balance below the top tier", "one at least", "none")
    for tree in trees:
        for one in rows(tree.get("rules")):
            _tier_rule(case, tree, one, retailer)


def _tier_rule(case: Judgement, tree: Mapping[str, Any], entry: Mapping[str, Any], retailer: Any) -> None:
    held = entry.get("rule")
    rule: Mapping[str, Any] = held if isinstance(held, Mapping) else {}
    if rule.get("retailer_id"):
        _same(case, "LOYAL-14", "retailer_id of a rule", retailer, rule["retailer_id"])
    _same(case, "LOYAL-17", "id of a rule beside rule_id", entry.get("rule_id"), rule.get("id"))
    _same(case, "LOYAL-17", "tree_id of a rule", tree.get("rule_tree_id"), entry.get("tree_id"))
    if entry.get("parent_id"):
        if rule.get("parent_id"):
            _same(case, "LOYAL-17", "parent_id within a rule", entry["parent_id"], rule["parent_id"])
        known = {ident(one.get("rule_id")) for one in rows(tree.get("rules"))}
        inside = ident(entry["parent_id"]) in known
        case.check(inside, "LOYAL-18", "parent of a rule", "a rule of the same tree", "none of them")
    for constraint in rows(rule.get("constraints")):
        if constraint.get("rule_id"):
            _same(case, "LOYAL-17", "rule_id of a constraint", entry.get("rule_id"), constraint["rule_id"])


def _created(case: Judgement) -> None:
    payload = case.call.payload
    if not isinstance(payload, Mapping) or payload.get("validation_errors"):
        return
    if truth(case.call.request.get("publish")):
        _same(case, "CREATE-6", "state_transition of a published offer", _PUBLISHED, payload.get("state_transition"))


def _fetched(case: Judgement) -> None:
    payload = case.call.payload
    offer = payload.get("offer") if isinstance(payload, Mapping) else None
    made = case.world.offers.get(ident(case.call.request.get("offer_id")))
    if not isinstance(offer, Mapping) or made is None or not made.plain:
        return
    common = made.body["common_config"]
    for clause, shown, asked in (
        ("FETCH-5", "acquisition_start_date", "acquisition_start_date"),
        ("FETCH-5", "acquisition_end_date", "acquisition_end_date"),
        ("FETCH-15", "start_date", "acquisition_start_date"),
        ("FETCH-15", "end_date", "acquisition_end_date"),
    ):
        _instants(case, clause, f"{shown} of the fetched offer", common.get(asked), offer.get(shown))
    for name in ("reward_store", "valid_after_end_date"):
        wanted, shown_flag = truth(common.get(name)), truth(offer.get(name))
        if wanted is not None and shown_flag is not None:
            case.check(shown_flag == wanted, "FETCH-8", f"{name} of the fetched offer", wanted, shown_flag)
    _same(case, "FETCH-10", "retailer_id of the offer", made.body.get("retailer_id"), offer.get("retailer_id"))
    _same(case, "FETCH-11", "root_offer_id of the offer", made.root, offer.get("root_offer_id"))
    wanted_terms = rows(made.body.get("text_config"))[0].get("terms_and_conditions")
    told = [one.get("terms") for one in rows(offer.get("offer_text")) if one.get("terms") is not None]
    if told and str(case.call.request.get("culture") or "en").lower().startswith("en"):
        case.check(wanted_terms in told, "FETCH-4", "terms of the fetched offer", wanted_terms, told)


def _issued(case: Judgement) -> None:
    payload = case.call.payload
    for one in rows(payload.get("status_list")) if isinstance(payload, Mapping) else ():
        _same(case, "ISSUE-4", "offer of the issue", case.call.asked.get("offer_id"), one.get("offer_id"))


def _wallet(case: Judgement) -> None:
    priced = isinstance(case.call.asked.get("transaction"), Mapping)
    for customer in rows(case.call.payload):
        for offer in rows(customer.get("offers")):
            _discount(case, offer, "WALLET-6", "WALLET-10")
            if not priced and str(offer.get("status")).upper() == "INFO":
                amount, when = offer.get("amount"), offer.get("applied_time")
                case.check(not number(amount or 0), "WALLET-8", "amount without a transaction", 0, amount)
                case.check(when is None, "WALLET-8", "applied_time without a transaction", None, when)


def _discount(case: Judgement, offer: Mapping[str, Any], kind: str, name: str) -> None:
    _same(case, kind, "reference_id_type of an offer", "userofferid", offer.get("reference_id_type"))
    if kind == "WALLET-6":
        _same(case, "WALLET-36", "discount_source of an offer", "sessionm", offer.get("discount_source"))
    made = _made(case, ident(offer.get("reference_id")))[1]
    if made is not None and made.plain and isinstance(offer.get("display_name"), str):
        title = rows(made.body.get("text_config"))[0].get("title")
        case.check(offer["display_name"] == title, name, "display_name of an offer", title, offer["display_name"])


def _locked(case: Judgement) -> None:
    if isinstance(case.call.payload, Mapping):
        _discount(case, case.call.payload, "LOCK-2", "LOCK-26")


def _made(case: Judgement, key: str) -> tuple[Held | None, Made | None]:
    """A user offer, and the offer that it is of, as far as they are known."""
    held = case.world.held.get(key)
    return held, case.world.offers.get(held.offer_id or "") if held else None


def _listed(case: Judgement) -> None:
    asked, payload = case.call.asked, case.call.payload
    if not isinstance(payload, Mapping):
        return
    listed, take = rows(payload.get("user_offers")), number(asked.get("take"))
    total = number(payload.get("total_records"))
    if number(asked.get("skip")) == 0 and take is not None and take > len(listed) and total is not None:
        whole = total == len(listed) or (not case.world.choices.whole_pages and total > len(listed) > 0)
        case.check(whole, "WALLET-21", "total_records of get_user_offers", len(listed), total)


def _records(case: Judgement) -> None:
    payload = case.call.payload
    told: dict[str, str] = {}
    for record in rows(payload.get("results")) if isinstance(payload, Mapping) else ():
        starts, ends = _instant(record.get("redemption_start_date")), _instant(record.get("redemption_end_date"))
        if starts is not None and ends is not None:
            case.check(starts < ends, "HIST-6", "end of the redemption window", "after its start", "before it")
        held, made = _made(case, ident(record.get("user_offer_id")))
        if held is not None and held.offer_id:
            _same(case, "HIST-3", "offer_id of a history record", held.offer_id, record.get("offer_id"))
        if made is not None and made.plain:
            texts = rows(made.body.get("text_config"))[0]
            _same(case, "HIST-4", "offer_type of a record", made.body.get("offer_type"), record.get("offer_type"))
            if record.get("description") is not None:
                wanted, shown = texts.get("description"), record["description"]
                case.check(shown == wanted, "HIST-5", "description of a history record", wanted, shown)
        word, code = str(record.get("status_description", "")).lower(), str(record.get("status", ""))
        if code and (word == "issued" or seen_in_history(word) in (Seen.REDEEMED, Seen.REVOKED)):
            other = told.setdefault(code, word)
            case.check(other == word, "HIST-13", "descriptions of one code", other, word)


_RULES: Final[Mapping[str, Callable[[Judgement], None]]] = {
    "search_customers": _customer,
    "get_customer": _customer,
    "get_customer_by_external_id": _customer,
    "create_offer": _created,
    "fetch_offer": _fetched,
    "issue_offer": _issued,
    "lookup": _wallet,
    "lock": _locked,
    "get_user_offers": _listed,
    "user_offer_history": _records,
}
