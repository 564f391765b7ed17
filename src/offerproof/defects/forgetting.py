"""Defects of memory: what was acknowledged is lost again when enough other requests have come in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import Document, replace, rewrite
from offerproof.program.refusal import Reason, Refused
from offerproof.simulator.answers import Answer
from offerproof.simulator.planting import Hit

if TYPE_CHECKING:
    from offerproof.simulator.app import App

_LATER = 400
"""So many requests later something is forgotten: more than any single check sends."""


def _memory(app: App) -> Callable[[str], bool]:
    """Return a function that says whether a thing was first asked about more than ``_LATER`` requests ago."""
    first: dict[str, int] = {}
    count = 0

    def make(original: Any) -> Any:
        def handle(*args: Any, **named: Any) -> Answer:
            nonlocal count
            count += 1
            answer: Answer = original(*args, **named)
            return answer

        return handle

    replace(app, app, "handle", make)
    return lambda thing: count - first.setdefault(thing, count) > _LATER


@defect("redemption-forgotten", "volume", "KEEP-1", "an offer redeemed many requests ago is called Issued again")
def _(app: App, hit: Hit) -> None:
    old = _memory(app)

    def change(document: Document) -> None:
        for row in document["payload"]["results"]:
            if row["status_description"] == "Redeemed" and old(row["user_offer_id"]):
                row["status"], row["status_description"] = 1, "Issued"

    rewrite(app, hit, "user_offer_history", change)


@defect("wallet-forgotten", "volume", "KEEP-2", "the wallet loses offers that were issued many requests ago")
def _(app: App, hit: Hit) -> None:
    old = _memory(app)

    def make(original: Any) -> Any:
        def issue_offer(*args: Any, **named: Any) -> Any:
            issued = original(*args, **named)
            for one in issued:
                old(one.id)
            return issued

        return issue_offer

    def change(document: Document) -> None:
        for customer in document["payload"]:
            customer["offers"] = [one for one in customer["offers"] if not old(one["reference_id"])]

    replace(app, app.program.wallets, "issue", make)
    rewrite(app, hit, "lookup", change)


@defect("offer-forgotten", "volume", "KEEP-3", "an offer fetched many requests ago is fetched without its title")
def _(app: App, hit: Hit) -> None:
    old = _memory(app)

    def change(document: Document) -> None:
        offer = document["payload"]["offer"]
        if old(offer["id"]):
            offer["title"] = ""

    rewrite(app, hit, "fetch_offer", change)


@defect("customer-forgotten", "volume", "KEEP-4", "a customer who was found many requests ago is not found again")
def _(app: App, hit: Hit) -> None:
    old = _memory(app)

    def make(original: Any) -> Any:
        def find_customer(by: Any, value: str) -> Any:
            customer = original(by, value)
            if customer is not None and old(customer.id):
                hit()
                raise Refused(Reason.UNKNOWN_CUSTOMER, "no such customer")
            return customer

        return find_customer

    replace(app, app.program.customers, "find", make)


@defect("points-forgotten", "volume", "KEEP-5", "points that were shown many requests ago are gone")
def _(app: App, hit: Hit) -> None:
    old = _memory(app)

    def change(document: Document) -> None:
        user = document["user"]
        balances = user.get("tier_details", {}).get("point_account_balances")
        if balances is None or not balances["summary"]["total_points"] or not old(user["id"]):
            return
        user["available_points"] = user["tier_points"] = 0
        balances["summary"] |= {"total_points": 0, "life_time_points": 0}
        for account in balances["details"]:
            account |= {"available_balance": 0, "life_time_value": 0}

    rewrite(app, hit, "search_customers", change)
