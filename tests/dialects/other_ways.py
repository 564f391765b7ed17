"""Dialects of behaviour: the order of lists, effects that show later, other paths, other readings of open questions."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"

WRITES = {"create_customer", "create_offer", "issue_offer", "revoke_offer", "lock", "unlock", "redeem", "reinstate"}
SETTLE_MS = 500
LISTED = {"user_offer_history": "results", "get_user_offers": "user_offers"}
LISTS = {"offers", "accounts", "details", "rules", "offer_text", "identifiers", "tier_levels", "status_list"}
LARGEST = 1000

SPELLINGS = {
    "lookup": "/api/2.0/offers/get_user_offers",
    "lock": "PATCH /api/2.0/offers/redemption/lock",
    "unlock": "/api/2.0/offers/redemption/unlock",
    "redeem": "/api/2.0/offers/redemption/redeem",
    "reinstate": "/api/2.0/offers/redemption/reinstate",
    "send_transaction": "/api/2.0/offers/send_transaction",
}


def _key(value: Any) -> str:
    """A place in an order that is the same for every page, and none anybody thought of."""
    return hashlib.sha256(repr(value).encode()).hexdigest()


def lists_in_another_order(forward: Any) -> Any:
    """Every list in an order of its own; a listing in one order over all its pages."""

    def shuffle(value: Any) -> None:
        for name, inner in list(value.items()) if isinstance(value, dict) else enumerate(value):
            if name in LISTS and isinstance(inner, list):
                inner.sort(key=lambda one: _key(sorted(map(repr, one.items()))))
            if isinstance(inner, dict | list):
                shuffle(inner)

    def answer(call: Any) -> Any:
        came = _listing(forward, call) if call.operation in LISTED else forward(call)
        document = came.document()
        if not isinstance(document, dict) or call.path.startswith("/_control"):
            return came
        shuffle(document)
        return came.saying(document)

    return answer


def _listing(forward: Any, call: Any) -> Any:
    """One page, cut from the whole listing in another order."""
    asked = call.asked()
    if not isinstance(asked, dict):
        return forward(call)
    skip, take = _whole(asked.get("skip", 0), 0), _whole(asked.get("take", 100), 1)
    if skip is None or take is None or take > LARGEST:
        return forward(call)
    came = forward(call.asking({**asked, "skip": Decimal(0), "take": Decimal(LARGEST)}))
    document = came.document()
    if came.status != 200 or not isinstance(document, dict) or not isinstance(document.get("payload"), dict):
        return came
    payload, name = document["payload"], LISTED[call.operation]
    if not isinstance(payload.get(name), list):
        return came
    entries = sorted(payload[name], key=lambda entry: _key(entry["user_offer_id"].lower()))
    payload[name] = entries[skip : skip + take]
    for one in (payload, *payload[name]):
        if "take" in one:
            one.update(skip=Decimal(skip), take=Decimal(take))
    return came.saying(document)


def _whole(value: Any, least: int) -> int | None:
    try:
        number = Decimal(value)
    except (ArithmeticError, TypeError, ValueError):
        return None
    whole = not isinstance(value, bool) and number == number.to_integral_value() and number >= least
    return int(number) if whole else None


class Later:
    """Checks a transaction at the reception and answers at once; what it does is done a little later, in order."""

    def __init__(self, forward: Any) -> None:
        self._forward = forward
        self._random = random.Random(7)
        self._order = threading.RLock()
        self._due: list[tuple[float, Any]] = []
        self._locks: dict[str, str] = {}
        self._sent: dict[str, tuple[bool, str]] = {}
        self._requests: set[str] = set()
        self._taken: dict[str, Any] = {}
        """What taking a transaction looks like, by credentials: the first one of all is done at once."""

    def __call__(self, call: Any) -> Any:
        with self._order:
            self._pass_on(time.monotonic())  # nobody can see that it waited for somebody to look
            container = call.asked()
            if call.operation == "send_transaction" and self._can_wait(call, container):
                self._note(container)
                self._due.append((time.monotonic() + self._random.uniform(0.02, SETTLE_MS / 2000), call))
                return self._taken[_authorization(call)]
            if call.operation in WRITES or call.operation in (None, "send_transaction"):
                self._pass_on(float("inf"))
            came = self._forward(call)
            if came.status == 200 and isinstance(container, dict):
                self._learn(call, container, came)
            return came

    def _can_wait(self, call: Any, container: Any) -> bool:
        """Whether the reception, which knows the form, the locks and what was sent before, has nothing against it."""
        if _authorization(call) not in self._taken or call.method != "POST" or not _is_well_formed(container):
            return False
        transaction = container["request_payload"]
        name, closed, modified = _named(transaction)
        before = self._sent.get(name)
        if container["request_id"] in self._requests or (before and (before[0] > closed or before[1] >= modified)):
            return False
        discounts = transaction.get("discounts") or []
        return all(self._locks.get(str(one["reference_id"]).lower()) == name for one in discounts)

    def _learn(self, call: Any, container: dict[str, Any], came: Any) -> None:
        if call.operation == "revoke_offer":
            self._locks.pop(str(container.get("user_offer_id")).lower(), None)
        payload = container.get("request_payload")
        if not isinstance(payload, dict):
            return
        if call.operation == "send_transaction":
            self._taken[_authorization(call)] = came
            self._note(container)
        elif call.operation == "lock":
            discount = came.document()["payload"]
            self._locks[discount["reference_id"].lower()] = str(payload["transaction"]["transaction_id"])
        else:
            self._locks.pop(str(payload.get("user_offer_id") or payload.get("offer_lookup_code")).lower(), None)

    def _note(self, container: dict[str, Any]) -> None:
        transaction = container["request_payload"]
        name, closed, modified = _named(transaction)
        self._requests.add(container["request_id"])
        self._sent[name] = (closed, modified)
        if closed:
            for one in transaction.get("discounts") or []:
                self._locks.pop(str(one.get("reference_id")).lower(), None)

    def _pass_on(self, until: float) -> None:
        while self._due and self._due[0][0] <= until:
            self._forward(self._due.pop(0)[1])


def _authorization(call: Any) -> str:
    return next((value for name, value in call.headers.items() if name.lower() == "authorization"), "")


def _named(transaction: dict[str, Any]) -> tuple[str, bool, str]:
    closed = str(transaction.get("is_closed")).lower() == "true"
    return str(transaction["transaction_id"]), closed, str(transaction.get("modified_time"))


def _is_well_formed(container: Any) -> bool:
    if not isinstance(container, dict) or not _requests_of("send_transaction").is_valid(container):
        return False
    sale = container["request_payload"]
    times = [sale.get("open_time"), sale.get("modified_time")]
    times += [one.get("payment_time") for one in sale.get("payments") or []]
    times += [one.get("applied_time") for one in sale.get("discounts") or []]
    return all(one is None or _is_an_instant(one) for one in times)


def _is_an_instant(text: str) -> bool:
    """Whether a text of a documented form names a day and a time that there are."""
    day, _, clock = text.replace("T", " ").rstrip("Z").partition(" ")
    try:
        datetime.fromisoformat(f"{day} {clock.partition('.')[0]:0>8}")
    except ValueError:
        return False
    return True


@cache
def _requests_of(operation: str) -> Any:
    documents = []
    for file in [*SCHEMAS.glob("*.json"), *(SCHEMAS / "operations").glob("*.json")]:
        document = json.loads(file.read_text(encoding="utf-8"))
        if "$id" in document:
            documents.append((document["$id"], document))
    wanted = {"$ref": f"https://offerproof.example/schemas/operations/{operation}.schema.json#/$defs/request"}
    return jsonschema_rs.Draft202012Validator(wanted, registry=jsonschema_rs.Registry(documents))


def only_other_paths(forward: Any) -> Any:
    """Serve the CloudPOS calls under their other spellings, and under no other."""
    gone = {
        "/api/2.0/" + name.lower() for name in ("Lookup", "Lock", "unlock", "redeem", "reinstate", "send_transaction")
    }

    def answer(call: Any) -> Any:
        if call.path.partition("?")[0].lower().rstrip("/") in gone:
            return forward(replace(call, path="/api/2.0/there-is-nothing-here"))
        return forward(call)

    return answer


def ways(make: Callable[..., Any]) -> dict[str, Any]:
    """Dialects of behaviour by name; ``make`` makes a dialect."""
    unknown_order = {"paging.order": "unknown"}
    return {
        "lists_in_another_order": make(lists_in_another_order, behaviour=unknown_order, group="paging"),
        "effects_of_a_transaction_show_later": make(Later, settle_ms=SETTLE_MS),
        "a_profile_that_says_nothing": make(silent=True),
        "only_other_paths": make(only_other_paths, paths=SPELLINGS, behaviour={"spellings.documented": "unknown"}),
    }


READINGS: dict[str, dict[str, str]] = {
    "points on items": {"points.base": '"items"'},
    "points on payments": {"points.base": '"payments"'},
    "points on the subtotal as sent": {"points.base": '"subtotal"'},
    "points rounded up": {"points.rounding": '"up"', "families.rate": '"0.7"'},
    "points rounded half up": {"points.rounding": '"half_up"'},
    "fractions of points": {"points.fraction_digits": "2", "families.rate": '"2.75"'},
    "the first payer gets all": {"points.split": '"first"'},
    "a week of return": {"points.return_period_days": "7"},
    "return period from the opening": {"points.return_period_starts": '"opened"'},
    "available points with escrow": {"points.available_points": '"spendable_and_escrow"'},
    "Lookup shows all points": {"points.lookup_points": '"total"'},
    "Lookup shows what was ever earned": {"points.lookup_points": '"life_time"'},
    "points start again each year": {"families.yearly_restart": "true"},
    "everybody is in the program": {"customers.enrolled": '"always"', "customers.opted_in_by_default": "false"},
    "customers need all identifiers": {
        "customers.required": '["external_id", "email", "mobile_number", "first_name", "last_name"]'
    },
    "lifetime moves with the points": {"points.escrow_life_time": '"moves"'},
    "balances may go negative": {"points.may_go_negative": "true"},
    "tiers end after 365 days": {"tier_systems.expiry.kind": '"days"', "tier_systems.expiry.days": "365"},
    "Base shows no target": {"tiers.unenrolled_and_base_show": '"nothing"'},
    "the issue rule fires once": {"issue_rules.repeats": "false"},
    "another issue rule": {"issue_rules.points": "50", "issue_rules.most_at_once": "2"},
    "a locked offer does not expire": {"user_offers.lock_outlives_validity": "true"},
    "locks end after an hour": {"user_offers.lock_seconds": "3600"},
    "Lookup without locked offers": {"user_offers.locked_in_lookup": '"leaves"'},
    "get_user_offers with locked offers": {"user_offers.locked_in_get_user_offers": '"stays"'},
    "plain offers are not eligible": {"user_offers.plain_offers_eligible": "false"},
    "unlock of an issued offer is ignored": {"user_offers.unlock_unlocked": '"ignore"'},
    "second revoke is ignored": {"user_offers.revoke_revoked": '"ignore"'},
    "revoke of a locked offer is refused": {"user_offers.revoke_locked": '"refuse"'},
    "reinstate of an issued offer is ignored": {"user_offers.reinstate_issued": '"ignore"'},
    "unknown customers answered otherwise": {
        "user_offers.unknown_customer_lookup": '"empty"',
        "user_offers.unknown_customer_history": '"refuse"',
        "user_offers.unknown_customer_get_user_offers": '"refuse"',
    },
    "other states": {
        "user_offers.states.locked": '{ code = 17, description = "Reserved" }',
        "user_offers.states.redeemed": '{ code = 2, description = "Offer redeemed" }',
        "user_offers.states.expired": '{ code = 3, description = "Has expired" }',
        "user_offers.states.revoked": '{ code = 4, description = "REVOKED" }',
    },
    "older transactions are refused": {"transactions.stale": '"refuse"'},
    "closed transactions may open again": {"transactions.reopening": '"allow"'},
    "transactions are closed unless said": {"transactions.is_closed_missing": '"closed"'},
    "a void gives no offer back": {"transactions.void_reinstates": "false"},
    "closed transactions are folded": {"transactions.fold_after_days": "30"},
    "late returns are ignored": {"transactions.late_return": '"ignore"'},
    "unknown payers are refused": {"transactions.unknown_payer": '"refuse"'},
    "bad discounts are ignored": {"transactions.bad_discount": '"ignore"'},
    "no memory for request ids": {"requests.enabled": "false"},
    "few request ids are kept": {"requests.kept": "20"},
    "request ids of a till": {"requests.scope": '["store", "client"]'},
    "a repeat is answered whatever its body": {"requests.other_body": '"stored_answer"'},
    "request ids of reads": {"requests.reads_counted": "true"},
    "refusals are not stored": {"requests.refusals_stored": "false"},
    "small pages": {"paging.default_take": "3", "paging.max_take": "30"},
    "large takes are refused": {"paging.max_take": "200", "paging.above_max": '"refuse"'},
    "the best text only": {"offers.fetch_texts": '"best"', "offers.last_fall_back": '"none"'},
    "unpublished offers may be issued": {"offers.issue_unpublished": '"allow"'},
    "ended offers may be issued": {"offers.issue_outside_acquisition": '"allow"'},
    "other keys of discounts": {
        "offers.amount_keys": '["value", "amount"]',
        "offers.percent_keys": '["percentage", "percent"]',
    },
    "each item is discounted": {"offers.item_discount": '"each"'},
    "a shared number finds the newest": {"customers.shared_mobile_number": '"newest"'},
}
"""Other readings of what the documents leave open, as changes of the program file."""
