"""A check that cannot fail proves nothing: for each clause a wrong answer that turns that very clause red."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

OTHER = "99999999-9999-4999-8999-999999999999"
LATE = "2099-01-01 00:00:00"
BALANCES = "user.tier_details.point_account_balances"
LEVEL = "user.tier_details.tier_levels.*"
ROW = "payload.results.*"
OFFER = "payload.0.offers.*"
HTML = b"<html>Bad Request</html>"
SECOND, THIRD, LATER = range(1, 2), range(2, 3), range(1, 99)

Make = Callable[[Any], Any]
"""Takes the rewriter, returns the rewrite that makes answers wrong."""


def told(row: Any, word: str, code: int) -> None:
    """Give every record of a history another state."""
    for one in row["payload"]["results"]:
        one["status_description"], one["status"] = word, code


def history(word: str, code: int = 7, among: range | None = None) -> Make:
    return lambda wrong: wrong.edit("user_offer_history", lambda document: told(document, word, code), among=among)


def put(operation: str, path: str, value: Any, among: range | None = None) -> Make:
    return lambda wrong: wrong.put(operation, path, value, among=among)


def drop(operation: str, path: str, among: range | None = None) -> Make:
    return lambda wrong: wrong.drop(operation, path, among=among)


def refuse(operation: str, among: range | None = None) -> Make:
    return lambda wrong: wrong.refuse(operation, among=among)


def honour(operation: str, payload: Any = None, among: range | None = None) -> Make:
    return lambda wrong: wrong.honour(operation, payload, among=among)


def answer(operation: str, status: int, body: bytes | None = None, among: range | None = None) -> Make:
    return lambda wrong: wrong.answer(operation, status, body, among=among)


def edit(operation: str, change: Callable[[Any], object], among: range | None = None) -> Make:
    return lambda wrong: wrong.edit(operation, change, among=among)


def balance(name: str, change: Callable[[int], int], among: range | None = None) -> Make:
    """Change the balance of the accounts whose names hold ``name``, and the total with it."""

    def of(document: Any) -> None:
        kept = document["user"].get("tier_details", {}).get("point_account_balances", {"details": []})
        for account in kept["details"]:
            if name in account["account_name"].lower():
                account["available_balance"] = change(account["available_balance"])
        if kept["details"]:
            kept["summary"]["total_points"] = sum(account["available_balance"] for account in kept["details"])

    return lambda wrong: wrong.edit("search_customers", of, among=among)


def locked_offer_back(document: Any, last: dict[str, Any]) -> None:
    """Put the offer that was locked last back into the wallet."""
    document["payload"][0]["offers"].append({**last["lock"]["payload"], "status": "INFO"})


def with_last(operation: str, change: Callable[[Any, dict[str, Any]], object], among: range | None = None) -> Make:
    return lambda wrong: wrong.edit(operation, lambda document: change(document, wrong.last), among=among)


def found_again(last: dict[str, Any]) -> Any:
    return last["create_customer"]["user"]


def created(last: dict[str, Any]) -> Any:
    """The e-mail address of the customer who was created last."""
    return last["create_customer"]["user"]["email"]


def wallet_again(last: dict[str, Any]) -> Any:
    user_id = last["create_customer"]["user"]["id"]
    return [{"user_reference_id": user_id, "user_account_id": user_id, "offers": [], "accounts": []}]


LOCK = {"reference_id": OTHER, "status": "LOCKED", "amount": 1, "discounted_line_ids": ["1"]}

WRONG: dict[str, Make] = {
    "SMOKE-1": put("search_customers", "user.id", OTHER),
    "SMOKE-2": put("fetch_offer", "payload.offer.id", OTHER),
    "SMOKE-3": put("lookup", "payload.0.offers", []),
    "SMOKE-4": refuse("lock"),
    "SMOKE-5": history("Issued", 1),
    "SMOKE-6": honour("lookup", []),
    "AUTH-1": answer("lock", 403),
    "AUTH-2": answer("create_offer", 400),
    "AUTH-3": answer("user_offer_history", 403),
    "AUTH-4": honour("search_customers", {"id": OTHER}),
    "AUTH-5": answer("lookup", 400),
    "AUTH-6": honour("search_customers", {"id": OTHER}),
    "AUTH-7": answer("fetch_offer", 401, HTML),
    "AUTH-8": history("Redeemed"),
    "AUTH-9": answer("lookup", 400),
    "AUTH-10": answer("lookup", 401, b'{"status": "error", "errors": "no such key: nobody-known"}'),
    "CUST-1": put("search_customers", "user.id", OTHER),
    "CUST-2": refuse("search_customers", among=SECOND),
    "CUST-3": refuse("search_customers", among=THIRD),
    "CUST-4": put("search_customers", "user.email", "somebody@example.com"),
    "CUST-5": put("search_customers", "user.user_profile", {}),
    "CUST-6": put("search_customers", "user.tier_details", {}),
    "CUST-7": put("search_customers", "user.identifiers", []),
    "CUST-8": drop("search_customers", "user.user_profile"),
    "CUST-9": drop("search_customers", "user.tier_details.tier_levels"),
    "CUST-10": put("search_customers", "user.identifiers", []),
    "CUST-11": drop("search_customers", "user.identifiers"),
    "CUST-12": put("search_customers", "user.first_name", "Another", among=SECOND),
    "CUST-13": put("search_customers", "user.identifiers", [], among=THIRD),
    "CUST-14": lambda wrong: wrong.on_refusal(
        "search_customers", lambda: b'{"status": "error", "errors": {"code": "not_found", "message": "no"}}'
    ),
    "CUST-15": honour("search_customers", {"id": OTHER}),
    "CUST-16": put("get_customer", "user.id", OTHER),
    "CUST-17": put("get_customer_by_external_id", "user.id", OTHER),
    "CUST-18": honour("get_customer", {"id": OTHER}),
    "CUST-19": lambda wrong: wrong.replay("search_customers", found_again),
    "CUST-20": drop("create_customer", "user.id"),
    "CUST-21": refuse("search_customers"),
    "CUST-22": put("search_customers", "user.first_name", "Zo?-?n?code"),
    "CUST-23": put("search_customers", "user.available_points", "12"),
    "CUST-24": put("create_customer", "user.id", 7),
    "CUST-25": lambda wrong: wrong.replay("search_customers", found_again),
    "CUST-26": lambda wrong: wrong.replay("search_customers", found_again),
    "LOYAL-1": put("search_customers", f"{BALANCES}.summary.total_points", 7),
    "LOYAL-2": put("search_customers", f"{BALANCES}.summary.life_time_points", 7),
    "LOYAL-3": put("search_customers", "user.tier_points", 77),
    "LOYAL-4": put("search_customers", f"{LEVEL}.tier_progress.*.rules.*.query_result", 5),
    "LOYAL-5": put("search_customers", "user.available_points", 77_777),
    "LOYAL-6": put("search_customers", "user.next_tier_points", 3),
    "LOYAL-7": put("search_customers", "user.tier_ends_value", 3),
    "LOYAL-8": put("search_customers", f"{BALANCES}.details.*.user_point_account_id", ""),
    "LOYAL-9": put("search_customers", f"{LEVEL}.tier_overview.name", "ANOTHER"),
    "LOYAL-10": put("search_customers", f"{LEVEL}.next_tier_overview.rank", 9),
    "LOYAL-11": put("search_customers", "user.tier_entered_at", LATE),
    "LOYAL-12": put("search_customers", f"{LEVEL}.tier_progress.*.rules.*.rule_passed", True),
    "LOYAL-13": put("search_customers", f"{LEVEL}.user_id", OTHER),
    "LOYAL-14": put("search_customers", f"{LEVEL}.next_tier_overview.retailer_id", OTHER),
    "LOYAL-15": put("search_customers", f"{LEVEL}.tier_overview.tier_system_id", OTHER),
    "LOYAL-16": put("search_customers", f"{LEVEL}.tier_level_id", OTHER),
    "LOYAL-17": put("search_customers", f"{LEVEL}.tier_progress.*.rules.*.tree_id", OTHER),
    "LOYAL-18": put("search_customers", f"{LEVEL}.tier_progress.*.rules.*.parent_id", OTHER),
    "LOYAL-19": put("search_customers", f"{BALANCES}.details.*.life_time_value", 0),
    "LOYAL-20": put("search_customers", f"{LEVEL}.tier_overview.status", 1),
    "LOYAL-21": put("lookup", "payload.0.accounts.*.AvailableBalance", 5),
    "LOYAL-22": put("search_customers", "user.tier_resets_at", "2001-01-01 00:00:00"),
    "LOYAL-24": drop("search_customers", f"{LEVEL}.tier_progress"),
    "CREATE-1": drop("create_offer", "payload.offer_id"),
    "CREATE-2": put("create_offer", "payload.root_offer_id", OTHER),
    "CREATE-3": put("create_offer", "payload.validation_errors", {"title": "too long"}),
    "CREATE-4": put("create_offer", "payload.revisioned", True),
    "CREATE-5": put("create_offer", "payload.new_status", 2),
    "CREATE-6": put("create_offer", "payload.state_transition", "created"),
    "CREATE-7": put("create_offer", "payload.new_status", 0, among=range(1)),
    "CREATE-8": put("create_offer", "payload.new_status", 0),
    "CREATE-9": put("create_offer", "payload.offer_id", OTHER),
    "CREATE-10": put("fetch_offer", "payload.offer.offer_type_id", "manual_fulfillment"),
    "CREATE-11": honour("create_offer", {"offer_id": OTHER, "validation_errors": {}}),
    "CREATE-12": honour("create_offer", {"offer_id": OTHER, "validation_errors": {}}),
    "CREATE-13": honour("create_offer", {"offer_id": OTHER}),
    "CREATE-14": honour("create_offer", {"offer_id": OTHER}),
    "CREATE-15": put("create_offer", "payload.new_status", 1),
    "CREATE-16": put("create_offer", "payload.validation_errors", "none"),
    "FETCH-1": put("fetch_offer", "payload.offer.id", OTHER),
    "FETCH-2": put("fetch_offer", "payload.offer.title", "Another"),
    "FETCH-3": put("fetch_offer", "payload.offer.offer_text.*.description", "Another"),
    "FETCH-4": put("fetch_offer", "payload.offer.offer_text.*.terms", "Another"),
    "FETCH-5": put("fetch_offer", "payload.offer.acquisition_start_date", "2020-02-28T19:00:00Z"),
    "FETCH-6": put("fetch_offer", "payload.offer.custom_data", '{"CustomAttribute":"CustomValue","n":[2,1]}'),
    "FETCH-7": put("fetch_offer", "payload.offer.validity_unit", "months"),
    "FETCH-8": put("fetch_offer", "payload.offer.reward_store", True),
    "FETCH-9": put("fetch_offer", "payload.offer.offer_type_id", "percent_check_discount"),
    "FETCH-10": put("fetch_offer", "payload.offer.retailer_id", OTHER),
    "FETCH-11": put("fetch_offer", "payload.offer.root_offer_id", OTHER),
    "FETCH-12": put("fetch_offer", "payload.offer.status", 0),
    "FETCH-13": refuse("fetch_offer", among=SECOND),
    "FETCH-14": put("fetch_offer", "payload.offer.title", "Caf? 5 ? ? ? price"),
    "FETCH-15": put("fetch_offer", "payload.offer.end_date", "2096-12-30T23:59:00Z"),
    "FETCH-16": put("fetch_offer", "payload.offer.title", "Café 5 € — ½ price"),
    "FETCH-17": honour("fetch_offer", {"offer": None}),
    "FETCH-18": refuse("fetch_offer", among=THIRD),
    "FETCH-19": honour("fetch_offer", {"offer": None}),
    "FETCH-20": honour("fetch_offer", {"offer": {}}),
    "FETCH-22": put("fetch_offer", "payload.offer.validity_period", "seven"),
    "ISSUE-1": put("lookup", "payload.0.offers", []),
    "ISSUE-2": history("Held", 1),
    "ISSUE-3": put("get_user_offers", "payload.user_offers", []),
    "ISSUE-4": put("issue_offer", "payload.status_list.*.offer_id", OTHER, among=range(1)),
    "ISSUE-5": edit("issue_offer", lambda document: document["payload"]["status_list"].pop(), among=THIRD),
    "ISSUE-6": put("issue_offer", "payload.status_list.*.user_offer_id", OTHER),
    "ISSUE-7": honour("issue_offer", {"status_list": [{"user_offer_id": OTHER}]}),
    "ISSUE-8": honour("issue_offer", {"status_list": [{"user_offer_id": OTHER}]}),
    "ISSUE-9": honour("issue_offer", {"status_list": [{"user_offer_id": OTHER}]}),
    "ISSUE-10": with_last(
        "lookup",
        lambda document, last: document["payload"][0]["offers"].append(
            {"reference_id": last["issue_offer"]["payload"]["status_list"][0]["user_offer_id"]}
        ),
    ),
    "ISSUE-11": history("Issued", 1),
    "ISSUE-12": honour("revoke_offer"),
    "ISSUE-15": put("issue_offer", "payload.status_list.*.pending_extended_data", "maybe"),
    "WALLET-1": edit("lookup", lambda document: document["payload"].append(document["payload"][0])),
    "WALLET-2": put("lookup", "payload.0.user_reference_id", OTHER),
    "WALLET-3": put("lookup", "payload.0.user_reference_id", OTHER),
    "WALLET-4": put("lookup", "payload.0.last_name", "Another"),
    "WALLET-5": put("lookup", f"{OFFER}.user_id", OTHER),
    "WALLET-6": put("lookup", f"{OFFER}.discount_source", "elsewhere"),
    "WALLET-7": put("lookup", f"{OFFER}.status", "LOCKED"),
    "WALLET-8": put("lookup", f"{OFFER}.amount", 5),
    "WALLET-9": edit("lookup", lambda document: document["payload"][0]["offers"].pop()),
    "WALLET-10": put("lookup", f"{OFFER}.display_name", "Another"),
    "WALLET-11": put("lookup", f"{OFFER}.amount", 4),
    "WALLET-12": put("lookup", f"{OFFER}.amount", 1.11),
    "WALLET-13": put("lookup", f"{OFFER}.discounted_line_ids", ["9"]),
    "WALLET-14": put("lookup", f"{OFFER}.amount", 2),
    "WALLET-15": put("lookup", f"{OFFER}.status", "LOCKED", among=SECOND),
    "WALLET-16": put("lookup", f"{OFFER}.amount", 0, among=SECOND),
    "WALLET-17": with_last("lookup", locked_offer_back),
    "WALLET-18": honour("lookup", [{"user_reference_id": OTHER}]),
    "WALLET-19": honour("lookup", []),
    "WALLET-20": lambda wrong: wrong.replay("lookup", wallet_again),
    "WALLET-21": put("get_user_offers", "payload.total_records", 9),
    "WALLET-22": with_last(
        "get_user_offers",
        lambda document, last: document["payload"]["user_offers"].append(
            {"user_offer_id": last["lock"]["payload"]["reference_id"]}
        ),
    ),
    "WALLET-23": edit("lookup", lambda document: document["payload"][0]["offers"].pop()),
    "WALLET-24": refuse("lookup"),
    "WALLET-28": put("lookup", "payload.0.points", "none"),
    "WALLET-29": put("get_user_offers", "payload.total_records", "one"),
    "HIST-1": edit(
        "user_offer_history",
        lambda document: document["payload"]["results"].append(document["payload"]["results"][0]),
    ),
    "HIST-2": history("Issued", 3, among=SECOND),
    "HIST-3": put("user_offer_history", f"{ROW}.offer_id", OTHER),
    "HIST-4": put("user_offer_history", f"{ROW}.offer_type", "another"),
    "HIST-5": put("user_offer_history", f"{ROW}.title", "Another"),
    "HIST-6": put("user_offer_history", f"{ROW}.redemption_end_date", "2001-01-01T00:00:00Z"),
    "HIST-7": history("Issued", 1, among=range(2, 9)),
    "HIST-8": put("user_offer_history", f"{ROW}.status", 1),
    "HIST-9": put("user_offer_history", "payload.total_records", 9),
    "HIST-10": put("user_offer_history", "payload.results.0.user_id", OTHER),
    "HIST-11": put("user_offer_history", "payload.results", [{"user_offer_id": OTHER}]),
    "HIST-12": put("lookup", "payload.0.offers", []),
    "HIST-13": put("user_offer_history", f"{ROW}.status", 1),
    "HIST-14": put("lock", "payload.applied_time", "2018-09-07T16:29:11.299505Z"),
    "HIST-16": drop("user_offer_history", f"{ROW}.acquire_date"),
    "LOCK-1": put("lock", "payload.status", "INFO"),
    "LOCK-2": put("lock", "payload.reference_id", OTHER),
    "LOCK-3": put("lock", "payload.user_id", OTHER),
    "LOCK-4": put("lock", "payload.amount", 4),
    "LOCK-5": put("lock", "payload.amount", 1),
    "LOCK-6": put("lock", "payload.discounted_line_ids", ["0"]),
    "LOCK-7": put("lookup", f"{OFFER}.amount", 0),
    "LOCK-8": put("lock", "payload.amount", 0.99),
    "LOCK-9": refuse("lock", among=THIRD),
    "LOCK-10": refuse("lock", among=SECOND),
    "LOCK-11": put("lock", "payload.amount", 1.10, among=LATER),
    "LOCK-12": honour("lock", LOCK),
    "LOCK-13": refuse("lock", among=range(2, 9)),
    "LOCK-14": honour("lock", LOCK),
    "LOCK-15": honour("lock", LOCK),
    "LOCK-16": honour("lock", LOCK),
    "LOCK-17": history("Redeemed"),
    "LOCK-18": put("lookup", f"{OFFER}.status", "LOCKED"),
    "LOCK-19": refuse("lock", among=SECOND),
    "LOCK-20": history("Locked"),
    "LOCK-21": honour("unlock"),
    "LOCK-22": honour("lock", LOCK),
    "LOCK-23": honour("lock", LOCK, among=range(2, 3)),
    "LOCK-24": refuse("lock"),
    "LOCK-25": refuse("lock", among=SECOND),
    "LOCK-26": put("lock", "payload.display_name", "Another"),
    "LOCK-27": refuse("lock"),
    "LOCK-28": put("lock", "payload.amount", 0, among=range(3, 9)),
    "LOCK-29": refuse("lock", among=range(3, 4)),
    "LOCK-32": drop("lock", "payload.amount"),
    "LOCK-33": drop("unlock", "payload"),
    "LOCK-34": refuse("lock"),
    "LOCK-35": put("lock", "payload.amount", 5),
    "LOCK-36": put("lock", "payload.discounted_line_ids", []),
    "LOCK-37": refuse("lock", among=SECOND),
    "REDEEM-31": refuse("send_transaction", among=SECOND),
    "REFUSE-27": answer("lookup", 401),
    "DECL-1": edit("user_offer_history", lambda document: document["payload"]["results"].reverse()),
    "DECL-2": drop("get_user_offers", "payload.user_offers.*.is_redeemable"),
    "DECL-3": put("fetch_offer", "payload.offer.title", "Another"),
    "DECL-4": put("user_offer_history", f"{ROW}.redemption_end_date", "2096-01-01T00:00:00Z"),
    "DECL-5": put("user_offer_history", f"{ROW}.redemption_end_date", "2096-01-01T00:00:00Z"),
    "DECL-6": refuse("create_customer", among=THIRD),
    "DECL-7": put("search_customers", f"{LEVEL}.tier_overview.rank", 1),
    "DECL-8": balance("escrow", lambda points: points + 50, among=range(2, 9)),
    "DECL-9": honour("lookup", [{"user_reference_id": OTHER}]),
    "DECL-10": honour("issue_offer", {"status_list": [{"user_offer_id": OTHER}]}),
    "DECL-11": balance("escrow", lambda points: points * 2, among=SECOND),
    "DECL-12": balance("escrow", lambda points: points * 2, among=THIRD),
    "DECL-13": put("lookup", "payload.0.offers", []),
    "DECL-14": put("search_customers", "user.available_points", 77),
    "DECL-15": put("lookup", "payload.0.points", 5),
    "DECL-16": balance("spendable account", lambda points: points + 20, among=range(3, 99)),
    "DECL-17": history("Redeemed"),
    "DECL-18": refuse("lock", among=THIRD),
    "DECL-19": answer("get_user_offers", 200, b'{"status": "ok", "payload": []}'),
    "DECL-20": put("search_customers", f"{BALANCES}.summary.life_time_points", 7),
    "DECL-21": put("lock", "payload.amount", 5),
    "DECL-22": put("lock", "payload.discounted_line_ids", ["1"]),
    "LOCK-38": put("lock", "payload.amount", 250),
    "DECL-23": answer("unlock", 404),
    "DECL-24": refuse("search_customers", among=SECOND),
    "DECL-25": honour("create_customer", {"id": OTHER}),
    "DECL-26": honour("create_offer", {"offer_id": OTHER}),
    "DECL-27": refuse("create_offer", among=THIRD),
    "DECL-28": answer("send_transaction", 500),
    "DECL-29": balance("escrow", lambda points: 0, among=range(1, 99)),
    "DECL-30": refuse("fetch_offer"),
    "DECL-31": answer("lookup", 415, among=SECOND),
    "DECL-32": drop("search_customers", "user.registered_at"),
    "DECL-33": honour("create_offer", {"offer_id": OTHER}),
    "DECL-34": edit("issue_offer", lambda document: document["payload"]["status_list"].pop()),
    "DECL-35": put("search_customers", "user.identifiers.*.external_id_type", ""),
    "DECL-36": put("fetch_offer", "payload.offer.offer_text.*.description", "An offer for you"),
    "DECL-37": put("lock", "payload.amount", 4),
    "REDEEM-29": refuse("send_transaction"),
    "REFUSE-26": answer("issue_offer", 500),
    "REDEEM-30": refuse("send_transaction", among=SECOND),
    "REDEEM-1": put("send_transaction", "payload", {"done": True}),
    "REDEEM-2": history("Locked"),
    "REDEEM-3": history("Redeemed"),
    "REDEEM-4": history("Locked"),
    "REDEEM-5": history("Redeemed"),
    "REDEEM-6": refuse("send_transaction"),
    "REDEEM-7": history("Locked"),
    "REDEEM-8": history("Locked"),
    "REDEEM-9": edit(
        "user_offer_history",
        lambda document: document["payload"]["results"].append(document["payload"]["results"][0]),
    ),
    "REDEEM-10": history("Redeemed"),
    "REDEEM-11": history("Redeemed"),
    "REDEEM-12": history("Issued", 1),
    "REDEEM-13": with_last(
        "lookup",
        lambda document, last: document["payload"][0]["offers"].append(
            {"reference_id": last["issue_offer"]["payload"]["status_list"][0]["user_offer_id"]}
        ),
    ),
    "REDEEM-14": honour("redeem"),
    "REDEEM-15": honour("redeem"),
    "REDEEM-16": honour("redeem"),
    "REDEEM-17": honour("redeem"),
    "REDEEM-18": put("lookup", "payload.0.offers", []),
    "REDEEM-19": refuse("lock"),
    "REDEEM-20": history("Redeemed"),
    "REDEEM-21": refuse("reinstate"),
    "REDEEM-22": honour("reinstate"),
    "REDEEM-23": history("Redeemed"),
    "REDEEM-27": put("send_transaction", "errors", "late"),
    "REDEEM-28": drop("redeem", "payload"),
    "REFUSE-1": honour("lookup", []),
    "REFUSE-2": answer("lock", 500),
    "REFUSE-3": honour("user_offer_history", {"results": []}),
    "REFUSE-4": answer("create_offer", 500),
    "REFUSE-5": honour("lock", LOCK),
    "REFUSE-6": answer("send_transaction", 400, HTML),
    "REFUSE-7": honour("lookup", [], among=range(5, 6)),
    "REFUSE-8": answer("search_customers", 404, b'{"status": "error", "errors": {"code": "user_not_found"}}'),
    "REFUSE-9": answer("fetch_offer", 404, b'{"status": "error", "payload": null, "errors": {}}'),
    "REFUSE-10": answer("lock", 404, b'{"status": "OK", "payload": null, "errors": null}'),
    "REFUSE-11": answer(
        "search_customers",
        404,
        b'{"status": "error", "errors": {"code": "user_not_found", "message": "no", "stack_trace": "at f()"}}',
    ),
    "REFUSE-13": answer("none", 200, b'{"status": "ok", "payload": null}'),
    "REFUSE-14": answer("none", 404, HTML),
    "REFUSE-15": answer("user_offer_history", 500),
    "REFUSE-16": answer("lookup", 500),
    "REFUSE-17": honour("lookup", [{"user_reference_id": OTHER}]),
    "REFUSE-18": answer("fetch_offer", 500),
    "REFUSE-19": answer("lookup", 500),
    "REFUSE-20": answer("lookup", 415, HTML),
    "REFUSE-21": honour("lookup", []),
    "REFUSE-22": refuse("lock", among=range(3, 9)),
    "REFUSE-23": honour("lock", LOCK),
    "REFUSE-24": honour("lookup", []),
    "REFUSE-25": answer("lookup", 500),
    "REFUSE-28": honour("lock", LOCK),
    "IDEM-1": put("lock", "payload.applied_time", "2026-01-01T00:00:01Z", among=SECOND),
    "IDEM-2": refuse("redeem", among=SECOND),
    "IDEM-3": balance("escrow", lambda points: points * 2, among=range(1, 9)),
    "IDEM-4": honour("lock", LOCK),
    "IDEM-5": history("Issued", 1),
    "IDEM-6": put("lock", "payload.amount", 1.10),
    "IDEM-7": put("lock", "payload.amount", 2, among=range(5, 6)),
    "IDEM-8": history("Locked", among=LATER),
    "PAGE-1": lambda wrong: wrong.edit(
        "user_offer_history",
        lambda document: document["payload"]["results"].extend(wrong.last["user_offer_history"]["payload"]["results"]),
        among=LATER,
    ),
    "PAGE-2": edit("user_offer_history", lambda document: document["payload"]["results"].pop(), among=range(5, 6)),
    "PAGE-3": edit(
        "user_offer_history",
        lambda document: document["payload"].update(total_records=len(document["payload"]["results"])),
    ),
    "PAGE-4": edit(
        "user_offer_history", lambda document: document["payload"]["results"].reverse(), among=range(11, 12)
    ),
    "PAGE-5": edit("user_offer_history", lambda document: document["payload"]["results"].pop(), among=range(13, 14)),
    "PAGE-6": put("user_offer_history", "payload.total_records", 0, among=range(14, 15)),
    "PAGE-7": lambda wrong: wrong.edit(
        "get_user_offers",
        lambda document: document["payload"]["user_offers"].extend(document["payload"]["user_offers"]),
        among=SECOND,
    ),
    "PAGE-8": edit("get_user_offers", lambda document: document["payload"]["user_offers"].pop(), among=range(4, 5)),
    "PAGE-9": edit(
        "get_user_offers",
        lambda document: document["payload"].update(total_records=len(document["payload"]["user_offers"])),
        among=range(7, 99),
    ),
    "ISOL-7": put("search_customers", f"{BALANCES}.details.*.user_point_account_id", OTHER),
    "ISOL-8": put("lookup", f"{OFFER}.amount", 5, among=SECOND),
    "ISOL-4": history("Redeemed"),
    "ISOL-5": history("Redeemed", among=THIRD),
    "ISOL-6": balance("escrow", lambda points: points + 1, among=range(3, 9)),
    "ISOL-9": lambda wrong: wrong.edit("lookup", lambda document: document.update(nearby=created(wrong.last))),
    "KEEP-1": history("Issued", 1, among=SECOND),
    "KEEP-2": put("lookup", "payload.0.offers", []),
    "KEEP-3": put("fetch_offer", "payload.offer.title", "Another", among=SECOND),
    "KEEP-4": put("search_customers", "user.id", OTHER, among=SECOND),
    "KEEP-5": balance("escrow", lambda points: 0, among=range(4, 99)),
    "POINTS-1": balance("escrow", lambda points: 0),
    "POINTS-2": balance("acme spendable account", lambda points: points + 5, among=LATER),
    "POINTS-3": balance("tier", lambda points: points + 20, among=range(4, 99)),
    "POINTS-4": put("search_customers", "user.tier", "ANOTHER", among=range(5, 99)),
    "POINTS-5": balance("escrow", lambda points: points * 2, among=range(4, 99)),
    "POINTS-6": balance("escrow", lambda points: points + 25, among=range(5, 99)),
    "POINTS-7": balance("escrow", lambda points: points + 1, among=LATER),
    "POINTS-8": balance("escrow", lambda points: points + 1, among=range(5, 6)),
    "POINTS-18": balance("escrow", lambda points: points + 1, among=range(3, 99)),
    "POINTS-9": balance("tier", lambda points: points * 2),
    "POINTS-10": put("search_customers", f"{BALANCES}.summary.life_time_points", 0),
    "POINTS-11": balance("escrow", lambda points: points + 80, among=SECOND),
    "POINTS-12": balance("escrow", lambda points: points + 1, among=range(3, 99)),
    "POINTS-17": balance("escrow", lambda points: 0),
    "TIME-1": balance("spendable escrow", lambda points: 100, among=range(3, 9)),
    "TIME-2": balance("tier", lambda points: 0, among=range(3, 9)),
    "TIME-3": balance("escrow", lambda points: 0, among=THIRD),
    "TIME-4": put("search_customers", f"{LEVEL}.tier_overview.rank", 1),
    "TIME-5": balance("spendable account", lambda points: points * 2, among=range(3, 9)),
    "TIME-6": put("search_customers", "user.next_tier_points", 5),
    "TIME-7": put("search_customers", "user.tier_resets_at", "2028-01-01 00:00:00"),
    "TIME-9": with_last(
        "lookup",
        lambda document, last: document["payload"][0]["offers"].append(
            {"reference_id": last["issue_offer"]["payload"]["status_list"][0]["user_offer_id"]}
        ),
    ),
    "TIME-10": honour("lock", LOCK),
    "TIME-11": history("Issued", 1),
    "TIME-12": put("lookup", "payload.0.offers", []),
}
"""A wrong answer for each clause; those below are made by other means."""

ARGUMENTS: dict[str, dict[str, Any]] = {
    "test_another_services_pair_is_refused_with_401": {"operation": "search_customers"},
    "test_a_header_that_is_no_basic_pair_is_refused_with_401": {"header": "Bearer abcdef"},
}


def _names_credentials(bench: Any) -> bytes:
    secret = bench.profile.services["core"].secret.reveal()
    return f'{{"status": "error", "errors": {{"code": "no", "message": "{secret} is wrong"}}}}'.encode()


def _first_check(bench: Any, clause: str) -> str:
    early = "test_05_put_aside.py"  # it only puts aside what another check looks at
    names: list[str] = [
        name for name, check in bench.checks.items() if clause in check.clauses and check.module != early
    ]
    return names[0]


@pytest.mark.parametrize("clause", WRONG)
def test_a_wrong_answer_turns_the_clause_red(clause: str, bench: Any, clauses: Any, wrong: Any) -> None:
    rewrite = WRONG[clause](wrong)
    shaped = clauses[clause].get("shapes")
    if shaped:
        runs = [bench.run(name, rewrite, **ARGUMENTS.get(name, {})) for name in _calling(bench, shaped)]
        assert set(shaped) & {operation for run in runs for operation in run.shapes}
        return
    name = _first_check(bench, clause)
    run = bench.run(name, rewrite, **ARGUMENTS.get(name, {}))
    assert run.verdicts[clause] == "fail", run.problems


def _calling(bench: Any, operations: list[str]) -> list[str]:
    """Checks whose modules are about these operations: the first few are enough to see one answer of each."""
    about = {
        "search_customers": "test_the_customer_is_found_by_each_identifier",
        "create_customer": "test_a_created_customer_has_an_id_and_is_found",
        "create_offer": "test_publish_may_be_a_json_value",
        "fetch_offer": "test_what_was_created_comes_back",
        "issue_offer": "test_issuing_names_a_new_user_offer_each_time",
        "lookup": "test_lookup_answers_the_customer_and_the_wallet",
        "get_user_offers": "test_get_user_offers_lists_what_lookup_holds",
        "user_offer_history": "test_every_issued_offer_has_one_record_that_describes_it",
        "lock": "test_a_lock_answers_the_discount",
        "unlock": "test_an_unlocked_offer_is_free_again",
        "send_transaction": "test_a_closed_transaction_redeems_the_offer_it_hands_back",
        "redeem": "test_redeeming_at_once",
        "*": "test_an_issued_offer_is_in_wallet_list_and_history",
    }
    return [about[operation] for operation in operations if operation in about]


@pytest.mark.parametrize(
    ("clause", "operation", "listed"),
    [
        ("ISOL-1", "lookup", "offers"),
        ("ISOL-2", "user_offer_history", "results"),
        ("ISOL-3", "get_user_offers", "user_offers"),
    ],
)
def test_what_one_customer_sees_of_another_turns_isolation_red(
    clause: str, operation: str, listed: str, bench: Any
) -> None:
    issued: list[str] = []

    def leak(called: str, asked: bytes, status: int, body: bytes) -> tuple[int, bytes]:
        document = json.loads(body)
        if called == "issue_offer":
            issued.append(document["payload"]["status_list"][0]["user_offer_id"])
        elif called == operation:
            holder = document["payload"][0] if operation == "lookup" else document["payload"]
            holder[listed].append({"reference_id": issued[0], "user_offer_id": issued[0]})
        return status, json.dumps(document).encode()

    name = _first_check(bench, clause)
    run = bench.run(name, leak)
    assert run.verdicts[clause] == "fail", run.problems


def test_a_secret_in_a_refusal_turns_the_clause_red(bench: Any, wrong: Any) -> None:
    run = bench.run(
        "test_a_refusal_gives_nothing_away", wrong.answer("search_customers", 404, _names_credentials(bench))
    )
    assert run.verdicts["REFUSE-12"] == "fail"


def test_every_clause_that_judges_has_a_wrong_answer(clauses: Any) -> None:
    elsewhere = {"ISOL-1", "ISOL-2", "ISOL-3", "REFUSE-12"}
    by_liars = ("SURF", "CONC", "JOURN")  # one answer does not break these: see tests/surface, journeys and selfcheck
    judging = {name for name, entry in clauses.items() if entry["strength"] != "info" and not entry.get("unchecked")}
    assert {name for name in judging - set(WRONG) - elsewhere if not name.startswith(by_liars)} == set()


@pytest.mark.slow
def test_right_answers_turn_nothing_red(bench: Any) -> None:
    red = {}
    for name in bench.checks:
        run = bench.run(name, **ARGUMENTS.get(name, {}))
        if run.problems or run.shapes:
            red[name] = [*run.problems, *run.shapes]
    assert red == {}
