"""Defects of behaviour: lock, redeem, idempotency, points, concurrency, robustness, volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import Flight, instead_of, refuse_when, replace, rewrite, rewritten
from offerproof.program.model import Transaction, UserOffer
from offerproof.program.refusal import Reason, Refused
from offerproof.simulator.answers import Answer, refusal
from offerproof.simulator.planting import Hit
from offerproof.simulator.routes import Operation

if TYPE_CHECKING:
    from offerproof.simulator.app import App

_DAY = 86_400_000_000
_WINDOW = 0.15


@defect("lock-is-stolen", "lock", "LOCK-12", "another transaction's Lock takes the offer over")
def _(app: App, hit: Hit) -> None:
    def steal(original: Any, now: int, code: str, kind: str, transaction: Transaction) -> UserOffer:
        app.program.redemption.unlock(now, code)
        result: UserOffer = original(now, code, kind, transaction)
        return result

    instead_of(app, hit, app.program.redemption, "lock", {Reason.LOCKED_BY_ANOTHER}, steal)


@defect("relock-refused", "lock", "LOCK-10", "a second Lock by the same transaction is refused")
def _(app: App, hit: Hit) -> None:
    locked: dict[str, str] = {}

    def again(now: int, code: str, kind: str, transaction: Transaction) -> bool:
        if locked.get(code) == transaction.transaction_id:
            return True
        locked[code] = transaction.transaction_id
        return False

    refuse_when(app, hit, app.program.redemption, "lock", again, Reason.LOCKED_BY_ANOTHER, "the offer is locked")


@defect("redeemed-offer-locks", "lock", "LOCK-14", "a redeemed offer can be locked again")
def _(app: App, hit: Hit) -> None:
    def revive(original: Any, now: int, code: str, kind: str, transaction: Transaction) -> UserOffer:
        app.program.redemption.reinstate(now, code)
        result: UserOffer = original(now, code, kind, transaction)
        return result

    instead_of(app, hit, app.program.redemption, "lock", {Reason.REDEEMED}, revive)


@defect("closing-redeems-nothing", "redeem", "REDEEM-2", "a closed transaction leaves its offers locked")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def send(now: int, transaction: Transaction) -> Any:
            if transaction.discounts:
                hit()
                transaction.discounts = ()
            return original(now, transaction)

        return send

    replace(app, app.program.transactions, "send", make)


@defect("open-transaction-redeems", "redeem", "REDEEM-3", "a transaction that is not closed redeems its offers")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def send(now: int, transaction: Transaction) -> Any:
            if transaction.is_closed is False and transaction.discounts:
                hit()
                transaction.is_closed = True
            return original(now, transaction)

        return send

    replace(app, app.program.transactions, "send", make)


@defect("repeat-is-done-again", "idempotency", "IDEM-1", "a repeated request_id is processed a second time")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def get(key: str) -> None:
            if original(key) is not None:
                hit()

        return get

    replace(app, app.requests, "get", make)


@defect("request-id-ignored", "idempotency", "LOCK-11", "a second Lock gets the stored answer, whatever its request_id")
def _(app: App, hit: Hit) -> None:
    stored: dict[str, Answer] = {}

    def make(original: Any) -> Any:
        def perform(operation: Operation, request: Any, body: bytes) -> Answer:
            if operation.name != "lock":
                result: Answer = original(operation, request, body)
                return result
            key = f"{request.client_id} {request.request_payload.offer_lookup_code}"
            if key in stored:
                hit()
                return stored[key]
            stored[key] = original(operation, request, body)
            return stored[key]

        return perform

    replace(app, app, "perform", make)


@defect(
    "return-keeps-points", "points", "POINTS-3", "a transaction sent again without returned items changes no points"
)
def _(app: App, hit: Hit) -> None:
    amounts: dict[str, int] = {}

    def make(original: Any) -> Any:
        def send(now: int, transaction: Transaction) -> Any:
            lines = len(transaction.items)
            before = amounts.setdefault(transaction.transaction_id, lines)
            if lines < before:
                hit()
                return None
            return original(now, transaction)

        return send

    replace(app, app.program.transactions, "send", make)


@defect("escrow-matures-a-day-early", "points", "TIME-3", "points leave escrow a day before the return period ends")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def advance(now: int) -> None:
            due = app.program.next_due
            if due is not None and now < due <= now + _DAY:
                hit()
            original(now + _DAY)

        return advance

    replace(app, app.program, "advance", make)


def _overlooked(app: App, hit: Hit, operation: str, reason: Reason, undo: str) -> None:
    """A check-then-act window: until the answer to the first has left, a rival's request does not see it."""
    flight = Flight(app, operation, _WINDOW)

    def overlook(original: Any, now: int, code: str, kind: str, transaction: Transaction) -> UserOffer:
        if code not in flight.codes:
            raise Refused(reason, "another terminal was there first")
        getattr(app.program.redemption, undo)(now, code)
        result: UserOffer = original(now, code, kind, transaction)
        return result

    instead_of(app, hit, app.program.redemption, operation, {reason}, overlook)


