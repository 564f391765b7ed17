"""Dialects of targets that do as little as they may: fewer kinds, smaller pages, views that lag behind each other."""

from __future__ import annotations

import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.dialects.proxy import Answer
from tests.dialects.rewriting import Dialect, each_object, is_success

SETTLE_MS = 500
LAG_S = 0.2
STATE_CHANGES = {"lock", "unlock", "redeem", "reinstate", "issue_offer", "revoke_offer"}


def _refusal(code: str) -> Answer:
    errors = {"code": code, "type": code, "message": code}
    document = {"status": "error", "payload": None, "errors": errors}
    return Answer(422, json.dumps(document).encode(), (("Content-Type", "application/json"),))


def _rewriting(change: Callable[[Any, Any], None]) -> Any:
    def layer(forward: Any) -> Any:
        def answer(call: Any) -> Any:
            came = forward(call)
            document = came.document()
            if not isinstance(document, dict) or call.path.startswith("/_control"):
                return came
            change(call, document)
            return came.saying(document)

        return answer

    return layer


def _unless(objection: Callable[[Any, Any], str | None]) -> Any:
    """A reception that refuses what it has something against, once it knows who asks."""

    def layer(forward: Any) -> Any:
        def answer(call: Any) -> Any:
            asked = call.asked() if call.body else None
            code = objection(call, asked) if isinstance(asked, dict) else None
            stranger = code is not None and forward(call.asking({})).status == 401
            return forward(call) if code is None or stranger else _refusal(code)

        return answer

    return layer


# What is known of offers and rules


def _is_discount(call: Any, asked: Any) -> str | None:
    kind = asked.get("offer_type") if call.operation == "create_offer" else None
    return "no_such_type" if isinstance(kind, str) and kind.endswith(("check_discount", "item_discount")) else None


def objecting_in_the_payload(forward: Any) -> Any:
    """Keep what cannot be published as a draft, and say in validation_errors why: odd dates, and what is too long."""

    def answer(call: Any) -> Any:
        came = forward(call)
        document = came.document()
        odd = b"+02:00" in call.body or b"-0345" in call.body or len(call.body) > 4_000
        if call.operation == "create_offer" and odd and is_success(document):
            draft = str(uuid.uuid4())
            document["payload"].update(
                offer_id=draft,
                root_offer_id=draft,
                new_status=Decimal(0),
                state_transition="created_new-(unknown_status>draft)",
                validation_errors={"offer": ["cannot be published as it is"]},
            )
            return came.saying(document)
        return came

    return answer


def _other_rules(call: Any, document: Any) -> None:
    """Beside the rule with a target a rule of another kind, of which only the common members are known."""
    user = document.get("user")
    for level in user.get("tier_details", {}).get("tier_levels", []) if isinstance(user, dict) else []:
        for tree in level.get("tier_progress") or []:
            leaf = next(node for node in tree["rules"] if node["discriminator"] == 2)
            for node in tree["rules"]:
                if node is not leaf:
                    node["rule"].pop("retailer_id", None)
            rule_id = str(uuid.uuid5(uuid.NAMESPACE_OID, leaf["rule_id"]))
            rule = {"discriminator": Decimal(4096), "id": rule_id}
            rule["constraints"] = [{"discriminator": Decimal(16), "id": rule_id}]
            other = {"rule_id": rule_id, "rule": rule, "rule_passed": False, "query_result": Decimal(0)}
            tree["rules"].append({**leaf, **other})


# What customers show


def _moving(call: Any, document: Any) -> None:
    user = document.get("user")
    if isinstance(user, dict) and "updated_at" in user:
        count = next(_READ)
        user["updated_at"] = f"2026-01-01 00:00:{count % 60:02d}"
        user["proxy_ids"] = ["first", "second"][:: 1 if count % 2 else -1]


_READ = itertools.count()


def zero_below_silver(forward: Any) -> Any:
    """Show 0 as the way up from the first two ranks, also where the answer does not name the rank."""
    lowest: set[str] = set()

    def answer(call: Any) -> Any:
        came = forward(call)
        document = came.document()
        user = document.get("user") if isinstance(document, dict) else None
        if not isinstance(user, dict) or "tier" not in user:
            return came
        for level in user.get("tier_details", {}).get("tier_levels", []):
            overview = level["tier_overview"]
            (lowest.add if overview["rank"] <= 1 else lowest.discard)(overview["name"])
        if not lowest:
            lowest.update(("Base", "Unenrolled"))
        if user["tier"] in lowest:
            user.update(next_tier_points=Decimal(0), tier_ends_value=Decimal(0))
        return came.saying(document)

    return answer


# How a basket is read


def _unbalanced(call: Any, asked: Any) -> str | None:
    """What a careful till service has against a basket: a subtotal that is not the sum of its lines (tax aside)."""
    payload = asked.get("request_payload")
    if call.operation not in ("lock", "redeem", "lookup", "send_transaction") or not isinstance(payload, dict):
        return None
    basket: Any = payload if call.operation == "send_transaction" else payload.get("transaction")
    try:
        lines = sum((Decimal(str(line["subtotal"])) for line in basket["items"]), Decimal())
        total, tax = Decimal(str(basket["subtotal"])), str(basket.get("tax_total") or basket.get("TaxTotal") or 0)
        return None if total in (lines, lines + Decimal(tax)) else "unbalanced"
    except (TypeError, LookupError, ArithmeticError):
        return None


