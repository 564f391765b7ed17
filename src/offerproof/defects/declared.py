"""Defects against the profile's word: what the documents leave open is done otherwise than it is declared."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import plays, refuse_when, replace, rewrite, told
from offerproof.program.model import ZERO, Customer, Discount, DiscountRule, Line, Offer, Profile, UserOfferState
from offerproof.program.refusal import Reason
from offerproof.program.setting_types import Base, Enrolment, LookupPoints, Split
from offerproof.simulator.answers import Answer
from offerproof.simulator.planting import Hit
from offerproof.simulator.routes import OPERATIONS

if TYPE_CHECKING:
    from offerproof.simulator.app import App

_DAY = 86_400_000_000


@defect(
    "wallet-oldest-first", "wallet", "DECL-1", "get_user_offers lists the oldest first, and newest first is declared"
)
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def listed(customer: Customer) -> list[Any]:
            found: list[Any] = original(customer)
            if len(found) > 1:
                hit()
            return found[::-1]

        return listed

    replace(app, app.program.wallets, "newest_first", make)


@defect("entry-without-declared-member", "wallet", "DECL-2", "entries of get_user_offers lack a declared member")
def _(app: App, hit: Hit) -> None:
    def drop(document: Any) -> None:
        for entry in document["payload"]["user_offers"]:
            entry.pop("is_redeemable", None)

    rewrite(app, hit, "get_user_offers", drop)


@defect("no-last-fall-back", "offers", "DECL-3", "a culture without words is refused, and the first text is declared")
def _(app: App, hit: Hit) -> None:
    plays(app, hit, "fetch_offer", "offers", fall_back_to_first=False)


@defect("months-of-forty-days", "offers", "DECL-4", "a validity in months lasts ten days longer for each month")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def end(offer: Offer, start: int) -> int | None:
            found: int | None = original(offer, start)
            if found is None or offer.validity_unit != "months":
                return found
            hit()
            return found + 10 * _DAY * (offer.validity_period or 0)

        return end

    replace(app, app.program.offers, "validity_end", make)


@defect("everlasting-offer-ends", "offers", "DECL-5", "an offer that does not expire ends after a year")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def end(offer: Offer, start: int) -> int | None:
            if offer.does_not_expire:
                hit()
                return start + 365 * _DAY
            found: int | None = original(offer, start)
            return found

        return end

    replace(app, app.program.offers, "validity_end", make)


@defect("phone-alone-is-refused", "search", "DECL-6", "a customer with nothing but a phone number is refused")
def _(app: App, hit: Hit) -> None:
    def alone(now: int, profile: Profile, *_: Any) -> bool:
        return not profile.email and not profile.external_id

    refuse_when(app, hit, app.program.customers, "create", alone, Reason.INVALID, "e-mail or external id is missing")


@defect("everybody-is-enrolled", "points", "DECL-7", "who is not opted in is enrolled too, against what is declared")
def _(app: App, hit: Hit) -> None:
    plays(app, hit, "create_customer", "customers", enrolment=Enrolment.ALWAYS)


@defect("the-unenrolled-earn", "points", "DECL-8", "who is not enrolled earns points, against what is declared")
def _(app: App, hit: Hit) -> None:
    plays(app, hit, "send_transaction", "points", unenrolled_earn=True)


@defect("shared-number-finds-one", "search", "DECL-9", "a number that two customers share finds the newest of them")
def _(app: App, hit: Hit) -> None:
    plays(app, hit, "lookup", "customers", shared_mobile_number_refused=False)


@defect("issued-before-its-time", "offers", "DECL-10", "an offer is issued outside its acquisition window")
def _(app: App, hit: Hit) -> None:
    plays(app, hit, "issue_offer", "offers", issue_outside_acquisition=True)


@defect("points-on-the-full-price", "points", "DECL-11", "points are counted on the items without their discounts")
def _(app: App, hit: Hit) -> None:
    plays(app, hit, "send_transaction", "points", base=Base.ITEMS)


@defect("first-payer-takes-all", "points", "DECL-12", "of several payers the first gets all points")
def _(app: App, hit: Hit) -> None:
    plays(app, hit, "send_transaction", "points", split=Split.FIRST)


@defect("issue-rule-fires-once", "points", "DECL-13", "the issue rule gives its offer the first time only")
def _(app: App, hit: Hit) -> None:
    declared = app.program.state.settings
    once = tuple(dataclasses.replace(rule, repeats=False) for rule in declared.issue_rules)
    app.program.state.settings = dataclasses.replace(declared, issue_rules=once)
    app.planting.undo.append(lambda: setattr(app.program.state, "settings", declared))
    told(app, hit, "send_transaction")


@defect(
    "available-with-escrow", "identities", "DECL-14", "available_points holds the escrow too, against what is declared"
)
def _(app: App, hit: Hit) -> None:
    plays(app, hit, "search_customers", "points", available_includes_escrow=True)


@defect(
    "lookup-shows-the-total", "identities", "DECL-15", "Lookup shows all points as its points, not the available ones"
)
def _(app: App, hit: Hit) -> None:
    plays(app, hit, "lookup", "points", lookup=LookupPoints.TOTAL)


@defect("late-return-is-ignored", "points", "DECL-16", "a return after the return period takes no points")
def _(app: App, hit: Hit) -> None:
    plays(app, hit, "send_transaction", "transactions", late_return_taken=False)


@defect("void-keeps-offers", "redeem", "DECL-17", "a voided transaction does not give back what it redeemed")
def _(app: App, hit: Hit) -> None:
    plays(app, hit, "send_transaction", "transactions", void_reinstates=False)


@defect("request-ids-of-all-stores", "idempotency", "DECL-18", "the request_id of another store counts as a repeat")
def _(app: App, hit: Hit) -> None:
    declared = app.settings
    narrow = dataclasses.replace(declared.requests, scope=("client", "operation"))
    app.settings = dataclasses.replace(declared, requests=narrow)
    app.planting.undo.append(lambda: setattr(app, "settings", declared))
    told(app, hit, "lock")


@defect("shared-path-means-the-list", "wallet", "DECL-19", "on the shared path a Lookup is taken for get_user_offers")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def which(match: Any, headers: Any, body: bytes) -> Any:
            operation, denied = original(match, headers, body)
            if operation.name == "lookup" and denied is None:
                hit()
                return OPERATIONS["get_user_offers"], denied
            return operation, denied

        return which

    replace(app, app, "_which", make)


@defect("escrow-has-no-lifetime", "points", "DECL-20", "what is earned into escrow does not count in lifetime values")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def put(customer: Customer, family: int, amount: Decimal) -> None:
            original(customer, family, amount)
            escrow = app.program.accounts.holding(customer, family).escrow
            if escrow is not None:
                hit()
                escrow.life_time_value -= amount

        return put

    replace(app, app.program.points, "put_into_escrow", make)


@defect("second-discount-takes-it-all", "lock", "DECL-21", "a second discount takes no notice of the first")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def others(*args: Any) -> Decimal:
            if original(*args):
                hit()
            return ZERO

        return others

    replace(app, app.program.pricer, "other_discounts", make)


@defect("item-discount-on-any-item", "lock", "DECL-22", "an item discount takes items that are not its own")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def eligible(rule: DiscountRule, line: Line) -> bool:
            if original(rule, line):
                return True
            hit()
            return line.quantity > 0

        return eligible

    replace(app, app.program.pricer, "is_eligible", make)


@defect("bad-request-is-401", "robustness", "REFUSE-27", "a malformed request is refused like wrong credentials")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def handle(*args: Any, **named: Any) -> Answer:
            answer: Answer = original(*args, **named)
            if answer.status != 400:
                return answer
            hit()
            return Answer(401, answer.body, answer.headers)

        return handle

    replace(app, app, "handle", make)


@defect("return-with-discount-refused", "redeem", "REDEEM-31", "a return is refused for the offer it redeemed itself")
def _(app: App, hit: Hit) -> None:
    def redeemed(discount: Discount, *_: Any) -> bool:
        found = app.program.transactions.discount_user_offer(discount)
        return found is not None and found.state is UserOfferState.REDEEMED

    refuse_when(
        app, hit, app.program.transactions, "good_discount", redeemed, Reason.REDEEMED, "the user offer is redeemed"
    )


@defect("short-lived-code-unknown", "lock", "LOCK-37", "a short-lived code is not understood")
def _(app: App, hit: Hit) -> None:
    def by_code(now: int, code: str, kind: str, *_: Any) -> bool:
        return kind == "ttlcode"

    refuse_when(app, hit, app.program.redemption, "lock", by_code, Reason.UNKNOWN_USER_OFFER, "there is no such code")
