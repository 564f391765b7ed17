"""Defects of isolation: what one customer does shows with another, one user offer's fate with another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import replace
from offerproof.program.model import Hold, Transaction, UserOffer, UserOfferState
from offerproof.simulator.answers import Answer
from offerproof.simulator.planting import Hit
from offerproof.simulator.routes import Operation

if TYPE_CHECKING:
    from offerproof.simulator.app import App

_PREFETCHED = ["issue_offer", "create_customer"]


def _prefetched(app: App, leaks: dict[str, UserOffer]) -> None:
    """When a customer is created right after an offer was issued to another, remember that offer for the new one: a
    cache that is filled ahead, under the wrong key."""
    calls: list[str] = []

    def make(original: Any) -> Any:
        def perform(operation: Operation, request: Any, body: bytes) -> Answer:
            answer: Answer = original(operation, request, body)
            calls.append(operation.name)
            if calls[-2:] == _PREFETCHED:
                newest = next(reversed(app.program.state.customers))
                leaks[newest] = next(reversed(app.program.state.user_offers.values()))
            return answer

        return perform

    replace(app, app, "perform", make)


@defect("wallet-of-the-one-before", "search", "ISOL-1", "the wallet holds an offer of the customer before")
def _(app: App, hit: Hit) -> None:
    leaks: dict[str, UserOffer] = {}
    _prefetched(app, leaks)

    def make(original: Any) -> Any:
        def lookup(now: int, by: Any, value: str, transaction: Transaction | None = None) -> Any:
            wallet = original(now, by, value, transaction)
            if wallet is not None and wallet.customer.id in leaks and transaction is None:
                hit()
                wallet.offers = [*wallet.offers, leaks[wallet.customer.id]]
            return wallet

        return lookup

    replace(app, app.program.redemption, "lookup", make)


@defect("history-of-the-one-before", "search", "ISOL-2", "the history holds an offer of the customer before")
def _(app: App, hit: Hit) -> None:
    leaks: dict[str, UserOffer] = {}
    _prefetched(app, leaks)

    def make(original: Any) -> Any:
        def history(user_ids: Any, skip: int = 0, take: int | None = None) -> Any:
            page = original(user_ids, skip, take)
            if len(user_ids) == 1 and user_ids[0] in leaks:
                hit()
                page.user_offers = [*page.user_offers, leaks[user_ids[0]]]
            return page

        return history

    replace(app, app.program.wallets, "history", make)


@defect("lock-by-offer", "search", "ISOL-4", "a Lock holds the offer for everybody, not one customer's user offer")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def lock(now: int, code: str, kind: str, transaction: Transaction) -> UserOffer:
            result: UserOffer = original(now, code, kind, transaction)
            for one in app.program.state.user_offers.values():
                if (
                    one.offer is result.offer
                    and one.state is UserOfferState.ISSUED
                    and one.customer is not result.customer
                ):
                    hit()
                    one.state = UserOfferState.LOCKED
                    one.hold = Hold(transaction.transaction_id, now, result.hold.pricing) if result.hold else None
            return result

        return lock

    replace(app, app.program.redemption, "lock", make)


@defect("redeems-the-twin", "search", "ISOL-5", "redeeming redeems all a customer's user offers of that offer")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def redeem(now: int, user_offer: UserOffer, transaction_id: str, pricing: Any) -> UserOffer:
            result: UserOffer = original(now, user_offer, transaction_id, pricing)
            for one in list((result.customer.wallet or {}).values()):
                if one.offer is result.offer and one.state is UserOfferState.ISSUED:
                    hit()
                    original(now, one, transaction_id, pricing)
            return result

        return redeem

    replace(app, app.program.life_cycle, "redeem", make)


@defect("newest-earns-too", "search", "ISOL-6", "the customer created last gets everybody's points too")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def earn(at: int, customer: Any, points: Any, matures_at: int) -> Any:
            newest = next(reversed(app.program.state.customers.values()))
            if newest is not customer:
                hit()
                original(at, newest, points, matures_at)
            return original(at, customer, points, matures_at)

        return earn

    replace(app, app.program.points, "earn", make)


@defect("account-ids-shared", "search", "ISOL-7", "the point accounts of all customers have the same ids")
def _(app: App, hit: Hit) -> None:
    ids: dict[int, str] = {}

    def make(original: Any) -> Any:
        def put(customer: Any, family: int, amount: Any) -> None:
            original(customer, family, amount)
            escrow = app.program.accounts.holding(customer, family).escrow
            if escrow is not None:
                shared = ids.setdefault(family, escrow.id)
                if shared != escrow.id:
                    hit()
                    escrow.id = shared

        return put

    replace(app, app.program.points, "put_into_escrow", make)
