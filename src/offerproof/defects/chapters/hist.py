"""User offer history: records that are missing, doubled or described wrongly."""

from __future__ import annotations

from typing import Any

from offerproof.defects import wire
from offerproof.defects.asked import Document, done, read
from offerproof.defects.rewrites import (
    HISTORY,
    LOOKUP,
    ROW,
    ask,
    called,
    edit,
    later,
    on,
    only,
    put,
    revise,
    turn,
)
from offerproof.defects.wire import Flow
from offerproof.simulator.answers import Answer

ROWS = "payload.results"


def nothing_refused(flow: Flow) -> Answer:
    """Refuse a history that would be empty."""
    answer = flow.send()
    empty = done(answer) and not read(answer.body)["payload"]["results"] and str(flow.document.get("skip")) == "0"
    known = bool(flow.memory.customers.keys() & {str(one).lower() for one in flow.document.get("user_ids") or ()})
    return flow.refuse(404, "not_found", "no records") if empty and known else answer


def foreign(flow: Flow) -> Answer:
    """Show the history under another retailer."""
    return flow.ask(lambda asked: asked.update(retailer_id=flow.retailer))


def turned_round(row: Document) -> None:
    """Swap start and end of the redemption window."""
    starts, ends = row["redemption_start_date"], row["redemption_end_date"]
    if ends is not None:
        row["redemption_start_date"], row["redemption_end_date"] = ends, starts


def shown_once(flow: Flow, rows: list[Document]) -> None:
    """Show redeemed offers once, and never again."""
    shown = flow.memory.notes["redeemed"]
    rows[:] = [row for row in rows if row["user_offer_id"] not in shown]
    shown |= {row["user_offer_id"]: True for row in rows if row["status_description"] == "Redeemed"}


def one_code(rows: list[Document]) -> None:
    """Give all records the code of the oldest one."""
    for row in rows:
        row["status"] = rows[-1]["status"]


def doubled(rows: list[Any]) -> None:
    """Let each record stand twice."""
    rows.extend([dict(row) for row in rows] if len(rows) > 1 else [])


def emptied_by_redeeming(flow: Flow, customer: Document) -> None:
    """Empty the wallet of a customer who has redeemed something."""
    if customer["offers"] and any(
        row["status_description"] == "Redeemed" for row in flow.history(customer["user_account_id"])
    ):
        customer["offers"].clear()


wire("records-doubled", "wallet", "HIST-1", "in a history of several records each stands twice")(
    edit(HISTORY, ROWS, doubled)
)
wire("one-code-for-all", "wallet", "HIST-2", "every record of a page has the status code of the oldest one")(
    edit(HISTORY, ROWS, one_code)
)
wire("record-names-the-root", "wallet", "HIST-3", "offer_id of a record is the id of the user offer")(
    edit(HISTORY, ROW, lambda row: row.update(offer_id=row["user_offer_id"]))
)
wire("every-type-is-discount", "wallet", "HIST-4", "offer_type of every record is discount")(
    put(HISTORY, f"{ROW}.offer_type", "discount")
)
wire("record-without-description", "wallet", "HIST-5", "the description of a record is empty")(
    put(HISTORY, f"{ROW}.description", "")
)
wire("record-of-another-title", "wallet", "HIST-5", "the title of a record is not that of the offer")(
    put(HISTORY, f"{ROW}.title", "Another")
)
wire("window-turned-round", "wallet", "HIST-6", "start and end of the redemption window are swapped")(
    edit(HISTORY, ROW, turned_round)
)
wire("redeemed-is-archived", "wallet", "HIST-7", "the history shows a redeemed offer once, then it is archived")(
    revise(HISTORY, ROWS, shown_once)
)
wire("redeemed-has-code-1", "wallet", "HIST-8", "the description Redeemed comes with the code of Issued")(
    called("Redeemed", "Redeemed", 1)
)
wire("total-counts-one-more", "wallet", "HIST-9", "total_records is one more than there are")(
    turn(HISTORY, "payload.total_records", lambda total: total + 1)
)
wire("first-customer-only", "wallet", "HIST-10", "the history of several customers is that of the first")(
    ask(HISTORY, lambda asked: asked.update(user_ids=asked["user_ids"][:1]))
)
wire("nobody-means-everybody", "wallet", "HIST-11", "the history of no customer is that of all customers")(
    on(HISTORY)(
        lambda flow: (
            flow.ask(lambda asked: asked.update(user_ids=list(flow.memory.customers)))
            if flow.document.get("user_ids") == []
            else flow.send()
        )
    )
)
wire("redeeming-empties-the-wallet", "wallet", "HIST-12", "who has redeemed an offer has an empty wallet in Lookup")(
    revise(LOOKUP, "payload.*", emptied_by_redeeming, lambda flow: not flow.transaction)
)
wire("revoked-has-redeemed-code", "wallet", "HIST-13", "the description Revoked comes with the code of Redeemed")(
    called("Revoked", "Revoked", 3)
)
wire("locked-before-acquired", "wallet", "HIST-14", "applied_time of a lock is before the offer was acquired")(
    put("lock", "payload.applied_time", "2018-09-07T16:29:11.299505Z")
)
wire("locked-tomorrow", "lock", "HIST-22", "applied_time of a lock is a day later than it was locked")(
    turn("lock", "payload.applied_time", lambda applied: later(applied, days=1))
)
wire("history-of-any-retailer", "wallet", "HIST-17", "the history is shown under whatever retailer")(
    on(HISTORY)(lambda flow: foreign(flow) if flow.retailer else flow.send())
)
wire("empty-history-is-an-error", "wallet", "HIST-18", "the history of a customer without offers is an error")(
    on(HISTORY)(nothing_refused)
)
wire("empty-history-counts-one", "wallet", "HIST-18", "the history of a customer without offers counts one record")(
    edit(HISTORY, "payload", lambda shown: shown.update(total_records=shown["total_records"] or 1))
)
wire("history-status-as-text", "schema", "HIST-16", "the history's status is a text")(
    turn(HISTORY, f"{ROW}.status", str)
)
wire("acquire-date-as-number", "schema", "HIST-16", "acquire_date is a number of seconds")(
    put(HISTORY, f"{ROW}.acquire_date", 1_500_000_000)
)
wire("history-has-other-terms", "offers", "HIST-19", "the history shows terms that the offer has not")(
    turn(HISTORY, f"{ROW}.terms", lambda terms: f"{terms} (2019)")
)
wire(
    "history-takes-another-number",
    "offers",
    "HIST-20",
    "records repeat the take that is the default, not the one asked",
)(turn(HISTORY, f"{ROW}.take", lambda take: take + 1))
wire("history-of-five-customers", "offers", "HIST-21", "of the customers of a history the first five are told of")(
    ask(HISTORY, lambda asked: only(5)(asked["user_ids"]))
)
