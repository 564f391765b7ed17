"""Defects that need several terminals at the same time: what is under way is not seen, or not waited for."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import Document, Flight, around, replace, rewritten
from offerproof.program.model import Transaction, UserOffer, UserOfferState
from offerproof.simulator.answers import Answer
from offerproof.simulator.planting import Hit

if TYPE_CHECKING:
    from offerproof.program.model import Customer
    from offerproof.simulator.app import App, Call


_WINDOW = 0.15
"""Seconds an answer is under way: long enough that terminals released together meet it on a busy machine."""


def _sent(flight: Flight) -> list[str]:
    """Ids of the transactions that are under way."""
    return [str(request.request_payload.transaction_id) for request in flight.under_way.values()]


@defect("unlock-overtaken", "concurrency", "CONC-3", "an unlock that meets a Lock under way is acknowledged and lost")
def _(app: App, hit: Hit) -> None:
    flight = Flight(app, "lock", _WINDOW)

    def make(original: Any) -> Any:
        def unlock(now: int, user_offer_id: str) -> UserOffer:
            there = app.program.state.user_offers.get(user_offer_id)
            if there is not None and there.state is UserOfferState.LOCKED and there.id in flight.codes:
                hit()
                return there
            result: UserOffer = original(now, user_offer_id)
            return result

        return unlock

    replace(app, app.program.redemption, "unlock", make)


@defect("update-lost-at-once", "concurrency", "CONC-4", "a transaction taken beside another one earns nothing")
def _(app: App, hit: Hit) -> None:
    flight = Flight(app, "send_transaction", _WINDOW)

    def make(original: Any) -> Any:
        def settle(now: int, transaction: Transaction, record: Any, earned: Any) -> None:
            if earned and any(one != transaction.transaction_id for one in _sent(flight)):
                hit()
                return
            original(now, transaction, record, earned)

        return settle

    replace(app, app.program.transactions, "settle_points", make)


@defect("same-at-once-earns-again", "concurrency", "CONC-5", "a transaction sent again at once earns again")
def _(app: App, hit: Hit) -> None:
    flight = Flight(app, "send_transaction", _WINDOW)

    def make(original: Any) -> Any:
        def send(now: int, transaction: Transaction) -> Any:
            name = transaction.transaction_id
            if name in _sent(flight) and name in app.program.state.transactions:
                hit()
                del app.program.state.transactions[name]
            return original(now, transaction)

        return send

    replace(app, app.program.transactions, "send", make)


@defect("repeat-overtakes", "concurrency", "CONC-6", "a request_id is remembered only when the first answer has left")
def _(app: App, hit: Hit) -> None:
    flight = Flight(app, "redeem", _WINDOW)

    def make(original: Any) -> Any:
        def get(key: str) -> Any:
            ids = {str(request.request_id) for request in flight.under_way.values()}
            known = original(key)
            if known is not None and key.rpartition("\0")[2] in ids:
                hit()
                return None
            return known

        return get

    replace(app, app.requests, "get", make)


@defect("summary-behind-details", "concurrency", "CONC-9", "during a purchase the summary is older than the details")
def _(app: App, hit: Hit) -> None:
    flight = Flight(app, "send_transaction", _WINDOW)
    before: dict[str, Decimal] = {}

    def total(customer: Customer) -> Decimal:
        return sum((account.balance for _, account in app.program.accounts.of(customer) if account), Decimal(0))

    def sending(original: Any) -> Any:
        def send(now: int, transaction: Transaction) -> Any:
            for payment in transaction.payments:
                payer = app.program.state.customers.get(payment.user_id or "")
                if payer is not None:
                    before[payer.id] = total(payer)
            return original(now, transaction)

        return send

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            answer = original(now, request)

            def change(document: Document) -> None:
                user = document["user"]
                if flight.under_way and user["id"] in before and "tier_details" in user:
                    summary = user["tier_details"]["point_account_balances"]["summary"]
                    summary["total_points"] = int(before[user["id"]])

            return rewritten(answer, change, hit)

        return call

    replace(app, app.program.transactions, "send", sending)
    around(app, "search_customers", make)
