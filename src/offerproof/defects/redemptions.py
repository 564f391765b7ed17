"""Defects of redemption: by transaction, at once, and undone."""

from __future__ import annotations

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
)
from offerproof.program.model import Discount, Transaction, TransactionState, UserOffer, UserOfferState
from offerproof.program.refusal import Reason, Refused
from offerproof.simulator.answers import Answer
from offerproof.simulator.planting import Hit

if TYPE_CHECKING:
    from offerproof.simulator.app import App, Call

_DONE = b'{"status":"OK","payload":null,"errors":null}'


def _before_sending(app: App, act: Any) -> None:
    """Let ``act(transaction)`` change a transaction before the program gets it."""

    def make(original: Any) -> Any:
        def send(now: int, transaction: Transaction) -> Any:
            act(transaction)
            return original(now, transaction)

        return send

    replace(app, app.program.transactions, "send", make)


def _success_for_unknown(app: App, hit: Hit, operation: str) -> None:
    """Answer success where a call is about a user offer nobody knows."""

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            try:
                return original(now, request)
            except Refused as refused:
                if refused.reason is not Reason.UNKNOWN_USER_OFFER:
                    raise
                hit()
                return Answer(200, _DONE)

        return call

    around(app, operation, make)


@defect("sent-answers-the-basket", "redeem", "REDEEM-1", "send_transaction answers a payload: how many lines it took")
def _(app: App, hit: Hit) -> None:
    rewrite(app, hit, "send_transaction", lambda document: document.update(payload={"lines": 1}))


@defect("redeems-after-two-locks", "redeem", "REDEEM-2", "a closed transaction redeems only what it has locked twice")
def _(app: App, hit: Hit) -> None:
    locks: dict[str, int] = {}

    def make(original: Any) -> Any:
        def lock(now: int, code: str, kind: str, transaction: Transaction) -> UserOffer:
            result: UserOffer = original(now, code, kind, transaction)
            locks[result.id] = locks.get(result.id, 0) + 1
            return result

        return lock

    def act(transaction: Transaction) -> None:
        kept = tuple(one for one in transaction.discounts if locks.get((one.reference_id or "").lower(), 0) != 1)
        if len(kept) < len(transaction.discounts):
            hit()
            transaction.discounts = kept

    replace(app, app.program.redemption, "lock", make)
    _before_sending(app, act)


@defect("once-open-never-redeems", "redeem", "REDEEM-4", "what was sent open redeems nothing when it closes")
def _(app: App, hit: Hit) -> None:
    def act(transaction: Transaction) -> None:
        record = app.program.state.transactions.get(transaction.transaction_id)
        if record is not None and record.state is TransactionState.OPEN and transaction.discounts:
            hit()
            transaction.discounts = ()

    _before_sending(app, act)


@defect("open-once", "redeem", "REDEEM-30", "an open transaction that is sent again, newer and still open, is refused")
def _(app: App, hit: Hit) -> None:
    def again(now: int, transaction: Transaction) -> bool:
        record = app.program.state.transactions.get(transaction.transaction_id)
        was_open = record is not None and record.state is TransactionState.OPEN
        return was_open and not (transaction.is_closed or transaction.is_voided)

    refuse_when(app, hit, app.program.transactions, "send", again, Reason.INVALID, "the transaction is open already")


@defect("closing-redeems-all-locks", "redeem", "REDEEM-5", "closing redeems all that was locked, named or not")
def _(app: App, hit: Hit) -> None:
    def act(transaction: Transaction) -> None:
        named = {(one.reference_id or "").lower() for one in transaction.discounts}
        for one in app.program.state.user_offers.values():
            if one.hold is None or one.hold.transaction_id != transaction.transaction_id:
                continue
            if transaction.is_closed and one.state is UserOfferState.LOCKED and one.id not in named:
                hit()
                extra = Discount(one.id, one.hold.pricing.amount, "userofferid")
                transaction.discounts = (*transaction.discounts, extra)

    _before_sending(app, act)


@defect("discounts-required", "redeem", "REDEEM-6", "a closed transaction without discounts is refused")
def _(app: App, hit: Hit) -> None:
    def bare(now: int, transaction: Transaction) -> bool:
        return bool(transaction.is_closed) and not transaction.discounts

    refuse_when(app, hit, app.program.transactions, "send", bare, Reason.INVALID, "discounts must not be empty")


@defect("resent-is-redeemed-again", "redeem", "REDEEM-9", "sent again, a transaction adds a second record")
def _(app: App, hit: Hit) -> None:
    again: set[str] = set()

    def act(transaction: Transaction) -> None:
        record = app.program.state.transactions.get(transaction.transaction_id)
        if record is not None and record.state is TransactionState.CLOSED:
            again.update(one.id for one in record.user_offers)

    def change(document: Document) -> None:
        rows = document["payload"]["results"]
        rows += [dict(row) for row in rows if row["user_offer_id"] in again]

    _before_sending(app, act)
    rewrite(app, hit, "user_offer_history", change)