@defect(
    "both-terminals-lock", "concurrency", "CONC-1", "two terminals that lock one offer at the same time both succeed"
)
def _(app: App, hit: Hit) -> None:
    _overlooked(app, hit, "lock", Reason.LOCKED_BY_ANOTHER, "unlock")


@defect(
    "both-terminals-redeem",
    "concurrency",
    "CONC-2",
    "two terminals that redeem one offer at the same time both succeed",
)
def _(app: App, hit: Hit) -> None:
    _overlooked(app, hit, "redeem", Reason.REDEEMED, "reinstate")


@defect("any-credentials", "robustness", "AUTH-2", "any Basic pair opens every service")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def check(match: Any, operation: Operation, headers: Any) -> Answer | None:
            denied: Answer | None = original(match, operation, headers)
            if denied is not None and headers.get(b"authorization", b"").startswith(b"Basic "):
                hit()
                return None
            return denied

        return check

    replace(app, app, "check_credentials", make)


@defect("stack-trace-shown", "robustness", "REFUSE-11", "errors carry a stack trace")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def handle(*args: Any, **named: Any) -> Answer:
            answer: Answer = original(*args, **named)
            if answer.status < 400 or answer.effect is not None:
                return answer
            trace = "Traceback (most recent call last): at Handler.Execute()"
            return rewritten(answer, lambda document: document.update(stack_trace=trace), hit)

        return handle

    replace(app, app, "handle", make)


@defect("wrong-type-breaks-it", "robustness", "REFUSE-5", "a member of the wrong type gets HTTP 500")
def _(app: App, hit: Hit) -> None:
    from offerproof.simulator.values import Malformed

    def make(original: Any) -> Any:
        def decode(operation: Operation, match: Any, body: bytes) -> Any:
            try:
                return original(operation, match, body)
            except Malformed:
                hit()
                raise _BrokenError from None

        return decode

    def caught(original: Any) -> Any:
        def handle(*args: Any, **named: Any) -> Answer:
            try:
                answer: Answer = original(*args, **named)
            except _BrokenError:
                return refusal(None, 500, "internal_server_error", "Object reference not set")
            return answer

        return handle

    replace(app, app, "decode", make)
    replace(app, app, "handle", caught)


class _BrokenError(Exception):
    """What the defect above raises."""


@defect(
    "history-ends-at-25",
    "volume",
    "PAGE-2",
    "the history never shows more than 25 records, though total_records tells more",
)
def _(app: App, hit: Hit) -> None:
    def change(document: dict[str, Any]) -> None:
        rows = document["payload"]["results"]
        del rows[max(0, 25 - int(rows[0]["skip"])) if rows else 0 :]

    rewrite(app, hit, "user_offer_history", change)
