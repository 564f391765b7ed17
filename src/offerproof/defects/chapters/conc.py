"""Several terminals at once: what is under way is not seen, or not waited for."""

from __future__ import annotations

from offerproof.defects import wire
from offerproof.defects.asked import Document, done
from offerproof.defects.rewrites import SEARCH, SEND, on, rivalled
from offerproof.defects.wire import Flow
from offerproof.simulator.answers import Answer

WINDOW = 0.15
"""Seconds an answer is under way: long enough that terminals released together meet it on a busy machine."""


def held(flow: Flow, answer: Answer) -> Answer:
    """Keep an answer back for a while, if it is a success."""
    return flow.hold(answer, WINDOW) if done(answer) else answer


wire("both-terminals-lock", "concurrency", "CONC-1", "two terminals that lock one offer at the same time both succeed")(
    rivalled("lock", "unlock", WINDOW)
)
wire(
    "both-terminals-redeem",
    "concurrency",
    "CONC-2",
    "two terminals that redeem one offer at the same time both succeed",
)(rivalled("redeem", "reinstate", WINDOW))


@wire("unlock-overtaken", "concurrency", "CONC-3", "an unlock that meets a Lock under way is acknowledged and lost")
@on("lock unlock")
def _(flow: Flow) -> Answer:
    if flow.operation == "lock":
        return held(flow, flow.send())
    overtaken = any(one.code == flow.code for one in flow.under_way())
    return flow.succeed(flow.entry(flow.code)) if overtaken else flow.send()


@wire("update-lost-at-once", "concurrency", "CONC-4", "a transaction taken beside another one earns nothing")
@on(SEND)
def _(flow: Flow) -> Answer:
    beside = any(one.transaction_id != flow.transaction_id for one in flow.under_way())
    return held(flow, flow.ask(lambda asked: asked["request_payload"].update(payments=[])) if beside else flow.send())


@wire("same-at-once-earns-again", "concurrency", "CONC-5", "a transaction sent again at once earns again")
@on(SEND)
def _(flow: Flow) -> Answer:
    again = sum(one.transaction_id == flow.transaction_id for one in flow.under_way())
    if not again:
        return held(flow, flow.send())
    another = {"transaction_id": f"{flow.transaction_id} {again}", "discounts": []}
    return held(flow, flow.ask(lambda asked: asked["request_payload"].update(another)))


@wire("repeat-overtakes", "concurrency", "CONC-6", "a request_id is remembered only when the first answer has left")
@on("redeem")
def _(flow: Flow) -> Answer:
    repeats = [one for one in flow.under_way() if one.document["request_id"] == flow.document["request_id"]]
    if repeats and done(flow.also("reinstate", user_offer_id=flow.code)):
        return held(flow, flow.wrong(flow.again()))
    return held(flow, flow.send())


@wire("one-of-three-is-lost", "concurrency", "CONC-7", "of three discounts that close while others lock one is lost")
@on(f"{SEND} lock")
def _(flow: Flow) -> Answer:
    if flow.operation == "lock":
        return held(flow, flow.send())
    three = len(flow.named) == 3 and flow.closes
    return flow.ask(lambda asked: asked["request_payload"]["discounts"].pop()) if three else flow.send()


@wire("issued-at-once-is-one", "concurrency", "CONC-8", "an issue beside another one answers the other's user offer")
@on("issue_offer")
def _(flow: Flow) -> Answer:
    key = (flow.document.get("user_id"), flow.document.get("offer_id"))
    given = flow.memory.notes["given"]
    beside = any((one.document.get("user_id"), one.document.get("offer_id")) == key for one in flow.under_way())
    if beside and key in given:
        return held(flow, flow.wrong(given[key]))
    answer = flow.send()
    if done(answer):
        given[key] = Answer(answer.status, answer.body, answer.headers)
    return held(flow, answer)


@wire("summary-behind-details", "concurrency", "CONC-9", "during a purchase the summary is older than the details")
@on(f"{SEARCH} {SEND}")
def _(flow: Flow) -> Answer:
    if flow.operation == SEND:
        return held(flow, flow.send())
    before = flow.memory.notes["totals"]

    def change(document: Document) -> None:
        user = document["user"]
        if "tier_details" in user:
            summary = user["tier_details"]["point_account_balances"]["summary"]
            if flow.memory.under_way:
                summary["total_points"] = before.get(user["id"], 0)
            else:
                before[user["id"]] = summary["total_points"]

    answer = flow.send()
    return flow.edit(answer, change) if done(answer) else answer


@wire(
    "on-its-way-is-unknown",
    "concurrency",
    "CONC-10",
    "a request whose answer is on its way is done again when repeated",
)
@on(SEND)
def _(flow: Flow) -> Answer:
    def another(document: Document) -> None:
        again = f"{flow.transaction_id} {flow.memory.requests}"
        document["request_payload"] |= {"transaction_id": again, "discounts": []}

    if any(one.document.get("request_id") == flow.document.get("request_id") for one in flow.under_way()):
        flow.again(another)
        flow.hit()
    return held(flow, flow.send())
