"""Defects that need an order of calls nobody writes down: two or three steps that are right one by one."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import Document, around, instead_of, replace, rewrite
from offerproof.program.model import ZERO, Hold, Transaction, TransactionState, UserOffer, UserOfferState
from offerproof.program.refusal import Reason
from offerproof.simulator.answers import Answer, Service, refusal
from offerproof.simulator.planting import Hit
from offerproof.simulator.routes import Operation
from offerproof.simulator.values import Malformed

if TYPE_CHECKING:
    from offerproof.simulator.app import App, Call


@defect("revoked-lock-lives-on", "lock", "JOURN-1", "revoked while locked, an offer locks again for its holder")
def _(app: App, hit: Hit) -> None:
    holds: dict[str, Hold] = {}

    def make(original: Any) -> Any:
        def revoke(now: int, user_offer: UserOffer, reason: str | None) -> UserOffer:
            if user_offer.hold is not None:
                holds[user_offer.id] = user_offer.hold
            result: UserOffer = original(now, user_offer, reason)
            return result

        return revoke

    def revive(original: Any, now: int, code: str, kind: str, transaction: Transaction) -> Any:
        from offerproof.program.refusal import Refused

        hold = holds.get(code)
        if hold is None or hold.transaction_id != transaction.transaction_id:
            raise Refused(Reason.REVOKED, "the user offer is revoked")
        app.program.state.user_offers[code].state = UserOfferState.ISSUED
        return original(now, code, kind, transaction)

    replace(app, app.program.life_cycle, "revoke", make)
    instead_of(app, hit, app.program.redemption, "lock", {Reason.REVOKED}, revive)


@defect("revoked-lock-in-wallet", "wallet", "JOURN-2", "revoked while it is locked, an offer stays in the wallet")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def revoke(now: int, user_offer: UserOffer, reason: str | None) -> UserOffer:
            locked = user_offer.state is UserOfferState.LOCKED
            result: UserOffer = original(now, user_offer, reason)
            if locked and result.customer.wallet is not None:
                hit()
                result.customer.wallet[result.id] = result
            return result

        return revoke

    replace(app, app.program.life_cycle, "revoke", make)


@defect("summary-keeps-returns", "points", "JOURN-3", "total_points go on counting what was returned")
def _(app: App, hit: Hit) -> None:
    returned: dict[str, Decimal] = {}

    def make(original: Any) -> Any:
        def take_back(lot: Any, family: int, amount: Decimal) -> None:
            original(lot, family, amount)
            returned[lot.customer.id] = returned.get(lot.customer.id, ZERO) + amount

        return take_back

    def change(document: Document) -> None:
        user = document["user"]
        if "tier_details" in user:
            summary = user["tier_details"]["point_account_balances"]["summary"]
            summary["total_points"] += int(returned.get(user["id"], ZERO))

    replace(app, app.program.points, "take_back", make)
    rewrite(app, hit, "search_customers", change)


@defect("newer-same-earns-again", "points", "JOURN-4", "a newer version with the same lines earns a second time")
def _(app: App, hit: Hit) -> None:
    lines: dict[str, int] = {}

    def make(original: Any) -> Any:
        def send(now: int, transaction: Transaction) -> Any:
            name, count = transaction.transaction_id, len(transaction.items)
            record = app.program.state.transactions.get(name)
            newer = record is not None and (transaction.modified_at or now) > record.modified_at
            closed = record is not None and record.state is TransactionState.CLOSED and record.lots
            if newer and closed and transaction.is_closed and lines.get(name) == count:
                hit()
                del app.program.state.transactions[name]
            lines[name] = count
            return original(now, transaction)

        return send

    replace(app, app.program.transactions, "send", make)


@defect("later-pages-leak", "search", "JOURN-5", "later pages of several customers hold a record of another customer")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def history(user_ids: Any, skip: int = 0, take: int | None = None) -> Any:
            page = original(user_ids, skip, take)
            others = [one for one in app.program.state.user_offers.values() if one.customer.id not in user_ids]
            if len(user_ids) > 1 and skip and page.user_offers and others:
                hit()
                page.user_offers = [*page.user_offers[:-1], others[-1]]
            return page

        return history

    replace(app, app.program.wallets, "history", make)


@defect("unlock-gives-all-back", "redeem", "JOURN-6", "unlocking an offer gives back what the customer has redeemed")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def unlock(at: int, user_offer: UserOffer) -> UserOffer:
            result: UserOffer = original(at, user_offer)
            for one in result.customer.history or ():
                if one.state is UserOfferState.REDEEMED:
                    hit()
                    app.program.life_cycle.reinstate(at, one)
            return result

        return unlock

    replace(app, app.program.life_cycle, "unlock", make)


@defect("titles-are-escaped", "offers", "JOURN-7", "signs such as & and < come back escaped for HTML")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        offer = document["payload"]["offer"]
        offer["title"] = escape(offer["title"])
        for text in offer["offer_text"]:
            text["title"], text["description"] = escape(text["title"]), escape(text["description"])

    rewrite(app, hit, "fetch_offer", change)


@defect(
    "empty-culture-breaks-it", "robustness", "SURF-1", "an empty culture in the container gets HTTP 500 from Lookup"
)
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            if request.culture == "":
                hit()
                return refusal(Service.CLOUDPOS, 500, "internal_server_error", "Object reference not set")
            return original(now, request)

        return call

    around(app, "lookup", make)


def _on_malformed(app: App, hit: Hit, operations: set[str], answer: Answer) -> None:
    """Answer requests of the wrong shape otherwise."""

    class Odd(Exception):
        """Carries the request past the rest."""

    def decoding(original: Any) -> Any:
        def decode(operation: Operation, match: Any, body: bytes) -> Any:
            try:
                return original(operation, match, body)
            except Malformed:
                if operation.name not in operations:
                    raise
                hit()
                raise Odd from None

        return decode

    def handling(original: Any) -> Any:
        def handle(*args: Any, **named: Any) -> Answer:
            try:
                result: Answer = original(*args, **named)
            except Odd:
                return answer
            return result

        return handle

    replace(app, app, "decode", decoding)
    replace(app, app, "handle", handling)


@defect("error-page", "robustness", "SURF-2", "an issue or revoke of the wrong shape gets a page of HTML")
def _(app: App, hit: Hit) -> None:
    page = Answer(400, b"<html><body>Bad Request</body></html>")
    _on_malformed(app, hit, {"issue_offer", "revoke_offer"}, page)


@defect("odd-unlock-succeeds", "robustness", "SURF-3", "an unlock or reinstate of the wrong shape is a success")
def _(app: App, hit: Hit) -> None:
    done = Answer(200, b'{"status":"OK","payload":null,"errors":null}')
    _on_malformed(app, hit, {"unlock", "reinstate"}, done)


@defect("odd-revoke-shows-trace", "robustness", "SURF-8", "a revoke of the wrong shape shows where the program broke")
def _(app: App, hit: Hit) -> None:
    told = "Traceback (most recent call last): at Handler.Execute() in RevokeOffer.java:42"
    _on_malformed(app, hit, {"revoke_offer"}, refusal(Service.OFFERS, 400, "invalid_request", told))
