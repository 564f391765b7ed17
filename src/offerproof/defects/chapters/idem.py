"""A given request is processed once."""

from __future__ import annotations

from offerproof.defects import wire
from offerproof.defects.asked import Document
from offerproof.defects.rewrites import on
from offerproof.defects.wire import Flow, Rewrite
from offerproof.simulator.answers import Answer

WRITES = "lock unlock redeem reinstate send_transaction"


def forgotten(operations: str) -> Rewrite:
    """Do repeats again, as if their request ids had never been seen."""

    @on(operations)
    def rewrite(flow: Flow) -> Answer:
        return flow.ask(lambda document: document.update(request_id=flow.fresh_id())) if flow.since else flow.send()

    return rewrite


wire("repeat-is-done-again", "idempotency", "IDEM-1", "a repeated request_id is processed a second time")(
    forgotten(WRITES)
)
wire("redeem-not-remembered", "idempotency", "IDEM-2", "redeem does not remember request ids: a repeat is refused")(
    forgotten("redeem")
)
wire("unlock-not-remembered", "idempotency", "IDEM-4", "an unlock repeated with its request_id frees the next lock")(
    forgotten("unlock")
)
wire("reinstate-not-remembered", "idempotency", "IDEM-5", "a repeated reinstate undoes a later redemption")(
    forgotten("reinstate")
)


@wire("repeat-earns-again", "idempotency", "IDEM-3", "a transaction repeated with its request_id earns a second time")
@on("send_transaction")
def _(flow: Flow) -> Answer:
    def another(document: Document) -> None:
        document["request_payload"] |= {"transaction_id": f"{flow.transaction_id} {flow.since}", "discounts": []}

    if flow.since:
        flow.again(another)
        flow.hit()
    return flow.send()


@wire("repeat-sticks", "idempotency", "IDEM-6", "after a repeat every Lock of that offer gets the stored answer")
@on("lock")
def _(flow: Flow) -> Answer:
    stuck, place = flow.memory.notes["stuck"], (flow.code, flow.transaction_id)
    if place in stuck and not flow.since:
        return flow.wrong(stuck[place])
    answer = flow.send()
    if flow.since:
        stuck[place] = answer
    return answer


@wire("repeat-is-too-late", "idempotency", "IDEM-7", "a Lock repeated after some other requests is refused")
@on("lock")
def _(flow: Flow) -> Answer:
    return flow.refuse() if flow.since > 2 else flow.send()


@wire("repeat-undoes-redeeming", "idempotency", "IDEM-8", "a Lock repeated after the redemption gives the offer back")
@on("lock")
def _(flow: Flow) -> Answer:
    if flow.since and flow.memory.did.get(flow.code) in ("send_transaction", "redeem"):
        flow.also("reinstate", user_offer_id=flow.code)
        flow.hit()
    return flow.send()
