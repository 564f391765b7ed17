"""Redeem by transaction, redeem at once, reinstate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offerproof.defects import wire
from offerproof.defects.asked import Document, closed, done, table
from offerproof.defects.rewrites import (
    HISTORY,
    LOOKUP,
    OTHER,
    SEND,
    WALLET,
    When,
    always,
    broken,
    discount,
    drop,
    honour,
    nearly,
    on,
    only,
    put,
    refuse,
    retried,
    revise,
    sent,
    stays,
    told,
    turn,
    unknown,
)
from offerproof.defects.wire import Flow, Rewrite
from offerproof.simulator.answers import Answer


def member(name: str, value: Any, when: When = always) -> Rewrite:
    """Let the server get a transaction with another value."""
    return sent(lambda flow, payload: payload.update({name: value}), when)


def was_open(flow: Flow) -> bool:
    """Whether the transaction was sent before and is open."""
    versions = flow.memory.sent.get(flow.transaction_id)
    return bool(versions and not closed(versions[-1]))


def not_locked_once(flow: Flow, payload: Document) -> None:
    """Leave out the discounts that were locked once."""
    locks, discounts = flow.memory.acted["lock"], payload.get("discounts") or []
    payload["discounts"] = [one for one in discounts if locks[str(one.get("reference_id")).lower()] != 1]


def all_locks(flow: Flow, payload: Document) -> None:
    """Name every user offer that the transaction has locked."""
    mine = (code for code, basket in flow.memory.held.items() if str(basket["transaction_id"]) == flow.transaction_id)
    more = [
        {"reference_id": code, "reference_id_type": "userofferid"}
        for code in mine
        if code not in flow.named and flow.memory.did.get(code) == "lock"
    ]
    payload["discounts"] = [*(payload.get("discounts") or []), *more]


def doubled(flow: Flow, rows: list[Document]) -> None:
    """Add a second record of what a transaction has redeemed that was sent again."""
    again = [versions for versions in flow.memory.sent.values() if sum(map(closed, versions)) > 1]
    codes = {str(one.get("reference_id")).lower() for versions in again for one in versions[0].get("discounts") or ()}
    rows += [dict(row) for row in rows if row["user_offer_id"].lower() in codes]


def last_redeemed_together(flow: Flow, rows: list[Document]) -> None:
    """Leave out of a history the last of several offers that one transaction has redeemed."""
    closing = (version for versions in flow.memory.sent.values() for version in versions if closed(version))
    discounts: list[list[Document]] = [list(version.get("discounts") or []) for version in closing]
    lost = {str(named[-1].get("reference_id")).lower() for named in discounts if len(named) > 1}
    rows[:] = [row for row in rows if row["user_offer_id"].lower() not in lost]


def without_reinstated(flow: Flow, offers: list[Document]) -> None:
    """Leave out of a wallet what was reinstated."""
    offers[:] = [one for one in offers if one["reference_id"].lower() not in flow.memory.acted["reinstate"]]


def locked_first(when: Callable[[Flow, str], object]) -> Rewrite:
    """Lock some of the user offers that a transaction names before it is taken."""

    @on(SEND)
    def rewrite(flow: Flow) -> Answer:
        basket = {name: flow.transaction.get(name) for name in ("transaction_id", "items")}
        for code in flow.named if flow.closes else ():
            if when(flow, code):
                flow.also("unlock", user_offer_id=code)
                flow.also("lock", offer_lookup_code=code, offer_lookup_type="userofferid", transaction=basket)
                flow.hit()
        return flow.send()

    return rewrite


def locked_by_another(flow: Flow, code: str) -> bool:
    """Whether another transaction has locked a user offer."""
    return code in flow.memory.held and str(flow.memory.held[code]["transaction_id"]) != flow.transaction_id


def locks_of_others(what: str) -> Rewrite:
    """When a transaction closes, do something to what other transactions of the same customer have locked."""

    @on(SEND)
    def rewrite(flow: Flow) -> Answer:
        answer = flow.send()
        mine = {flow.memory.issued.get(code, {}).get("user_id") for code in flow.named}
        for code in list(flow.memory.held) if flow.closes and done(answer) else ():
            holder = flow.memory.issued.get(code, {}).get("user_id")
            if holder not in mine or flow.memory.did.get(code) != "lock" or not locked_by_another(flow, code):
                continue
            flow.also("unlock", user_offer_id=code)
            if what != "unlock it":
                asked = {"offer_lookup_code": code, "offer_lookup_type": "userofferid"}
                flow.also("redeem", **asked, transaction=flow.memory.held[code])
            flow.hit()
        return answer

    return rewrite


wire("sent-answers-the-basket", "redeem", "REDEEM-1", "send_transaction answers a payload: how many lines it took")(
    put(SEND, "payload", {"lines": 1})
)
wire("closing-redeems-nothing", "redeem", "REDEEM-2", "a closed transaction leaves its offers locked")(
    member("discounts", [], lambda flow: flow.named)
)
wire("redeems-after-two-locks", "redeem", "REDEEM-2", "a closed transaction redeems only what it has locked twice")(
    sent(not_locked_once, lambda flow: flow.named)
)
wire("open-transaction-redeems", "redeem", "REDEEM-3", "a transaction that is not closed redeems its offers")(
    member("is_closed", True, lambda flow: flow.named and str(flow.payload.get("is_closed")).lower() == "false")
)
wire("once-open-never-redeems", "redeem", "REDEEM-4", "what was sent open redeems nothing when it closes")(
    member("discounts", [], lambda flow: flow.named and was_open(flow))
)
wire("closing-redeems-all-locks", "redeem", "REDEEM-5", "closing redeems all that was locked, named or not")(
    sent(all_locks, lambda flow: flow.closes)
)
wire("discounts-required", "redeem", "REDEEM-6", "a closed transaction without discounts is refused")(
    refuse(SEND, lambda flow: flow.closes and not flow.payload.get("discounts"))
)
wire("json-true-refused", "redeem", "REDEEM-7", "a transaction whose is_closed is the JSON value true is refused")(
    refuse(SEND, lambda flow: flow.payload.get("is_closed") is True)
)
wire("first-discount-only", "redeem", "REDEEM-8", "of several discounts of a transaction only the first is redeemed")(
    sent(lambda flow, payload: only(1)(payload["discounts"]), lambda flow: flow.named)
)
wire("last-discount-is-lost", "redeem", "REDEEM-8", "the last of several redeemed offers is in the history no more")(
    revise(HISTORY, "payload.results", last_redeemed_together)
)
wire("resent-is-redeemed-again", "redeem", "REDEEM-9", "sent again, a transaction adds a second record")(
    revise(HISTORY, "payload.results", doubled)
)
wire("naming-is-enough", "redeem", "REDEEM-10", "a transaction redeems an offer that it never locked")(
    locked_first(lambda flow, code: not flow.memory.acted["lock"][code])
)
wire(
    "unlocked-counts-as-locked",
    "redeem",
    "REDEEM-34",
    "a transaction redeems what was unlocked since its lock",
)(locked_first(lambda flow, code: flow.memory.did.get(code) == "unlock"))
wire("sending-takes-over", "redeem", "REDEEM-11", "a transaction redeems an offer that another one has locked")(
    locked_first(locked_by_another)
)
wire("redeemed-at-once-stays", "redeem", "REDEEM-13", "an offer redeemed at once stays in the wallet")(
    stays(lambda flow, user: flow.memory.acted["redeem"])
)
wire("redeemed-twice", "redeem", "REDEEM-14", "an offer can be redeemed at once again and again")(
    retried("redeem", "reinstate")
)
wire("redeem-of-nothing", "redeem", "REDEEM-15", "redeeming a user offer nobody knows is a success")(
    honour("redeem", when=unknown)
)
wire("revoked-is-redeemed", "redeem", "REDEEM-16", "a revoked offer can be redeemed at once")(
    honour(
        "redeem", lambda flow: {**discount(flow), "status": "REDEEMED"}, lambda flow: flow.state(flow.code) == "Revoked"
    )
)
wire(
    "redeemed-from-a-rival", "redeem", "REDEEM-17", "an offer that another transaction has locked is redeemed at once"
)(retried("redeem", "unlock"))
wire("reinstated-not-in-wallet", "redeem", "REDEEM-18", "a reinstated offer does not come back into the wallet")(
    revise(LOOKUP, WALLET, without_reinstated)
)
wire("reinstated-not-lockable", "redeem", "REDEEM-19", "a reinstated offer cannot be locked again")(
    refuse("lock", lambda flow: flow.code in flow.memory.acted["reinstate"])
)
wire("reinstated-is-a-state", "redeem", "REDEEM-20", "the history calls a reinstated offer Reinstated")(
    told(lambda flow: flow.memory.acted["reinstate"], "Reinstated", 6)
)
wire("till-redemption-is-final", "redeem", "REDEEM-21", "what a transaction has redeemed cannot be reinstated")(
    refuse("reinstate", lambda flow: flow.code in flow.memory.acted[SEND])
)
wire("reinstate-of-nothing", "redeem", "REDEEM-22", "reinstating a user offer nobody knows is a success")(
    honour("reinstate", when=unknown)
)
wire("redeems-by-most-of-the-id", "redeem", "REDEEM-15", "redeem does not look at the last letter of the id")(
    nearly("redeem")
)
wire("reinstates-by-most-of-the-id", "redeem", "REDEEM-22", "reinstate does not look at the last letter of the id")(
    nearly("reinstate")
)
wire("closing-redeems-other-baskets", "redeem", "REDEEM-32", "closing redeems what other baskets have locked, too")(
    locks_of_others("lock it over and redeem it")
)
wire("closing-frees-other-baskets", "redeem", "REDEEM-32", "closing lets go of what other baskets have locked")(
    locks_of_others("unlock it")
)
wire("own-lock-brings-a-rivals", "redeem", "REDEEM-11", "with a lock of its own a basket redeems a rival's too")(
    locked_first(lambda flow, code: locked_by_another(flow, code) and len(flow.named) > 1)
)
wire("three-discounts-at-most", "redeem", "REDEEM-8", "of the discounts of a transaction the first three are redeemed")(
    sent(lambda flow, payload: only(3)(payload["discounts"]), lambda flow: len(flow.named) > 3)
)
wire("void-closes", "redeem", "REDEEM-23", "a voided transaction redeems the offer it names")(
    sent(lambda flow, payload: payload.update(is_closed=True, is_voided=False), lambda flow: flow.named and flow.voids)
)
wire("sent-without-payload", "schema", "REDEEM-27", "the answer of send_transaction has no payload")(
    drop(SEND, "payload")
)
wire("done-with-errors", "schema", "REDEEM-27", "errors of a transaction that is done are a text")(
    put(SEND, "errors", "late")
)
wire("redeem-without-payload", "schema", "REDEEM-28", "the answer of redeem has no payload")(drop("redeem", "payload"))
wire("transaction-id-too-long", "redeem", "REDEEM-29", "a transaction_id of more than 50 letters is refused when sent")(
    refuse(SEND, lambda flow: len(flow.transaction_id) > 50)
)
wire("open-once", "redeem", "REDEEM-30", "an open transaction that is sent again, newer and still open, is refused")(
    refuse(SEND, lambda flow: was_open(flow) and not flow.closes and not flow.voids)
)
wire("return-with-discount-refused", "redeem", "REDEEM-31", "a return is refused for the offer it redeemed itself")(
    refuse(
        SEND, lambda flow: flow.transaction_id in flow.memory.sent and set(flow.named) & set(flow.memory.acted[SEND])
    )
)


@wire("redeem-only-locks", "redeem", "REDEEM-12", "redeem answers REDEEMED and does no more than Lock does")
@on("redeem")
def _(flow: Flow) -> Answer:
    answer = flow.also("lock", **flow.payload)
    return flow.edit(answer, lambda document: document["payload"].update(status="REDEEMED")) if done(answer) else answer


wire("redeem-names-another", "redeem", "REDEEM-33", "the discount that redeem answers is of another customer")(
    turn("redeem", "payload.user_id", lambda user_id: OTHER)
)
wire("redeemed-is-still-info", "redeem", "REDEEM-33", "redeem answers the discount as it was before: INFO")(
    turn("redeem", "payload.status", lambda status: "INFO")
)


def has_no_end(flow: Flow) -> bool:
    """Whether the user offer that is asked for is of an offer that does not expire."""
    return bool(table(flow.created(flow.code).get("common_config")).get("does_not_expire"))


wire("unlock-needs-an-end", "lock", "REDEEM-35", "unlocking an offer without an end is a server error")(
    broken("unlock", has_no_end)
)
