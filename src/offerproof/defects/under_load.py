"""Defects that only show under load: races between tills, one answer in many that is wrong or late.

Their clauses are those of load runs (LOAD-…): ``certify`` need not see them, ``offerproof load`` must.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import Flight, replace
from offerproof.program.model import Transaction, UserOffer, UserOfferState
from offerproof.program.refusal import Reason, Refused
from offerproof.simulator.answers import Answer, Effect, refusal
from offerproof.simulator.planting import Hit
from offerproof.simulator.routes import Operation

if TYPE_CHECKING:
    from offerproof.simulator.app import App

_WINDOW = 0.02
"""Seconds between the look and the write of a race; the answer leaves at its end, so a lone till never meets it."""
_EVERY_SEND = 40
_EVERY_REQUEST = 400
_EVERY_LATE = 50
_LATE = 1.5


@defect(
    "race-redeems-twice", "load", "LOAD-5", "two tills that want one offer at the same time both lock and redeem it"
)
def _(app: App, hit: Hit) -> None:
    """While the first Lock's answer is under way a rival's Lock does not see it; afterwards both may redeem."""
    flight = Flight(app, "lock", _WINDOW)
    rivals: dict[str, set[str]] = {}

    def lock(original: Any) -> Any:
        def locked(now: int, code: str, kind: str, transaction: Transaction) -> UserOffer:
            try:
                result: UserOffer = original(now, code, kind, transaction)
            except Refused as refused:
                if refused.reason is not Reason.LOCKED_BY_ANOTHER or code.lower() not in flight.codes:
                    raise
                app.program.redemption.unlock(now, code)
                result = original(now, code, kind, transaction)
                rivals.setdefault(result.id, set()).update((transaction.transaction_id, *_held(flight, code)))
                hit()
            return result

        return locked

    def good(original: Any) -> Any:
        def require(user_offer: UserOffer, discount: Any, transaction_id: str) -> None:
            try:
                original(user_offer, discount, transaction_id)
            except Refused:
                if transaction_id not in rivals.get(user_offer.id, ()):
                    raise
                hit()

        return require

    replace(app, app.program.redemption, "lock", lock)
    replace(app, app.program.transactions, "require_good_discount", good)


def _held(flight: Flight, code: str) -> list[str]:
    """Transactions whose Lock of this offer is under way."""
    payloads = [request.request_payload for request in flight.under_way.values()]
    return [one.transaction.transaction_id for one in payloads if one.offer_lookup_code.lower() == code.lower()]


@defect(
    "acknowledged-redemption-is-lost",
    "load",
    "LOAD-8",
    f"each {_EVERY_SEND}th closed transaction is acknowledged, but the offer it redeems is back afterwards",
)
def _(app: App, hit: Hit) -> None:
    count = 0

    def make(original: Any) -> Any:
        def send(now: int, transaction: Transaction) -> Any:
            nonlocal count
            sent = original(now, transaction)
            count += bool(sent.redeemed)
            if sent.redeemed and count % _EVERY_SEND == 0:
                hit()
                for user_offer in sent.redeemed:
                    if user_offer.state is UserOfferState.REDEEMED:
                        app.program.redemption.reinstate(now, user_offer.id)
            return sent

        return send

    replace(app, app.program.transactions, "send", make)


@defect("points-update-is-lost", "load", "LOAD-9", "of two transactions taken at the same time, one earns nothing")
def _(app: App, hit: Hit) -> None:
    flight = Flight(app, "send_transaction", _WINDOW)

    def make(original: Any) -> Any:
        def settle(now: int, transaction: Transaction, record: Any, earned: Any) -> None:
            if flight.under_way and earned:
                hit()
                return
            original(now, transaction, record, earned)

        return settle

    replace(app, app.program.transactions, "settle_points", make)


@defect("one-in-400-unavailable", "load", "LOAD-2", f"1 of {_EVERY_REQUEST} requests is answered with HTTP 503")
def _(app: App, hit: Hit) -> None:
    count = 0

    def make(original: Any) -> Any:
        def perform(operation: Operation, request: Any, body: bytes) -> Answer:
            nonlocal count
            count += 1
            if count % _EVERY_REQUEST:
                answer: Answer = original(operation, request, body)
                return answer
            hit()
            return refusal(operation.service, 503, "not_available", "try again later")

        return perform

    replace(app, app, "perform", make)


@defect("every-fiftieth-late", "load", "LOAD-1", f"each {_EVERY_LATE}th answer comes {_LATE} s late")
def _(app: App, hit: Hit) -> None:
    count = 0

    def make(original: Any) -> Any:
        def perform(operation: Operation, request: Any, body: bytes) -> Answer:
            nonlocal count
            count += 1
            answer: Answer = original(operation, request, body)
            if count % _EVERY_LATE:
                return answer
            hit()
            return Answer(answer.status, answer.body, answer.headers, Effect(delay=_LATE))

        return perform

    replace(app, app, "perform", make)
