"""What was acknowledged is kept: here it is lost again when enough other requests have come in between."""

from __future__ import annotations

from offerproof.defects import wire
from offerproof.defects.asked import Document, done
from offerproof.defects.rewrites import FETCH, HISTORY, LOOKUP, OFFER, ROW, SEARCH, hidden, on, revise
from offerproof.defects.wire import Flow
from offerproof.simulator.answers import Answer

LATER = 400
"""So many requests later something is forgotten: more than any single check sends."""


def old(flow: Flow, thing: str) -> bool:
    """Whether a thing was first asked about more than ``LATER`` requests ago."""
    first: int = flow.memory.notes["first"].setdefault(thing, flow.memory.requests)
    return flow.memory.requests - first > LATER


def redemption(flow: Flow, row: Document) -> None:
    """Call an old redemption Issued."""
    if row["status_description"] == "Redeemed" and old(flow, row["user_offer_id"]):
        row["status"], row["status_description"] = 1, "Issued"


def title(flow: Flow, offer: Document) -> None:
    """Take the title of an old offer."""
    if old(flow, offer["id"]):
        offer["title"] = ""


def points(flow: Flow, user: Document) -> None:
    """Take the points of an old acquaintance."""
    shown = user.get("tier_details", {}).get("point_account_balances")
    if shown is None or not shown["summary"]["total_points"] or not old(flow, user["id"]):
        return
    user["available_points"] = user["tier_points"] = 0
    shown["summary"] |= {"total_points": 0, "life_time_points": 0}
    for account in shown["details"]:
        account |= {"available_balance": 0, "life_time_value": 0}


wire("redemption-forgotten", "volume", "KEEP-1", "an offer redeemed many requests ago is called Issued again")(
    revise(HISTORY, ROW, redemption)
)
wire("offer-forgotten", "volume", "KEEP-3", "an offer fetched many requests ago is fetched without its title")(
    revise(FETCH, OFFER, title)
)
wire("customer-forgotten", "volume", "KEEP-4", "a customer who was found many requests ago is not found again")(
    hidden(SEARCH, lambda flow, shown: old(flow, shown["user"]["id"]))
)
wire("points-forgotten", "volume", "KEEP-5", "points that were shown many requests ago are gone")(
    revise(SEARCH, "user", points)
)


@wire("wallet-forgotten", "volume", "KEEP-2", "the wallet loses offers that were issued many requests ago")
@on(f"issue_offer {LOOKUP}")
def _(flow: Flow) -> Answer:
    answer = flow.send()
    if not done(answer):
        return answer

    def change(document: Document) -> None:
        for customer in document["payload"]:
            customer["offers"] = [one for one in customer["offers"] if not old(flow, one["reference_id"].lower())]

    if flow.operation == LOOKUP:
        return flow.edit(answer, change)
    old(flow, flow.memory.newest(flow.memory.issued))
    return answer
