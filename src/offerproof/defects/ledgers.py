"""Defects of points, tiers and time: earned wrongly, matured wrongly, moved and ended at the wrong instant."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import Document, around, instead_of, replace, rewrite, rewritten
from offerproof.program.model import ZERO, Transaction, TransactionState, UserOffer, UserOfferState
from offerproof.program.refusal import Reason
from offerproof.simulator.answers import Answer
from offerproof.simulator.planting import Hit

if TYPE_CHECKING:
    from offerproof.simulator.app import App, Call

_SECOND = 1_000_000
_HOUR = 3600 * _SECOND
_DAY = 24 * _HOUR
_SPENDABLE, _TIER = 0, 1


def _advance_ahead(app: App, hit: Hit, ahead: int) -> None:
    """Let what is due happen too early, by so many microseconds."""

    def make(original: Any) -> Any:
        def advance(now: int) -> None:
            due = app.program.next_due
            if due is not None and now < due <= now + ahead:
                hit()
            original(now + ahead)

        return advance

    replace(app, app.program, "advance", make)


@defect("no-tier-points", "points", "POINTS-1", "a purchase earns into the spendable family only")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def points(at: int, transaction: Transaction, base: Decimal, family: int) -> Decimal:
            if family != _TIER:
                result: Decimal = original(at, transaction, base, family)
                return result
            hit()
            return ZERO

        return points

    replace(app, app.program.earning, "family_points", make)


@defect("external-payer-earns-nothing", "points", "POINTS-17", "a payer who is named by an external id earns nothing")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def payer(payment: Any) -> Any:
            if str(payment.user_id_type).lower() != "external_id":
                return original(payment)
            hit()
            return None

        return payer

    replace(app, app.program.earning, "payer", make)


@defect("escrow-and-account", "points", "POINTS-2", "a purchase fills the spendable account as well as its escrow")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def put(customer: Any, family: int, amount: Decimal) -> None:
            original(customer, family, amount)
            if family != _SPENDABLE:
                return
            hit()
            holding = app.program.accounts.holding(customer, family)
            if holding.account is None:
                holding.account = app.program.accounts.open()
            holding.account.balance += amount
            holding.account.life_time_value += amount

        return put

    replace(app, app.program.points, "put_into_escrow", make)


@defect("return-lowers-the-tier", "points", "POINTS-4", "a return inside the return period moves the tier down")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def back(at: int, lot: Any, kept: Any) -> None:
            less = kept != lot.points
            original(at, lot, kept)
            membership = lot.customer.memberships[0]
            if less and membership.level.rank > 0:
                hit()
                app.program.tiers.enter_level(at, membership, membership.system.levels[membership.level.rank - 1])

        return back

    replace(app, app.program.points, "return_from_lot", make)


def _adding(app: App, hit: Hit, when: Any) -> None:
    """Forget an earlier version of a transaction when ``when(record, transaction)`` holds: the new one adds."""
    lines: dict[str, int] = {}

    def make(original: Any) -> Any:
        def send(now: int, transaction: Transaction) -> Any:
            name, count = transaction.transaction_id, len(transaction.items)
            record = app.program.state.transactions.get(name)
            closed = record is not None and record.state is TransactionState.CLOSED and record.lots
            if closed and when(record, transaction, lines.get(name, count)):
                hit()
                del app.program.state.transactions[name]
            lines[name] = count
            return original(now, transaction)

        return send

    replace(app, app.program.transactions, "send", make)


@defect("same-again-earns-again", "points", "POINTS-5", "a transaction sent again as it was earns again")
def _(app: App, hit: Hit) -> None:
    _adding(app, hit, lambda record, transaction, before: transaction.modified_at == record.modified_at)


@defect("newer-version-adds", "points", "POINTS-6", "a newer version with more lines earns on top of the one before")
def _(app: App, hit: Hit) -> None:
    _adding(app, hit, lambda record, transaction, before: len(transaction.items) > before)


def _no_roll_over(app: App, hit: Hit, which: int) -> None:
    def make(original: Any) -> Any:
        def roll(at: int, customer: Any, family: int, amount: Decimal) -> None:
            if family == which:
                hit()
            else:
                original(at, customer, family, amount)

        return roll

    replace(app, app.program.points, "roll_over", make)


@defect("spendable-never-matures", "points", "TIME-1", "points stay in the spendable escrow for ever")
def _(app: App, hit: Hit) -> None:
    _no_roll_over(app, hit, _SPENDABLE)


@defect("tier-points-never-mature", "points", "TIME-2", "points stay in the tier-qualifying escrow for ever")
def _(app: App, hit: Hit) -> None:
    _no_roll_over(app, hit, _TIER)


@defect("escrow-matures-seconds-early", "points", "TIME-3", "points leave escrow three seconds before they may")
def _(app: App, hit: Hit) -> None:
    _advance_ahead(app, hit, 3 * _SECOND)


@defect("tier-waits-for-a-job", "points", "TIME-4", "points that roll over do not move the tier")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def move(at: int, customer: Any) -> None:
            before = customer.memberships[0].level
            if app.program.tiers.level_reached(customer.memberships[0]).rank > before.rank:
                hit()

        return move

    replace(app, app.program.tiers, "move", make)


@defect("sum-refreshed-nightly", "points", "TIME-5", "total_points lack what has rolled over until the next night")
def _(app: App, hit: Hit) -> None:
    matured: dict[str, tuple[int, Decimal]] = {}

    def mature(original: Any) -> Any:
        def lot_matures(at: int, lot: Any) -> None:
            original(at, lot)
            matured[lot.customer.id] = (at, sum(lot.points, ZERO))

        return lot_matures

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            answer = original(now, request)

            def change(document: Document) -> None:
                user = document["user"]
                at, points = matured.get(user["id"], (now - _DAY, ZERO))
                if now - at < _DAY // 2 and "tier_details" in user:
                    summary = user["tier_details"]["point_account_balances"]["summary"]
                    summary["total_points"] -= int(points)

            return rewritten(answer, change, hit)

        return call

    replace(app, app.program.points, "mature_lot", mature)
    around(app, "search_customers", make)


@defect("top-tier-has-a-target", "points", "TIME-6", "at the top tier tier_ends_value is the threshold of that tier")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        user = document["user"]
        if user["tier_ends_value"] == 0:
            user["tier_ends_value"] = user["tier_starts_value"]

    rewrite(app, hit, "search_customers", change)


@defect("expired-stays-in-wallet", "points", "TIME-9", "Lookup goes on showing an offer whose window is over")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def expire(at: int, user_offer: UserOffer) -> None:
            original(at, user_offer)
            hit()
            if user_offer.customer.wallet is not None:
                user_offer.customer.wallet[user_offer.id] = user_offer

        return expire

    replace(app, app.program.life_cycle, "expire", make)


@defect("expired-offer-locks", "points", "TIME-10", "an offer whose window is over can be locked")
def _(app: App, hit: Hit) -> None:
    def revive(original: Any, now: int, code: str, kind: str, transaction: Transaction) -> Any:
        app.program.state.user_offers[code].state = UserOfferState.ISSUED
        return original(now, code, kind, transaction)

    instead_of(app, hit, app.program.redemption, "lock", {Reason.EXPIRED}, revive)


@defect("expired-is-forgotten", "points", "TIME-11", "expired offers leave the history")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        rows = document["payload"]["results"]
        rows[:] = [row for row in rows if row["status_description"] != "Expired"]

    rewrite(app, hit, "user_offer_history", change)


@defect("offers-end-in-local-time", "points", "TIME-12", "an offer ends when the server's clock says so, an hour early")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def advance(now: int) -> None:
            original(now)
            for one in list(app.program.state.user_offers.values()):
                if one.state is UserOfferState.ISSUED and one.ends_at is not None and one.ends_at <= now + _HOUR:
                    hit()
                    app.program.life_cycle.expire(now, one)

        return advance

    replace(app, app.program, "advance", make)
