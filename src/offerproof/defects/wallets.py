"""Defects of issued offers and of Lookup: who is answered, what is in the wallet, what it is priced at."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import Document, around, replace, rewrite, rewritten
from offerproof.program.model import UserOfferState
from offerproof.program.refusal import Reason, Refused
from offerproof.simulator.answers import Answer, encode
from offerproof.simulator.cloudpos import LookupOut
from offerproof.simulator.planting import Hit
from offerproof.simulator.values import Malformed

if TYPE_CHECKING:
    from offerproof.simulator.app import App, Call

_OTHER = "00000000-0000-4000-8000-000000000001"


def _customers(app: App, hit: Hit, change: Any, when: Any = None) -> None:
    """Change each customer of Lookup's answer; ``when`` looks at the request's payload."""

    def all_of_them(document: Document) -> None:
        for customer in document["payload"]:
            change(customer)

    fits = None if when is None else lambda request: when(request.request_payload)
    rewrite(app, hit, "lookup", all_of_them, when=fits)


def _offers(app: App, hit: Hit, change: Any, when: Any = None) -> None:
    """Change each offer of Lookup's answer."""

    def all_of_them(customer: Document) -> None:
        for offer in customer["offers"]:
            change(offer)

    _customers(app, hit, all_of_them, when)


def _percentage(app: App, offer: Document) -> bool:
    rule = app.program.state.user_offers[offer["reference_id"]].offer.discount
    return rule is not None and rule.percent is not None


@defect("newest-not-in-wallet", "wallet", "SMOKE-3", "Lookup shows the newest offer only when the customer has another")
def _(app: App, hit: Hit) -> None:
    def change(customer: Document) -> None:
        if len(customer["offers"]) == 1:
            customer["offers"].clear()

    _customers(app, hit, change, lambda payload: payload.transaction is None)


@defect("first-lookup-is-empty", "wallet", "ISSUE-1", "a customer's first Lookup shows an empty wallet")
def _(app: App, hit: Hit) -> None:
    seen: set[str] = set()

    def change(customer: Document) -> None:
        if customer["user_account_id"] not in seen:
            seen.add(customer["user_account_id"])
            customer["offers"] = []

    _customers(app, hit, change)


@defect("issued-is-called-acquired", "wallet", "ISSUE-2", "the history calls an issued offer Acquired")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        for row in document["payload"]["results"]:
            if row["status_description"] == "Issued":
                row["status_description"] = "Acquired"

    rewrite(app, hit, "user_offer_history", change)


@defect("one-offer-each", "wallet", "ISSUE-6", "issuing an offer the customer holds gives back the one there is")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def issue(now: int, user_id: str, offer_id: str, quantity: int = 1, exact: bool = False) -> Any:
            customer = app.program.state.customers.get(user_id)
            for one in (customer.wallet or {}).values() if customer else ():
                if one.offer.id == offer_id and quantity == 1:
                    hit()
                    return [one]
            return original(now, user_id, offer_id, quantity, exact)

        return issue

    replace(app, app.program.wallets, "issue", make)


@defect("customer-answered-twice", "wallet", "WALLET-1", "Lookup by external id answers the customer twice")
def _(app: App, hit: Hit) -> None:
    rewrite(
        app,
        hit,
        "lookup",
        lambda document: document["payload"].extend(document["payload"][:1]),
        when=lambda request: request.request_payload.external_customer_id is not None,
    )


@defect("lookup-by-phone-finds-nobody", "wallet", "WALLET-2", "Lookup by phone answers with no customer")
def _(app: App, hit: Hit) -> None:
    rewrite(
        app,
        hit,
        "lookup",
        lambda document: document["payload"].clear(),
        when=lambda request: request.request_payload.phone is not None,
    )


@defect("reference-is-an-account", "wallet", "WALLET-3", "user_reference_id is the id of a point account")
def _(app: App, hit: Hit) -> None:
    def change(customer: Document) -> None:
        customer["user_reference_id"] = customer["accounts"][0]["PointAccountID"]

    _customers(app, hit, change, lambda payload: payload.external_customer_id is not None)


@defect("offer-of-somebody", "wallet", "WALLET-5", "an offer of the wallet names another user_id")
def _(app: App, hit: Hit) -> None:
    _offers(app, hit, lambda offer: offer.update(user_id=_OTHER))


@defect("source-is-the-till", "wallet", "WALLET-6", "discount_source of an offer of the wallet is pos")
def _(app: App, hit: Hit) -> None:
    _offers(app, hit, lambda offer: offer.update(discount_source="pos"))


@defect("shown-as-locked", "wallet", "WALLET-7", "an offer nobody has locked is shown as LOCKED by external id")
def _(app: App, hit: Hit) -> None:
    change = lambda offer: offer.update(status="LOCKED")  # noqa: E731
    _offers(app, hit, change, lambda payload: payload.external_customer_id is not None)


@defect("priced-without-basket", "wallet", "WALLET-8", "Lookup without a transaction shows what an offer is worth")
def _(app: App, hit: Hit) -> None:
    def change(offer: Document) -> None:
        rule = app.program.state.user_offers[offer["reference_id"]].offer.discount
        offer["amount"] = 0 if rule is None else rule.amount or rule.percent

    _offers(app, hit, change, lambda payload: payload.transaction is None)


