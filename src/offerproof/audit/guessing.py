"""Which call of the API a request is whose path no document spells: by what it asks, for calls ask different things.

Only for setting up: what is guessed is written into a profile that somebody reads, and judged by nobody before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from offerproof.contract import OPERATIONS
from offerproof.exchange import parse_json
from offerproof.recording import Recorded

_CRITERIA: Final = frozenset({"external_customer_id", "email", "phone", "user_id"})
_SEARCHED: Final = frozenset({"email", "external_id", "mobile_number"})
_API_KEY: Final = re.compile(r"(?<=/apps/)[^/]+")
_OF_OFFERS: Final = (
    ("create_offer", {"offer_type"}),
    ("user_offer_history", {"user_ids"}),
    ("revoke_offer", {"user_offer_id"}),
    ("issue_offer", {"offer_id", "user_id"}),
    ("fetch_offer", {"offer_id"}),
    ("get_user_offers", {"user_id"}),
)
"""By the members that a request of the offers service has; the first that fits."""


def guessed(recorded: Recorded) -> tuple[str, str] | None:
    """The operation, and the path as a profile spells it; None where what was asked tells no call.

    Refused requests tell nothing: they may be no calls at all.
    """
    if recorded.placed or recorded.status is None or recorded.status >= 300 or not recorded.request.readable:
        return None
    try:
        parts = urlsplit(recorded.url)
    except ValueError:
        return None
    operation = _asked(recorded, parts.path, {name for name, _ in parse_qsl(parts.query)})
    if operation is None:
        return None
    path = _API_KEY.sub("{api_key}", parts.path, count=1) if OPERATIONS[operation].service == "core" else parts.path
    return (operation, path) if ("{api_key}" in path) == (OPERATIONS[operation].service == "core") else None


def _asked(recorded: Recorded, path: str, query: set[str]) -> str | None:
    if recorded.method == "GET":
        return "search_customers" if query & _SEARCHED and _shows(recorded, "user") else None
    body = parse_json(recorded.request.data)
    if not isinstance(body, Mapping):
        return None
    payload = body.get("request_payload")
    if isinstance(payload, Mapping) and "store_id" in body:
        return _of_till(payload, path.rstrip("/").rpartition("/")[2].lower())
    if "retailer_id" in body:
        return next((name for name, members in _OF_OFFERS if members <= body.keys()), None)
    return "create_customer" if isinstance(body.get("user"), Mapping) and _shows(recorded, "user") else None


def _of_till(payload: Mapping[str, Any], word: str) -> str | None:
    """A call in the container. What two calls ask alike, the last word of the path tells, or nothing does."""
    if "offer_lookup_code" in payload:
        return "redeem" if "redeem" in word else "lock" if "lock" in word else None
    if "user_offer_id" in payload:
        return next((name for name in ("unlock", "reinstate") if name in word), None)
    if "items" in payload and "transaction_id" in payload:
        return "send_transaction"
    return "lookup" if _CRITERIA & payload.keys() else None


def _shows(recorded: Recorded, member: str) -> bool:
    answer = parse_json(recorded.answer.data) if recorded.answer.readable else None
    return isinstance(answer, Mapping) and member in answer
