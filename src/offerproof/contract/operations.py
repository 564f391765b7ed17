"""The calls of the API: which service answers them, on which path by default, whether they change anything, and which
capability of a profile declares them."""

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
    capability: str | None = None
    """What a profile declares when the target has this call; None: every target has it."""


OPERATIONS = {
    known.id: known
    for known in (
        Operation("search_customers", "core", "GET", "/priv/v1/apps/{api_key}/users/search", False),
        Operation("get_customer", "core", "GET", "/priv/v1/apps/{api_key}/users/{user_id}", False, "get_customer"),
        Operation(
            "get_customer_by_external_id",
            "core",
            "GET",
            "/priv/v1/apps/{api_key}/external/users/{external_id}",
            False,
            "get_customer_by_external_id",
        ),
        Operation("create_customer", "core", "POST", "/priv/v1/apps/{api_key}/users", True, "create_customer"),
        Operation("create_offer", "offers", "POST", "/api/2.0/offers/management/create", True, "create_offer"),
        Operation("fetch_offer", "offers", "POST", "/api/2.0/offers/fetch_offer", False),
        Operation("issue_offer", "offers", "POST", "/api/2.0/offers/acquisition/issue", True, "issue"),
        Operation("revoke_offer", "offers", "POST", "/api/2.0/offers/acquisition/revoke", True, "revoke"),
        Operation("get_user_offers", "offers", "POST", "/api/2.0/offers/get_user_offers", False, "get_user_offers"),
        Operation("user_offer_history", "offers", "POST", "/api/2.0/offers/user_offer_history", False),
        Operation("lookup", "cloudpos", "POST", "/api/2.0/Lookup", False),
        Operation("lock", "cloudpos", "POST", "/api/2.0/Lock", True),
        Operation("unlock", "cloudpos", "POST", "/api/2.0/unlock", True, "unlock"),
        Operation("redeem", "cloudpos", "POST", "/api/2.0/redeem", True, "redeem"),
        Operation("reinstate", "cloudpos", "POST", "/api/2.0/reinstate", True, "reinstate"),
        Operation("send_transaction", "cloudpos", "POST", "/api/2.0/send_transaction", True),
    )
}
"""By id, with the canonical request of each."""

SPELLINGS = {
    "lock": (
        "PATCH /api/2.0/Lock",
        "/api/2.0/offers/redemption/lock",
        "PATCH /api/2.0/offers/redemption/lock",
    ),
    "unlock": ("/api/2.0/offers/redemption/unlock",),
    "redeem": ("/api/2.0/offers/redemption/redeem",),
    "reinstate": ("/api/2.0/offers/redemption/reinstate",),
    "send_transaction": ("/api/2.0/offers/send_transaction",),
    "lookup": ("/api/2.0/offers/get_user_offers",),
}
"""What the documents call these beside their canonical request; letter case never counts."""

SERVICES = ("core", "offers", "cloudpos")

IN_PRODUCTION = frozenset({"search_customers", "fetch_offer", "user_offer_history", "lookup"})
"""All that is ever sent to a production target."""

TO_READ = frozenset({"get_customer", "get_customer_by_external_id", "get_user_offers", "lookup_transaction", "tiers"})
"""Capabilities that a target has without being written to."""