@defect("five-off-each-line", "wallet", "WALLET-11", "a priced Lookup takes a fixed amount off each line of the check")
def _(app: App, hit: Hit) -> None:
    def change(offer: Document) -> None:
        if not _percentage(app, offer):
            offer["amount"] = offer["amount"] * len(offer["discounted_line_ids"])

    _offers(app, hit, change, lambda payload: payload.transaction is not None)


@defect("percent-in-whole-dollars", "wallet", "WALLET-12", "a priced Lookup cuts percentages to whole dollars")
def _(app: App, hit: Hit) -> None:
    def change(offer: Document) -> None:
        if _percentage(app, offer):
            offer["amount"] = int(Decimal(str(offer["amount"])).to_integral_value(ROUND_DOWN))

    _offers(app, hit, change, lambda payload: payload.transaction is not None)


@defect("lines-count-from-zero", "wallet", "WALLET-13", "Lookup names the positions of lines, from 0, not their ids")
def _(app: App, hit: Hit) -> None:
    def change(offer: Document) -> None:
        offer["discounted_line_ids"] = [str(position) for position, _ in enumerate(offer["discounted_line_ids"])]

    _offers(app, hit, change, lambda payload: payload.transaction is not None)


@defect("looking-locks", "wallet", "WALLET-15", "a Lookup with a transaction locks the offers it prices")
def _(app: App, hit: Hit) -> None:
    from offerproof.simulator.baskets import transaction

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            answer = original(now, request)
            basket = request.request_payload.transaction
            if basket is not None:
                for one in list(app.program.state.user_offers.values()):
                    if one.state is UserOfferState.ISSUED and one.id.encode() in answer.body:
                        hit()
                        app.program.redemption.lock(now, one.id, "userofferid", transaction(basket, "$"))
            return answer

        return call

    around(app, "lookup", make)


@defect("numbers-are-cents", "wallet", "WALLET-16", "Lookup takes whole numbers of a basket for cents")
def _(app: App, hit: Hit) -> None:
    _offers(
        app,
        hit,
        lambda offer: offer.update(amount=Decimal(str(offer["amount"])) / 100),
        lambda payload: payload.transaction is not None and type(payload.transaction.items[0].subtotal) is int,
    )


@defect("redeemed-stays-in-wallet", "wallet", "WALLET-17", "Lookup goes on showing an offer a transaction has redeemed")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def leave(now: int, user_offer: Any, state: UserOfferState) -> None:
            locked = user_offer.state is UserOfferState.LOCKED
            original(now, user_offer, state)
            if state is UserOfferState.REDEEMED and locked:
                hit()
                user_offer.customer.wallet[user_offer.id] = user_offer

        return leave

    replace(app, app.program.life_cycle, "leave_wallet", make)


@defect("nobody-is-the-newest", "wallet", "WALLET-18", "a Lookup for a customer nobody knows answers the newest one")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            try:
                return original(now, request)
            except Refused as refused:
                payload = request.request_payload
                known = list(app.program.state.customers)
                if refused.reason is not Reason.UNKNOWN_CUSTOMER or not known or payload.user_id is None:
                    raise
                hit()
                payload.user_id = known[-1]
                return original(now, request)

        return call

    around(app, "lookup", make)


@defect("lookup-of-nobody", "wallet", "WALLET-19", "a Lookup that names no customer is a success with no customer")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            try:
                return original(now, request)
            except Malformed as problem:
                if "exactly one of" not in str(problem):
                    raise
                hit()
                return Answer(200, encode(LookupOut("success", [])))

        return call

    around(app, "lookup", make)


@defect("lookup-by-beginning", "wallet", "WALLET-20", "Lookup finds a customer by the beginning of the external id")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            try:
                return original(now, request)
            except Refused as refused:
                given = request.request_payload.external_customer_id
                fits = [one for one in app.program.state.by_external_id if given and one.startswith(str(given))]
                if refused.reason is not Reason.UNKNOWN_CUSTOMER or not fits:
                    raise
                hit()
                request.request_payload.external_customer_id = fits[-1]
                return original(now, request)

        return call

    around(app, "lookup", make)


@defect("partial-response-as-text", "schema", "WALLET-28", "partial_response is a text")
def _(app: App, hit: Hit) -> None:
    _customers(app, hit, lambda customer: customer.update(partial_response="false"))


@defect("cached-basket", "wallet", "ISOL-8", "a Lookup without a basket right after one with a basket gets its prices")
def _(app: App, hit: Hit) -> None:
    last: list[str | None] = [None]

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            payload = request.request_payload
            answer = original(now, request)
            owner = payload.user_id
            before, last[0] = last[0], owner if payload.transaction is not None else None
            if before is None or before == owner or payload.transaction is not None:
                return answer

            def change(document: Document) -> None:
                for customer in document["payload"]:
                    for offer in customer["offers"]:
                        offer["amount"] = 5

            return rewritten(answer, change, hit)

        return call

    around(app, "lookup", make)
