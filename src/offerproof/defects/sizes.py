"""Defects of size: right for what is short, few and small; wrong beyond a limit that nobody wrote down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import Document, around, instead_of, replace, rewrite
from offerproof.program.model import Key
from offerproof.program.refusal import Reason
from offerproof.simulator.answers import Answer
from offerproof.simulator.planting import Hit

if TYPE_CHECKING:
    from offerproof.simulator.app import App, Call

_TEXT = 255
_CUSTOM_DATA = 1024
_LINES = 10
_WALLET = 50


@defect("description-cut-at-255", "offers", "FETCH-3", "of a description 255 characters are kept")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        for text in document["payload"]["offer"]["offer_text"]:
            text["description"] = text["description"][:_TEXT]

    rewrite(app, hit, "fetch_offer", change)


@defect("long-custom-data-dropped", "offers", "FETCH-6", "custom_data of more than a kilobyte is lost")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        offer = document["payload"]["offer"]
        if len(offer["custom_data"].encode()) > _CUSTOM_DATA:
            offer["custom_data"] = "{}"

    rewrite(app, hit, "fetch_offer", change)


@defect("months-as-days", "offers", "FETCH-7", "a validity in months comes back in days, 30 to a month")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        offer = document["payload"]["offer"]
        if offer["validity_unit"] == "months":
            offer |= {"validity_unit": "days", "validity_period": offer["validity_period"] * 30}

    rewrite(app, hit, "fetch_offer", change)


@defect("wallet-ends-at-50", "wallet", "WALLET-9", "Lookup never shows more than 50 offers, and does not say so")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        for customer in document["payload"]:
            customer["offers"] = customer["offers"][:_WALLET]

    rewrite(app, hit, "lookup", change)


@defect("lines-beyond-ten-ignored", "lock", "LOCK-38", "Lock looks at the first ten lines of a basket only")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            transaction = request.request_payload.transaction
            if len(transaction.items or ()) > _LINES:
                hit()
                transaction.items = transaction.items[:_LINES]
            return original(now, request)

        return call

    around(app, "lock", make)


@defect("external-id-by-prefix", "search", "CUST-25", "a search by the first part of an external id finds the customer")
def _(app: App, hit: Hit) -> None:
    def act(original: Any, by: Key, value: str) -> Any:
        known = [
            one for one in app.program.state.by_external_id if by is Key.EXTERNAL_ID and value and one.startswith(value)
        ]
        return original(by, known[-1] if known else value)

    instead_of(app, hit, app.program.customers, "find", {Reason.UNKNOWN_CUSTOMER}, act)


@defect(
    "profile-of-the-one-before",
    "search",
    "ISOL-9",
    "user_profile shows the e-mail address of the one searched before",
)
def _(app: App, hit: Hit) -> None:
    seen: list[str] = []

    def make(original: Any) -> Any:
        def find_customer(by: Any, value: str) -> Any:
            customer = original(by, value)
            seen.append(customer.profile.email or "")
            return customer

        return find_customer

    def change(document: Document) -> None:
        user = document["user"]
        if "user_profile" in user and len(seen) > 1 and seen[-2] and seen[-2] != user["email"]:
            user["user_profile"] = {"last_seen": seen[-2]}

    replace(app, app.program.customers, "find", make)
    rewrite(app, hit, "search_customers", change)
