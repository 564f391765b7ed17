"""Defects of Lock and unlock: the discount, its price, who holds it, and what a refusal leaves behind."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import (
    Document,
    around,
    instead_of,
    passed_to,
    refuse_when,
    replace,
    rewrite,
    rewritten,
)
from offerproof.program.model import Transaction, UserOffer, UserOfferState
from offerproof.program.refusal import Reason, Refused
from offerproof.simulator.answers import Answer, encode
from offerproof.simulator.planting import Hit
from offerproof.simulator.values import Malformed

if TYPE_CHECKING:
    from offerproof.simulator.app import App, Call

_OTHER = "00000000-0000-4000-8000-000000000001"


def _discount(app: App, hit: Hit, change: Any, when: Any = None) -> None:
    """Change the discount of Lock's answer; ``when`` looks at the request's payload."""
    fits = None if when is None else lambda request: when(request.request_payload)
    rewrite(app, hit, "lock", lambda document: change(document["payload"]), when=fits)


def _percent(app: App, code: str) -> Decimal | None:
    """The percentage that a user offer takes off."""
    found = app.program.state.user_offers.get(code.lower())
    return found.offer.discount.percent if found is not None and found.offer.discount is not None else None


def _called(app: App, hit: Hit, codes: set[str], description: str, code: int) -> None:
    """Describe some user offers otherwise in the history."""

    def change(document: Document) -> None:
        for row in document["payload"]["results"]:
            if row["user_offer_id"] in codes:
                row["status_description"], row["status"] = description, code

    rewrite(app, hit, "user_offer_history", change)


@defect("lock-answers-info", "lock", "LOCK-1", "Lock answers the discount as it was before it was locked: INFO")
def _(app: App, hit: Hit) -> None:
    _discount(app, hit, lambda discount: discount.update(status="INFO"))


@defect("lock-names-the-offer", "lock", "LOCK-2", "Lock's reference_id is the offer, not the user offer")
def _(app: App, hit: Hit) -> None:
    def change(discount: Document) -> None:
        discount["reference_id"] = app.program.state.user_offers[discount["reference_id"]].offer.id

    _discount(app, hit, change)


@defect("lock-of-somebody", "lock", "LOCK-3", "Lock's user_id is not the customer who holds the offer")
def _(app: App, hit: Hit) -> None:
    _discount(app, hit, lambda discount: discount.update(user_id=_OTHER))


@defect("a-cent-is-lost", "lock", "LOCK-4", "Lock takes a cent less off than a fixed amount says: 4.99 for 5")
def _(app: App, hit: Hit) -> None:
    def change(discount: Document) -> None:
        if discount["amount"] and not _percent(app, discount["reference_id"]):
            discount["amount"] = Decimal(str(discount["amount"])) - Decimal("0.01")

    _discount(app, hit, change)


@defect("percent-of-first-line", "lock", "LOCK-5", "Lock takes its percentage of the first line only")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            answer = original(now, request)
            payload = request.request_payload
            percent = _percent(app, payload.offer_lookup_code)
            if percent is None:
                return answer
            amount = Decimal(str(payload.transaction.items[0].subtotal)) * percent / 100
            return rewritten(answer, lambda document: document["payload"].update(amount=amount), hit)

        return call

    around(app, "lock", make)


@defect("lock-names-items", "lock", "LOCK-6", "Lock names the items it discounts, not the lines")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            answer = original(now, request)
            items = [str(line.item_id) for line in request.request_payload.transaction.items]
            return rewritten(answer, lambda document: document["payload"].update(discounted_line_ids=items), hit)

        return call

    around(app, "lock", make)


@defect("lock-rounds-to-dimes", "lock", "LOCK-7", "Lock cuts amounts to a tenth, Lookup does not")
def _(app: App, hit: Hit) -> None:
    def change(discount: Document) -> None:
        amount = Decimal(str(discount["amount"]))
        if amount.quantize(Decimal("0.1"), ROUND_DOWN) != amount:
            discount["amount"] = amount.quantize(Decimal("0.1"), ROUND_DOWN)

    _discount(app, hit, change)


@defect("price-of-the-first-lock", "lock", "LOCK-11", "locked again for another basket, the first price stays")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def lock(now: int, code: str, kind: str, transaction: Transaction) -> UserOffer:
            there = app.program.state.user_offers.get(code)
            hold = None if there is None else there.hold
            before = None if hold is None else hold.pricing
            result: UserOffer = original(now, code, kind, transaction)
            if before is not None and result.hold is not None and result.hold.pricing.amount != before.amount:
                hit()
                result.hold.pricing = before
            return result

        return lock

    replace(app, app.program.redemption, "lock", make)


@defect("refused-rival-takes-over", "lock", "LOCK-13", "a refused rival is written down as the holder of the lock")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def lock(now: int, code: str, kind: str, transaction: Transaction) -> UserOffer:
            try:
                result: UserOffer = original(now, code, kind, transaction)
            except Refused as refused:
                hold = app.program.state.user_offers[code].hold if code in app.program.state.user_offers else None
                if refused.reason is Reason.LOCKED_BY_ANOTHER and hold is not None:
                    hit()
                    hold.transaction_id = transaction.transaction_id
                raise
            return result

        return lock

    replace(app, app.program.redemption, "lock", make)


@defect("revoked-offer-locks", "lock", "LOCK-15", "a revoked offer can be locked")
def _(app: App, hit: Hit) -> None:
    def revive(original: Any, now: int, code: str, kind: str, transaction: Transaction) -> Any:
        app.program.state.user_offers[code].state = UserOfferState.ISSUED
        return original(now, code, kind, transaction)

    instead_of(app, hit, app.program.redemption, "lock", {Reason.REVOKED}, revive)


@defect("unknown-code-locks", "lock", "LOCK-16", "a user offer nobody knows is answered with a lock of its own")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            try:
                answer = original(now, request)
            except Refused as refused:
                if refused.reason is not Reason.UNKNOWN_USER_OFFER:
                    raise
                hit()
                code = request.request_payload.offer_lookup_code.lower()
                discount = {
                    **{"reference_id": code, "user_id": _OTHER, "reference_id_type": "userofferid"},
                    **{"status": "LOCKED", "display_name": "unknown", "discounted_line_ids": []},
                    **{"discount_source": "sessionm", "amount": 0, "stack_order": 0},
                    "applied_time": "2018-08-29T06:59:04Z",
                }
                return Answer(200, encode({"status": "OK", "payload": discount, "errors": None}))
            return answer

        return call

    around(app, "lock", make)


@defect("text-basket-redeems", "lock", "LOCK-17", "a Lock whose quantities are texts is written down as a redemption")
def _(app: App, hit: Hit) -> None:
    codes: set[str] = set()

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            answer = original(now, request)
            payload = request.request_payload
            if type(payload.transaction.items[0].quantity) is str:
                codes.add(payload.offer_lookup_code.lower())
            return answer

        return call

    around(app, "lock", make)
    _called(app, hit, codes, "Redeemed", 3)


@defect("unlocked-still-shown-locked", "lock", "LOCK-18", "an unlocked offer goes on being LOCKED in Lookup")
def _(app: App, hit: Hit) -> None:
    codes = passed_to(app, "unlock")

    def change(document: Document) -> None:
        for customer in document["payload"]:
            for offer in customer["offers"]:
                if offer["reference_id"] in codes:
                    offer["status"] = "LOCKED"

    rewrite(app, hit, "lookup", change)


@defect("lock-not-released", "lock", "LOCK-19", "unlocked, an offer can be locked by its former holder only")
def _(app: App, hit: Hit) -> None:
    holders: dict[str, str] = {}

    def make(original: Any) -> Any:
        def unlock(now: int, user_offer_id: str) -> UserOffer:
            there = app.program.state.user_offers.get(user_offer_id)
            if there is not None and there.hold is not None:
                holders[there.id] = there.hold.transaction_id
            result: UserOffer = original(now, user_offer_id)
            return result

        return unlock

    def rival(now: int, code: str, kind: str, transaction: Transaction) -> bool:
        return holders.get(code, transaction.transaction_id) != transaction.transaction_id

    replace(app, app.program.redemption, "unlock", make)
    refuse_when(
        app, hit, app.program.redemption, "lock", rival, Reason.LOCKED_BY_ANOTHER, "another transaction holds it"
    )


@defect("unlocked-is-a-state", "lock", "LOCK-20", "the history calls an unlocked offer Unlocked")
def _(app: App, hit: Hit) -> None:
    _called(app, hit, passed_to(app, "unlock"), "Unlocked", 6)


@defect("unlock-of-nothing", "lock", "LOCK-21", "unlocking a user offer nobody knows is a success")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            try:
                return original(now, request)
            except Refused as refused:
                if refused.reason is not Reason.UNKNOWN_USER_OFFER:
                    raise
                hit()
                return Answer(200, b'{"status":"OK","payload":null,"errors":null}')

        return call

    around(app, "unlock", make)


@defect("any-lookup-type", "lock", "LOCK-22", "a lookup type that does not exist is taken for userofferid")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            payload = request.request_payload
            if payload.offer_lookup_type.lower() not in ("userofferid", "ttlcode"):
                hit()
                payload.offer_lookup_type = "userofferid"
            return original(now, request)

        return call

    around(app, "lock", make)


@defect("hour-needs-two-digits", "lock", "LOCK-34", "a basket opened at 9:20 is refused, one opened at 09:20 is not")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            opened = request.request_payload.transaction.open_time or ""
            if opened[12:13] == ":":
                hit()
                raise Malformed("$.request_payload.transaction.open_time", "an instant")
            return original(now, request)

        return call

    around(app, "lock", make)


@defect("plain-offer-not-lockable", "lock", "LOCK-27", "an offer without a discount cannot be locked")
def _(app: App, hit: Hit) -> None:
    def plain(now: int, code: str, kind: str, transaction: Transaction) -> bool:
        there = app.program.state.user_offers.get(code)
        return there is not None and there.offer.discount is None

    refuse_when(app, hit, app.program.redemption, "lock", plain, Reason.NOT_APPLICABLE, "nothing can be discounted")


@defect("lock-numbers-are-cents", "lock", "LOCK-28", "Lock takes whole numbers of a basket for cents")
def _(app: App, hit: Hit) -> None:
    _discount(
        app,
        hit,
        lambda discount: discount.update(amount=Decimal(str(discount["amount"])) / 100),
        lambda payload: type(payload.transaction.items[0].subtotal) is int,
    )


@defect("unlock-without-payload", "schema", "LOCK-33", "the answer of unlock has no payload")
def _(app: App, hit: Hit) -> None:
    rewrite(app, hit, "unlock", lambda document: document.pop("payload"))
