"""Defects of request ids: requests that are done again, and requests that are not done at all."""

from __future__ import annotations

from dataclasses import replace as copied
from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import replace
from offerproof.simulator.answers import Answer
from offerproof.simulator.baskets import transaction
from offerproof.simulator.planting import Hit
from offerproof.simulator.routes import Operation

if TYPE_CHECKING:
    from offerproof.simulator.app import App


def _forgotten(app: App, hit: Hit, name: str) -> None:
    """Do repeats of one operation again, as if their request ids had never been seen."""

    def make(original: Any) -> Any:
        def key(operation: Operation, request: Any) -> str | None:
            found: str | None = original(operation, request)
            if operation.name != name or found is None:
                return found
            if app.requests.get(found) is None:
                return found
            hit()
            return None

        return key

    replace(app, app, "request_key", make)


@defect("redeem-not-remembered", "idempotency", "IDEM-2", "redeem does not remember request ids: a repeat is refused")
def _(app: App, hit: Hit) -> None:
    _forgotten(app, hit, "redeem")


@defect("repeat-earns-again", "idempotency", "IDEM-3", "a transaction repeated with its request_id earns a second time")
def _(app: App, hit: Hit) -> None:
    repeats: list[int] = []

    def make(original: Any) -> Any:
        def perform(operation: Operation, request: Any, body: bytes) -> Answer:
            if operation.name == "send_transaction":
                key = app.request_key(operation, request)
                if key is not None and app.requests.get(key) is not None:
                    hit()
                    repeats.append(1)
                    sent = transaction(request.request_payload, "$")
                    name = f"{sent.transaction_id} {len(repeats)}"
                    app.program.transactions.send(app.clock.now(), copied(sent, transaction_id=name, discounts=()))
            answer: Answer = original(operation, request, body)
            return answer

        return perform

    replace(app, app, "perform", make)


@defect("unlock-not-remembered", "idempotency", "IDEM-4", "an unlock repeated with its request_id frees the next lock")
def _(app: App, hit: Hit) -> None:
    _forgotten(app, hit, "unlock")


@defect("reinstate-not-remembered", "idempotency", "IDEM-5", "a repeated reinstate undoes a later redemption")
def _(app: App, hit: Hit) -> None:
    _forgotten(app, hit, "reinstate")


@defect("repeat-sticks", "idempotency", "IDEM-6", "after a repeat every Lock of that offer gets the stored answer")
def _(app: App, hit: Hit) -> None:
    stuck: dict[str, Answer] = {}

    def make(original: Any) -> Any:
        def perform(operation: Operation, request: Any, body: bytes) -> Answer:
            if operation.name != "lock":
                result: Answer = original(operation, request, body)
                return result
            payload = request.request_payload
            place = f"{payload.offer_lookup_code} {payload.transaction.transaction_id}"
            key = app.request_key(operation, request)
            repeated = key is not None and app.requests.get(key) is not None
            if place in stuck and not repeated:
                hit()
                return stuck[place]
            answer: Answer = original(operation, request, body)
            if repeated:
                stuck[place] = answer
            return answer

        return perform

    replace(app, app, "perform", make)