@defect("redeem-only-locks", "redeem", "REDEEM-12", "redeem answers REDEEMED and does no more than Lock does")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def redeem(now: int, code: str, kind: str, transaction: Transaction) -> UserOffer:
            hit()
            return app.program.redemption.lock(now, code, kind, transaction)

        return redeem

    replace(app, app.program.redemption, "redeem", make)


@defect("redeemed-at-once-stays", "redeem", "REDEEM-13", "an offer redeemed at once stays in the wallet")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def redeem(now: int, code: str, kind: str, transaction: Transaction) -> UserOffer:
            result: UserOffer = original(now, code, kind, transaction)
            hit()
            wallet = result.customer.wallet
            if wallet is not None:
                wallet[result.id] = result
            return result

        return redeem

    replace(app, app.program.redemption, "redeem", make)


@defect("redeemed-twice", "redeem", "REDEEM-14", "an offer can be redeemed at once again and again")
def _(app: App, hit: Hit) -> None:
    def again(original: Any, now: int, code: str, kind: str, transaction: Transaction) -> Any:
        app.program.redemption.reinstate(now, code)
        return original(now, code, kind, transaction)

    instead_of(app, hit, app.program.redemption, "redeem", {Reason.REDEEMED}, again)


@defect("redeem-of-nothing", "redeem", "REDEEM-15", "redeeming a user offer nobody knows is a success")
def _(app: App, hit: Hit) -> None:
    _success_for_unknown(app, hit, "redeem")


@defect("revoked-is-redeemed", "redeem", "REDEEM-16", "a revoked offer can be redeemed at once")
def _(app: App, hit: Hit) -> None:
    def revive(original: Any, now: int, code: str, kind: str, transaction: Transaction) -> Any:
        app.program.state.user_offers[code].state = UserOfferState.ISSUED
        return original(now, code, kind, transaction)

    instead_of(app, hit, app.program.redemption, "redeem", {Reason.REVOKED}, revive)


@defect("reinstated-not-in-wallet", "redeem", "REDEEM-18", "a reinstated offer does not come back into the wallet")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def back(user_offer: UserOffer) -> None:
            hit()

        return back

    replace(app, app.program.life_cycle, "return_to_wallet", make)


@defect("reinstated-not-lockable", "redeem", "REDEEM-19", "a reinstated offer cannot be locked again")
def _(app: App, hit: Hit) -> None:
    codes = passed_to(app, "reinstate")

    def back(now: int, code: str, kind: str, transaction: Transaction) -> bool:
        return code in codes

    refuse_when(app, hit, app.program.redemption, "lock", back, Reason.REDEEMED, "this offer was redeemed")


@defect("reinstated-is-a-state", "redeem", "REDEEM-20", "the history calls a reinstated offer Reinstated")
def _(app: App, hit: Hit) -> None:
    codes = passed_to(app, "reinstate")

    def change(document: Document) -> None:
        for row in document["payload"]["results"]:
            if row["user_offer_id"] in codes and row["status_description"] == "Issued":
                row["status_description"], row["status"] = "Reinstated", 6

    rewrite(app, hit, "user_offer_history", change)


@defect("till-redemption-is-final", "redeem", "REDEEM-21", "what a transaction has redeemed cannot be reinstated")
def _(app: App, hit: Hit) -> None:
    def by_transaction(now: int, code: str) -> bool:
        there = app.program.state.user_offers.get(code)
        return (
            there is not None and there.hold is not None and there.hold.transaction_id in app.program.state.transactions
        )

    refuse_when(app, hit, app.program.redemption, "reinstate", by_transaction, Reason.NOT_REDEEMED, "the sale is final")


@defect("reinstate-of-nothing", "redeem", "REDEEM-22", "reinstating a user offer nobody knows is a success")
def _(app: App, hit: Hit) -> None:
    _success_for_unknown(app, hit, "reinstate")


@defect(
    "transaction-id-too-long", "redeem", "REDEEM-29", "a transaction_id of more than 50 letters is refused when sent"
)
def _(app: App, hit: Hit) -> None:
    def long(now: int, transaction: Transaction) -> bool:
        return len(transaction.transaction_id) > 50

    refuse_when(app, hit, app.program.transactions, "send", long, Reason.INVALID, "transaction_id is too long")


@defect("sent-without-payload", "schema", "REDEEM-27", "the answer of send_transaction has no payload")
def _(app: App, hit: Hit) -> None:
    rewrite(app, hit, "send_transaction", lambda document: document.pop("payload"))


@defect("redeem-without-payload", "schema", "REDEEM-28", "the answer of redeem has no payload")
def _(app: App, hit: Hit) -> None:
    rewrite(app, hit, "redeem", lambda document: document.pop("payload"))
