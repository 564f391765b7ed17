"""Issue and revoke."""

from __future__ import annotations

from offerproof.defects import wire
from offerproof.defects.asked import Document
from offerproof.defects.rewrites import (
    HISTORY,
    LOOKUP,
    OTHER,
    asked_to_issue,
    called,
    edit,
    given_as_asked,
    honour,
    keep,
    only,
    put,
    revise,
    stays,
    stored,
)
from offerproof.defects.wire import Flow


def first_is_empty(flow: Flow, customer: Document) -> None:
    """Show an empty wallet to whom is looked up for the first time."""
    if flow.memory.notes["looked up"].setdefault(customer["user_account_id"], flow) is flow:
        customer["offers"].clear()


def newest_unlisted(flow: Flow, offers: list[Document]) -> None:
    """Leave out the user offer that was issued last."""
    newest = flow.memory.newest(flow.memory.issued)
    offers[:] = [one for one in offers if newest != str(one.get("user_offer_id") or one.get("id")).lower()]


wire("first-lookup-is-empty", "wallet", "ISSUE-1", "a customer's first Lookup shows an empty wallet")(
    revise(LOOKUP, "payload.*", first_is_empty)
)
wire("issued-is-called-acquired", "wallet", "ISSUE-2", "the history calls an issued offer Acquired")(
    called("Issued", "Acquired")
)
wire("list-forgets-the-newest", "wallet", "ISSUE-3", "get_user_offers leaves out the offer that was issued last")(
    revise("get_user_offers", "payload.user_offers", newest_unlisted)
)
wire("status-names-another-offer", "wallet", "ISSUE-4", "the status of an issue names another offer")(
    put("issue_offer", "payload.status_list.*.offer_id", OTHER)
)
wire("two-are-told-as-one", "wallet", "ISSUE-5", "issuing two user offers answers with one of them")(
    edit("issue_offer", "payload.status_list", only(1))
)
wire("one-offer-each", "wallet", "ISSUE-6", "issuing an offer the customer holds gives back the one there is")(
    stored("issue_offer", asked_to_issue)
)
wire("issued-to-nobody", "wallet", "ISSUE-7", "a customer nobody knows is given a user offer")(
    given_as_asked(lambda flow: asked_to_issue(flow)[0] not in flow.memory.customers)
)
wire("issued-of-nothing", "wallet", "ISSUE-8", "a user offer of an offer nobody knows is issued")(
    given_as_asked(lambda flow: asked_to_issue(flow)[1] not in flow.memory.offers)
)
wire("none-is-one", "wallet", "ISSUE-9", "a quantity of zero or less gives one user offer")(
    given_as_asked(lambda flow: asked_to_issue(flow)[2] <= 0)
)
wire("revoked-stays-in-wallet", "wallet", "ISSUE-10", "Lookup goes on showing a revoked offer")(
    stays(lambda flow, user: flow.memory.acted["revoke_offer"])
)
wire("history-forgets-revoked", "wallet", "ISSUE-11", "the history has no revoked offers")(
    keep(HISTORY, "payload.results", lambda row: row["status_description"] != "Revoked")
)
wire("revoked-is-called-issued", "wallet", "ISSUE-11", "the history calls a revoked offer Issued")(
    called("Revoked", "Issued", 1)
)
wire("revoke-of-nothing", "wallet", "ISSUE-12", "revoking a user offer nobody knows is a success")(
    honour("revoke_offer", lambda flow: {"user_offer_id": flow.code, "offer_id": OTHER, "user_id": OTHER})
)
wire("pending-data-as-text", "schema", "ISSUE-15", "pending_extended_data of an issue is a text")(
    put("issue_offer", "payload.status_list.*.pending_extended_data", "maybe")
)
