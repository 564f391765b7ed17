"""Journeys: what needs an order of calls that nobody writes down, two or three steps that are right one by one."""

from __future__ import annotations

from html import escape

from offerproof.defects import wire
from offerproof.defects.asked import Document, done
from offerproof.defects.rewrites import (
    HISTORY,
    LOOKUP,
    SEARCH,
    SEND,
    discount,
    earns_again,
    no_number,
    offer_words,
    on,
    revise,
    stays,
)
from offerproof.defects.wire import Flow
from offerproof.simulator.answers import Answer


def returned_counts(flow: Flow, user: Document) -> None:
    """Let total_points never fall."""
    if "tier_details" in user:
        summary, before = user["tier_details"]["point_account_balances"]["summary"], flow.memory.notes["totals"]
        summary["total_points"] = before[user["id"]] = max(summary["total_points"], before.get(user["id"], 0))


def of_another(flow: Flow, rows: list[Document]) -> None:
    """End a later page with a record of another customer."""
    asked = [one.lower() for one in flow.document["user_ids"]]
    others = [one["user_id"] for one in flow.memory.issued.values() if one["user_id"] not in asked]
    if len(asked) > 1 and int(flow.document.get("skip") or 0) and rows and others:
        rows[-1] = flow.history(others[-1])[0]


def revoked_while_locked(flow: Flow) -> dict[str, Document]:
    """Return the baskets of the user offers that were locked when they were revoked."""
    found: dict[str, Document] = flow.memory.notes["revoked while locked"]
    if flow.operation == "revoke_offer" and flow.memory.did.get(flow.code) == "lock":
        found[flow.code] = flow.memory.held[flow.code]
    return found


wire("summary-keeps-returns", "points", "JOURN-3", "total_points go on counting what was returned")(
    revise(SEARCH, "user", returned_counts)
)
wire("newer-same-earns-again", "points", "JOURN-4", "a newer version with the same lines earns a second time")(
    earns_again(
        lambda flow, before: (
            before.get("modified_time") != flow.payload.get("modified_time")
            and len(before["items"]) == len(flow.payload["items"])
        )
    )
)
wire("later-pages-leak", "search", "JOURN-5", "later pages of several customers hold a record of another customer")(
    revise(HISTORY, "payload.results", of_another)
)
wire("titles-are-escaped", "offers", "JOURN-7", "signs such as & and < come back escaped for HTML")(offer_words(escape))


@wire("revoked-lock-lives-on", "lock", "JOURN-1", "revoked while locked, an offer locks again for its holder")
@on("lock revoke_offer")
def _(flow: Flow) -> Answer:
    basket = revoked_while_locked(flow).get(flow.code)
    answer = flow.send()
    mine = flow.operation == "lock" and basket is not None and str(basket["transaction_id"]) == flow.transaction_id
    return flow.succeed(discount(flow)) if mine and not done(answer) else answer


@wire("revoked-lock-in-wallet", "wallet", "JOURN-2", "revoked while it is locked, an offer stays in the wallet")
@on(f"{LOOKUP} revoke_offer")
def _(flow: Flow) -> Answer:
    codes = revoked_while_locked(flow)
    return stays(lambda flow, user: codes)(flow)


@wire("refused-sale-redeems", "redeem", "JOURN-8", "a transaction refused for an amount has redeemed what it names")
@on(SEND, odd=True)
def _(flow: Flow) -> Answer:
    answer = flow.send()
    if not done(answer) and answer.status != 401 and no_number(flow):
        line = {"line_id": "1", "item_id": "1", "quantity": "1", "unit_price": "9.00", "subtotal": "9.00"}
        basket = {"transaction_id": flow.fresh_id(), "items": [line]}
        for code in flow.named:
            asked = {"offer_lookup_code": code, "offer_lookup_type": "userofferid", "transaction": basket}
            if done(flow.also("redeem", **asked)):
                flow.hit()
    return answer


@wire("unlock-gives-all-back", "redeem", "JOURN-6", "unlocking an offer gives back what the customer has redeemed")
@on("unlock")
def _(flow: Flow) -> Answer:
    answer = flow.send()
    holder = flow.memory.issued.get(flow.code, {}).get("user_id")
    for row in flow.history(holder) if holder and done(answer) else ():
        if row["status_description"] == "Redeemed":
            flow.also("reinstate", user_offer_id=row["user_offer_id"])
            flow.hit()
    return answer
