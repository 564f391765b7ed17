"""The calls of the API: which service answers them, on which path by default, and whether they change anything."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """One call. ``path`` may hold ``{api_key}``, ``{user_id}`` and ``{external_id}``."""

    id: str
    service: str
    method: str
    path: str
    writes: bool


def _table(*rows: tuple[str, str, str, str, bool]) -> dict[str, Operation]:
    return {row[0]: Operation(*row) for row in rows}


OPERATIONS = _table(
    ("search_customers", "core", "GET", "/priv/v1/apps/{api_key}/users/search", False),
    ("get_customer", "core", "GET", "/priv/v1/apps/{api_key}/users/{user_id}", False),
    ("get_customer_by_external_id", "core", "GET", "/priv/v1/apps/{api_key}/external/users/{external_id}", False),
    ("create_customer", "core", "POST", "/priv/v1/apps/{api_key}/users", True),
    ("create_offer", "offers", "POST", "/api/2.0/offers/management/create", True),
    ("fetch_offer", "offers", "POST", "/api/2.0/offers/fetch_offer", False),
    ("issue_offer", "offers", "POST", "/api/2.0/offers/acquisition/issue", True),
    ("revoke_offer", "offers", "POST", "/api/2.0/offers/acquisition/revoke", True),
    ("get_user_offers", "offers", "POST", "/api/2.0/offers/get_user_offers", False),
    ("user_offer_history", "offers", "POST", "/api/2.0/offers/user_offer_history", False),
    ("lookup", "cloudpos", "POST", "/api/2.0/Lookup", False),
    ("lock", "cloudpos", "POST", "/api/2.0/Lock", True),
    ("unlock", "cloudpos", "POST", "/api/2.0/unlock", True),
    ("redeem", "cloudpos", "POST", "/api/2.0/redeem", True),
    ("reinstate", "cloudpos", "POST", "/api/2.0/reinstate", True),
    ("send_transaction", "cloudpos", "POST", "/api/2.0/send_transaction", True),
)
"""By id, with the canonical request of each."""

SERVICES = ("core", "offers", "cloudpos")

IN_PRODUCTION = frozenset({"search_customers", "fetch_offer", "user_offer_history", "lookup"})
"""All that is ever sent to a production target."""
