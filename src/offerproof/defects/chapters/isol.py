"""One customer's data stays with that customer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offerproof.defects import wire
from offerproof.defects.asked import Document, done, read
from offerproof.defects.rewrites import BALANCES, HISTORY, LOOKUP, SEARCH, USERS, WALLET, on, revise
from offerproof.defects.wire import Flow, Rewrite
from offerproof.simulator.answers import Answer


def prefetched(operation: str, add: Callable[[Flow, Any, str], object]) -> Rewrite:
    """Let a customer who is created right after an offer was issued to another have that offer, too.

    A cache that is filled ahead, under the wrong key; ``add`` puts a user offer into the payload of an answer.
    """

    @on(f"create_customer {operation}")
    def rewrite(flow: Flow) -> Answer:
        answer, leaks = flow.send(), flow.memory.notes["leaks"]
        if not done(answer):
            return answer
        if flow.operation == "create_customer":
            if flow.before == "issue_offer":
                leaks[flow.memory.newest(flow.memory.customers)] = flow.memory.newest(flow.memory.issued)
            return answer
        asked = flow.payload if operation == LOOKUP else flow.document
        user_id = str(asked.get("user_id") or (asked.get("user_ids") or [""])[0]).lower()
        if user_id not in leaks or flow.transaction:
            return answer
        return flow.edit(answer, lambda document: add(flow, document["payload"], leaks[user_id]))

    return rewrite


def row_of(flow: Flow, code: str) -> Document:
    """Return the record of a user offer, as the history shows it to its holder."""
    rows = flow.history(flow.memory.issued[code]["user_id"])
    return next(row for row in rows if row["user_offer_id"].lower() == code)


def twins(flow: Flow, code: str, *, same_holder: bool) -> list[str]:
    """Return the other user offers of the same offer, of the same customer or of all others."""
    issued = flow.memory.issued
    own = issued.get(code)
    if own is None:
        return []
    return [
        other
        for other, one in issued.items()
        if other != code and one["offer_id"] == own["offer_id"] and (one["user_id"] == own["user_id"]) is same_holder
    ]


def shared_ids(flow: Flow, account: Document) -> None:
    """Give the accounts of one name one id."""
    if account["user_point_account_id"]:
        ids = flow.memory.notes["accounts"]
        account["user_point_account_id"] = ids.setdefault(account["account_name"], account["user_point_account_id"])


def after_another_basket(flow: Flow) -> bool:
    """Whether the Lookup before this one had a basket and was another customer's."""
    before = flow.memory.asked.get(LOOKUP)
    payload = read(before.body)["request_payload"] if before is not None and flow.before == LOOKUP else {}
    return (
        bool(payload.get("transaction"))
        and not flow.transaction
        and payload.get("user_id") != flow.payload.get("user_id")
    )


def neighbour(flow: Flow) -> Any:
    """Return the e-mail address of the customer created last."""
    return flow.memory.customers.get(flow.memory.newest(flow.memory.customers), {}).get("email")


def seen_before(flow: Flow, user: Document) -> None:
    """Show in a profile the e-mail address of whom was searched before."""
    notes = flow.memory.notes["searched"]
    before, notes["email"] = notes.get("email"), user["email"]
    if "user_profile" in user and before and before != user["email"]:
        user["user_profile"] = {"last_seen": before}


wire("wallet-of-the-one-before", "search", "ISOL-1", "the wallet holds an offer of the customer before")(
    prefetched(LOOKUP, lambda flow, payload, code: payload[0]["offers"].append(flow.entry(code)))
)
wire("history-of-the-one-before", "search", "ISOL-2", "the history holds an offer of the customer before")(
    prefetched(HISTORY, lambda flow, payload, code: payload["results"].append(row_of(flow, code)))
)
wire("list-of-the-one-before", "search", "ISOL-3", "get_user_offers lists an offer of the customer before")(
    prefetched(
        "get_user_offers",
        lambda flow, payload, code: payload["user_offers"].append({"user_offer_id": code, **flow.memory.issued[code]}),
    )
)
wire("account-ids-shared", "search", "ISOL-7", "the point accounts of all customers have the same ids")(
    revise(USERS, f"{BALANCES}.details.*", shared_ids)
)
wire("cached-basket", "wallet", "ISOL-8", "a Lookup without a basket right after one with a basket gets its prices")(
    revise(LOOKUP, f"{WALLET}.*", lambda flow, one: one.update(amount=5), after_another_basket)
)
wire(
    "profile-of-the-one-before", "search", "ISOL-9", "user_profile shows the e-mail address of the one searched before"
)(revise(SEARCH, "user", seen_before))


wire("lookup-names-a-neighbour", "search", "ISOL-9", "Lookup shows the e-mail address of the customer created last")(
    revise(LOOKUP, "", lambda flow, document: document.update(nearby=neighbour(flow)))
)


@wire("lock-by-offer", "search", "ISOL-4", "a Lock holds the offer for everybody, not one customer's user offer")
@on("lock")
def _(flow: Flow) -> Answer:
    answer = flow.send()
    for code in twins(flow, flow.code, same_holder=False) if done(answer) else ():
        flow.also("lock", **{**flow.payload, "offer_lookup_code": code, "offer_lookup_type": "userofferid"})
        flow.hit()
    return answer


@wire("redeems-the-twin", "search", "ISOL-5", "redeeming redeems all a customer's user offers of that offer")
@on("redeem send_transaction")
def _(flow: Flow) -> Answer:
    answer = flow.send()
    codes = [flow.code] if flow.operation == "redeem" else flow.named if flow.closes else []
    basket = {"transaction_id": f"{flow.transaction_id} twin", "items": flow.transaction.get("items")}
    for code in codes if done(answer) else ():
        for twin in twins(flow, code, same_holder=True):
            flow.also("redeem", offer_lookup_code=twin, offer_lookup_type="userofferid", transaction=basket)
            flow.hit()
    return answer


@wire("newest-earns-too", "search", "ISOL-6", "the customer created last gets everybody's points too")
@on("send_transaction")
def _(flow: Flow) -> Answer:
    answer, newest = flow.send(), flow.memory.newest(flow.memory.customers)
    payers = [str(one.get("user_id")).lower() for one in flow.payload.get("payments") or ()]
    if done(answer) and payers and newest and newest not in payers:

        def for_the_newest(document: Document) -> None:
            payload = document["request_payload"]
            payload |= {"transaction_id": f"{flow.transaction_id} {newest}", "discounts": []}
            payload["payments"] = [
                {**one, "user_id": newest, "user_id_type": "SessionM_ID"} for one in payload["payments"]
            ]

        flow.again(for_the_newest)
        flow.hit()
    return answer
