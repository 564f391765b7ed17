"""What only shows under load: races between tills, one answer in many that is wrong or late.

``certify`` need not see these, ``offerproof load`` must.
"""

from __future__ import annotations

from offerproof.defects import wire
from offerproof.defects.asked import done
from offerproof.defects.rewrites import SEND, on, rivalled
from offerproof.defects.wire import Flow
from offerproof.simulator.answers import Answer

WINDOW = 0.02
"""Seconds between the look and the write of a race; the answer leaves at its end, so a lone till never meets it."""
EVERY_SEND = 40
EVERY_REQUEST = 400
EVERY_LATE = 50
LATE_S = 1.5

wire("one-in-400-unavailable", "load", "LOAD-2", f"1 of {EVERY_REQUEST} requests is answered with HTTP 503")(
    lambda flow: (
        flow.refuse(503, "not_available", "try again later")
        if flow.memory.requests % EVERY_REQUEST == 0
        else flow.send()
    )
)
wire("every-fiftieth-late", "load", "LOAD-1", f"each {EVERY_LATE}th answer comes {LATE_S} s late")(
    lambda flow: flow.wrong(flow.hold(flow.send(), LATE_S)) if flow.memory.requests % EVERY_LATE == 0 else flow.send()
)


@wire("race-redeems-twice", "load", "LOAD-5", "two tills that want one offer at the same time both lock and redeem it")
@on(f"lock {SEND}")
def _(flow: Flow) -> Answer:
    """While the first Lock's answer is under way a rival's Lock does not see it; afterwards both may redeem."""
    rivals = flow.memory.notes["rivals"]
    if flow.operation == "lock":
        transactions = {one.transaction_id for one in flow.under_way() if one.code == flow.code}
        answer = rivalled("lock", "unlock", WINDOW)(flow)
        if done(answer) and transactions:
            rivals[flow.code] = rivals.get(flow.code, set()) | transactions | {flow.transaction_id}
        return answer
    answer = flow.send()
    if done(answer) or not any(flow.transaction_id in rivals.get(code, ()) for code in flow.named):
        return answer
    return flow.wrong(flow.again(lambda asked: asked["request_payload"].update(discounts=[])))


@wire(
    "acknowledged-redemption-is-lost",
    "load",
    "LOAD-8",
    f"each {EVERY_SEND}th closed transaction is acknowledged, but the offer it redeems is back afterwards",
)
@on(SEND)
def _(flow: Flow) -> Answer:
    answer = flow.send()
    if done(answer) and flow.closes and flow.named:
        count = flow.memory.notes["count"]
        count["sent"] = count.get("sent", 0) + 1
        if count["sent"] % EVERY_SEND == 0:
            flow.hit()
            for code in flow.named:
                flow.also("reinstate", user_offer_id=code)
    return answer


@wire("points-update-is-lost", "load", "LOAD-9", "of two transactions taken at the same time, one earns nothing")
@on(SEND)
def _(flow: Flow) -> Answer:
    beside = bool(flow.under_way())
    answer = flow.ask(lambda asked: asked["request_payload"].update(payments=[])) if beside else flow.send()
    return flow.hold(answer, WINDOW) if done(answer) else answer
