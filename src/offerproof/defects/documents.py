"""Defects of answers: schema, identities and arithmetic, search, offers, wallet and history."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import Document, around, instead_of, refuse_when, replace, rewrite
from offerproof.program.model import Key, OfferDraft
from offerproof.program.refusal import Reason, Refused
from offerproof.simulator.answers import Answer, encode
from offerproof.simulator.planting import Hit

if TYPE_CHECKING:
    from offerproof.simulator.app import App, Call

_DAY = 86_400_000_000
_FETCHES = ("search_customers", "get_customer", "get_customer_by_external_id")


def _users(app: App, hit: Hit, change: Any) -> None:
    """Change ``user`` in every answer of Core that shows a customer."""
    for operation in _FETCHES:
        rewrite(app, hit, operation, lambda document: change(document["user"]))


def _balances(user: Document) -> Document | None:
    details: Document | None = user.get("tier_details")
    return None if details is None else details["point_account_balances"]


@defect("lock-without-amount", "schema", "LOCK-32", "Lock's answer has no amount")
def _(app: App, hit: Hit) -> None:
    rewrite(app, hit, "lock", lambda document: document["payload"].pop("amount"))


@defect("points-as-text", "schema", "CUST-23", "available_points is a text instead of a number")
def _(app: App, hit: Hit) -> None:
    _users(app, hit, lambda user: user.update(available_points=str(user["available_points"])))


@defect("history-status-as-text", "schema", "HIST-16", "the history's status is a text")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        for one in document["payload"]["results"]:
            one["status"] = str(one["status"])

    rewrite(app, hit, "user_offer_history", change)


@defect("total-points-forget-escrow", "identities", "LOYAL-1", "summary.total_points leaves out the escrow accounts")
def _(app: App, hit: Hit) -> None:
    def change(user: Document) -> None:
        balances = _balances(user)
        if balances is not None:
            kept = [one["available_balance"] for one in balances["details"] if one["grouping_label"]]
            balances["summary"]["total_points"] = sum(kept)

    _users(app, hit, change)


@defect(
    "next-tier-points-stand-still", "identities", "LOYAL-6", "next_tier_points stays at the target, whatever was earned"
)
def _(app: App, hit: Hit) -> None:
    _users(app, hit, lambda user: user.update(next_tier_points=user["tier_ends_value"]))


@defect("tier-details-unasked", "search", "CUST-6", "tier_details comes without expand_incentives")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            if "expand_incentives" not in request.query:
                hit()
                request.query = {**request.query, "expand_incentives": "true"}
            return original(now, request)

        return call

    around(app, "search_customers", make)


@defect("search-by-prefix", "search", "CUST-19", "a search by the first part of an e-mail address finds the customer")
def _(app: App, hit: Hit) -> None:
    seen: list[str] = []
    replace(app, app.program.customers, "create", lambda make: _remembering(make, seen))

    def act(original: Any, by: Key, value: str) -> Any:
        for email in seen:
            if by is Key.EMAIL and value and email.startswith(value.lower()):
                return original(by, email)
        raise Refused(Reason.UNKNOWN_CUSTOMER, "no customer has this identifier")

    instead_of(app, hit, app.program.customers, "find", {Reason.UNKNOWN_CUSTOMER}, act)


def _remembering(original: Any, seen: list[str]) -> Any:
    def create(*args: Any, **named: Any) -> Any:
        customer = original(*args, **named)
        if customer.profile.email:
            seen.append(customer.profile.email.lower())
        return customer

    return create


@defect("unknown-customer-is-success", "search", "CUST-14", "a search that finds nobody answers ok with user null")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            try:
                return original(now, request)
            except Refused as refused:
                if refused.reason is not Reason.UNKNOWN_CUSTOMER:
                    raise
                hit()
                return Answer(200, encode({"status": "ok", "user": None}))

        return call

    around(app, "search_customers", make)


@defect("custom-data-lost", "offers", "FETCH-6", "fetch_offer forgets custom_data")
def _(app: App, hit: Hit) -> None:
    rewrite(app, hit, "fetch_offer", lambda document: document["payload"]["offer"].update(custom_data=None))


@defect(
    "culture-not-widened", "offers", "FETCH-13", "the culture en-us does not find the text of en: fetch_offer refuses"
)
def _(app: App, hit: Hit) -> None:
    def other(offer_id: str, culture: str | None = None) -> bool:
        return culture is not None and "-" in culture

    refuse_when(app, hit, app.program.offers, "fetch", other, Reason.INVALID, "there is no text in this culture")


@defect("end-date-a-day-late", "offers", "FETCH-5", "an offer's acquisition ends a day later than it was created with")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def create(now: int, draft: OfferDraft) -> Any:
            if draft.acquisition_end is not None:
                hit()
                draft.acquisition_end += _DAY
            return original(now, draft)

        return create

    replace(app, app.program.offers, "create", make)


@defect("wallet-forgets-oldest", "wallet", "WALLET-9", "Lookup leaves out the oldest of several offers")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        for customer in document["payload"]:
            if len(customer["offers"]) > 1:
                customer["offers"].pop()

    rewrite(app, hit, "lookup", change)


@defect("history-forgets-revoked", "wallet", "ISSUE-11", "the history has no revoked offers")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        results = document["payload"]["results"]
        results[:] = [one for one in results if one["status_description"] != "Revoked"]

    rewrite(app, hit, "user_offer_history", change)


@defect(
    "percent-taken-as-amount", "wallet", "WALLET-11", "a priced Lookup shows a discount of ten times the right amount"
)
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        for customer in document["payload"]:
            for offer in customer["offers"]:
                offer["amount"] = Decimal(str(offer["amount"])) * 10

    rewrite(app, hit, "lookup", change, when=lambda request: request.request_payload.transaction is not None)
