"""Defects against the profile's word on requests: spellings, forms, and what may be left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import plays, refuse_when, replace, rewrite
from offerproof.program.customers import digits_of
from offerproof.program.model import Discount, OfferDraft, Profile, Transaction
from offerproof.program.refusal import Reason, Refused
from offerproof.simulator.answers import Answer, Service, refusal
from offerproof.simulator.planting import Hit

if TYPE_CHECKING:
    from offerproof.simulator.app import App


@defect("one-spelling-only", "robustness", "DECL-23", "the redemption paths of the documents are not served")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def handle(method: bytes, target: bytes, *rest: Any, **named: Any) -> Answer:
            if target.lower().startswith(b"/api/2.0/offers/redemption/"):
                hit()
                return refusal(Service.CLOUDPOS, 404, "not_found", "there is no such call")
            answer: Answer = original(method, target, *rest, **named)
            return answer

        return handle

    replace(app, app, "handle", make)


@defect("phone-decoration-counts", "search", "DECL-24", "a phone number with blanks and brackets is refused")
def _(app: App, hit: Hit) -> None:
    def decorated(now: int, profile: Profile, *_: Any) -> bool:
        number = profile.mobile_number or ""
        return number != digits_of(number)

    refuse_when(app, hit, app.program.customers, "create", decorated, Reason.INVALID, "digits only")


def _accepting(app: App, hit: Hit, owner: object, name: str) -> None:
    """Let a check of a part of the program, which raises or returns what is wrong, find nothing."""

    def make(original: Any) -> Any:
        def accept(*args: Any) -> None:
            try:
                original(*args)
            except Refused:
                hit()

        return accept

    replace(app, owner, name, make)


@defect("any-customer-will-do", "search", "DECL-25", "a customer with a malformed e-mail address is created")
def _(app: App, hit: Hit) -> None:
    _accepting(app, hit, app.program.customers, "require_valid_profile")


@defect("any-offer-will-do", "offers", "DECL-26", "an offer with blank cultures and half a validity is created")
def _(app: App, hit: Hit) -> None:
    _accepting(app, hit, app.program.offers, "require_valid_draft")


@defect("any-items-will-do", "offers", "DECL-33", "an item discount is created with items that are no ids")
def _(app: App, hit: Hit) -> None:
    _accepting(app, hit, app.program.offers, "require_valid_draft")


@defect("validity-is-required", "offers", "DECL-27", "an offer without a validity is refused, which may be left out")
def _(app: App, hit: Hit) -> None:
    def without(now: int, draft: OfferDraft) -> bool:
        return draft.validity_unit is None

    refuse_when(app, hit, app.program.offers, "create", without, Reason.INVALID, "validity_unit is missing")


@defect("discount-counts-twice", "redeem", "DECL-28", "a user offer may stand in two discounts of one transaction")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def good(discount: Discount, transaction_id: str, found: Any) -> Any:
            if found:
                hit()
            return original(discount, transaction_id, {})

        return good

    replace(app, app.program.transactions, "good_discount", make)


@defect("payers-are-forgotten", "points", "DECL-29", "a newer version without payments takes the points away")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def shares(transaction: Transaction, record: Any) -> Any:
            if not transaction.payments and record is not None:
                hit()
                return ()
            return original(transaction, record)

        return shares

    replace(app, app.program.earning, "shares", make)


@defect("capitals-are-others", "search", "DECL-30", "a payer named by an id in capitals is not known")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def payer(payment: Any) -> Any:
            if payment.user_id and payment.user_id != payment.user_id.lower():
                hit()
                return None
            return original(payment)

        return payer

    replace(app, app.program.earning, "payer", make)


@defect("charset-is-refused", "robustness", "DECL-31", "JSON that names its charset is refused")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def check(match: Any, headers: Any) -> Answer | None:
            if b"charset" in headers.get(b"content-type", b"").lower():
                hit()
                return refusal(match.service, 415, "unsupported_media_type", "application/json and nothing else")
            denied: Answer | None = original(match, headers)
            return denied

        return check

    replace(app, app, "check_type", make)


@defect("user-without-registered-at", "schema", "DECL-32", "the user object lacks a member that is declared")
def _(app: App, hit: Hit) -> None:
    rewrite(app, hit, "search_customers", lambda document: document["user"].pop("registered_at", None))


@defect("two-are-one", "offers", "DECL-34", "issuing a quantity of two gives one user offer")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def issue(now: int, user_id: str, offer_id: str, quantity: int = 1, *rest: Any) -> Any:
            if quantity > 1:
                hit()
            return original(now, user_id, offer_id, min(quantity, 1), *rest)

        return issue

    replace(app, app.program.wallets, "issue", make)


@defect("identifiers-lose-their-type", "search", "DECL-35", "the type of an external id is forgotten")
def _(app: App, hit: Hit) -> None:
    def forget(document: Any) -> None:
        for one in document["user"].get("identifiers", ()):
            one["external_id_type"] = ""

    rewrite(app, hit, "search_customers", forget)


@defect("missing-words-are-invented", "offers", "DECL-36", "an offer without a description gets one")
def _(app: App, hit: Hit) -> None:
    def invent(document: Any) -> None:
        for text in document["payload"]["offer"]["offer_text"]:
            text["description"] = text["description"] or "An offer for you"

    rewrite(app, hit, "fetch_offer", invent)


@defect("each-unit-is-discounted", "lock", "DECL-37", "an item discount takes each unit, and the dearest is declared")
def _(app: App, hit: Hit) -> None:
    plays(app, hit, "lock", "offers", item_discount_each=True)