# What shows later than something else


class _Behind:
    """One view goes on showing what was, for a while after each transaction; the others show its effects at once."""

    def __init__(self, forward: Any) -> None:
        self._forward = forward
        self._kept: dict[str, tuple[float, Any]] = {}
        self._guard = threading.RLock()

    def __call__(self, call: Any) -> Any:
        with self._guard:
            asked = call.asked() if call.operation == "send_transaction" else None
            if isinstance(asked, dict) and isinstance(asked.get("request_payload"), dict):
                self._remember(call, asked)
            elif call.operation in STATE_CHANGES:
                self._kept.clear()
            came = self._forward(call)
            document = came.document()
            shown = isinstance(document, dict) and is_success(document) and self._shown(call, document)
            return came.saying(document) if shown else came

    def _remember(self, call: Any, asked: Any) -> None:
        for payment in asked["request_payload"].get("payments") or []:
            user_id = str(payment.get("user_id")).lower() if isinstance(payment, dict) else ""
            if user_id and self._still(user_id) is None:
                before = self._look(call, asked, user_id)
                document = before.document() if before else None
                if isinstance(document, dict) and is_success(document):
                    self._kept[user_id] = (time.monotonic() + LAG_S, document)

    def _still(self, user_id: str) -> Any:
        until, document = self._kept.get(user_id.lower(), (0.0, None))
        return document if until > time.monotonic() else None

    def _look(self, call: Any, asked: Any, user_id: str) -> Any:
        raise NotImplementedError

    def _shown(self, call: Any, document: Any) -> bool:
        raise NotImplementedError


class WalletBehind(_Behind):
    """Lookup knows of a transaction later than the history and the customer search."""

    def _look(self, call: Any, asked: Any, user_id: str) -> Any:
        fresh = {**asked, "request_id": str(uuid.uuid4()), "request_payload": {"user_id": user_id}}
        lookup = replace(call, method="POST", path="/api/2.0/Lookup", operation="lookup")
        return self._forward(lookup.asking(fresh))

    def _shown(self, call: Any, document: Any) -> bool:
        if call.operation != "lookup" or call.asked()["request_payload"].get("transaction"):
            return False
        before = [self._still(one["user_reference_id"]) for one in document["payload"]]
        if len(before) != 1 or before[0] is None:
            return False
        document.update(before[0])
        return True


class TierEscrowBehind(_Behind):
    """Points arrive in the tier-qualifying escrow later than in the spendable one."""

    def __init__(self, forward: Any) -> None:
        super().__init__(forward)
        self._searches: dict[str, Any] = {}

    def _look(self, call: Any, asked: Any, user_id: str) -> Any:
        search = self._searches.get(user_id)
        return self._forward(search) if search else None

    def _shown(self, call: Any, document: Any) -> bool:
        user = document.get("user")
        if not isinstance(user, dict) or "tier_details" not in user:
            return False
        self._searches[user["id"].lower()] = call
        before = self._still(user["id"])
        if before is None:
            return False
        was = {
            one["point_account_id"]: one for one in before["user"]["tier_details"]["point_account_balances"]["details"]
        }
        now = user["tier_details"]["point_account_balances"]
        for account in now["details"]:
            if "tier" in account["account_name"].lower() and "escrow" in account["account_name"].lower():
                account.update(was[account["point_account_id"]])
        now["summary"]["total_points"] = sum(account["available_balance"] for account in now["details"])
        now["summary"]["life_time_points"] = sum(account["life_time_value"] for account in now["details"])
        return True


def _nameless(call: Any, document: Any) -> None:
    def empty(one: dict[str, Any]) -> None:
        for name in ("user_point_account_id", "UserPointAccountID", "grouping_label", "GroupingLabel"):
            if one.get(name) == "":
                one[name] = None

    each_object(document, empty)


NOT_SAID = {"paging.maximum_take": "unknown", "paging.default_take": "unknown"}
DIALECTS: dict[str, Dialect] = {
    "no_discounts_at_all": Dialect(_unless(_is_discount), capabilities={"discounts": False}),
    "objections_in_the_payload": Dialect(objecting_in_the_payload),
    "rules_of_other_kinds": Dialect(
        _rewriting(_other_rules), behaviour=dict.fromkeys(("answers.members", "answers.values"), "unknown")
    ),
    "attributes_that_move_by_themselves": Dialect(_rewriting(_moving)),
    "no_way_up_shown_at_first": Dialect(zero_below_silver, behaviour={"bottom_tiers.tier_ends_value": "0"}),
    "accounts_without_id_and_label": Dialect(_rewriting(_nameless)),
    "subtotals_are_added_up": Dialect(_unless(_unbalanced)),
    "the_wallet_lags_behind": Dialect(WalletBehind, settle_ms=SETTLE_MS, group="behind"),
    "one_account_lags_behind": Dialect(TierEscrowBehind, settle_ms=SETTLE_MS, group="behind"),
    "pages_of_two_and_nobody_says": Dialect(
        behaviour=NOT_SAID, program={"paging.default_take": "2", "paging.max_take": "2"}, group="paging"
    ),
    "pages_of_twenty_at_most": Dialect(
        behaviour=NOT_SAID,
        program={"paging.default_take": "2", "paging.max_take": "20", "paging.above_max": '"refuse"'},
        group="paging",
    ),
}
