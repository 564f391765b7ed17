"""Paging: pages that do not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offerproof.defects import wire
from offerproof.defects.asked import Document, read
from offerproof.defects.rewrites import HISTORY, edit, on, revise, turn
from offerproof.defects.wire import Flow, Rewrite
from offerproof.simulator.answers import Answer

LIST = "get_user_offers"
BIG = 50


def window(operation: str, change: Callable[[int, int], tuple[int, int]]) -> Rewrite:
    """Let the server get another skip and take, where a take is asked for (a missing skip is 0)."""

    @on(operation)
    def rewrite(flow: Flow) -> Answer:
        skip, take = flow.document.get("skip") or 0, flow.document.get("take")
        if type(skip) is not int or type(take) is not int or skip < 0 or take <= 0:
            return flow.send()
        skip, take = change(skip, take)
        return flow.ask(lambda document: document.update(skip=skip, take=take))

    return rewrite


def total(of: str) -> Callable[[Document], object]:
    """Let total_records be the number of elements of a list of the payload."""
    return lambda payload: payload.update(total_records=len(payload[of]))


def ended(flow: Flow, rows: list[Document]) -> None:
    """Show no record beyond the 25th."""
    del rows[max(0, 25 - int(flow.document.get("skip") or 0)) :]


def turned(flow: Flow, rows: list[Any]) -> None:
    """Turn a page round that was read before."""
    page = str([flow.document.get(name) for name in ("user_ids", "skip", "take")])
    if flow.memory.notes["pages"].setdefault(page, flow) is not flow:
        rows.reverse()


def repeating(flow: Flow, payload: Document) -> None:
    """Begin a later page of a long history with the last record of the page before."""
    skip = flow.document.get("skip")
    if payload["total_records"] > BIG and skip and payload["results"]:
        before = flow.also(HISTORY, user_ids=flow.document["user_ids"], skip=int(skip) - 1, take=1)
        payload["results"][:1] = read(before.body)["payload"]["results"]


wire("one-record-too-many", "wallet", "PAGE-1", "a page holds one record more than take")(
    window(HISTORY, lambda skip, take: (skip, take + 1 if take < BIG else take))
)
wire("pages-overlap", "wallet", "PAGE-2", "a page begins with the last record of the page before")(
    window(HISTORY, lambda skip, take: (max(skip - 1, 0), take))
)
wire(
    "history-ends-at-25",
    "volume",
    "PAGE-2",
    "the history never shows more than 25 records, though total_records tells more",
)(revise(HISTORY, "payload.results", ended))
wire("sort-unstable-beyond-50", "volume", "PAGE-2", "a later page of a long history repeats a record")(
    revise(HISTORY, "payload", repeating)
)
wire("total-of-the-page", "wallet", "PAGE-3", "total_records is the number of records on the page")(
    edit(HISTORY, "payload", total("results"))
)
wire("total-stops-at-50", "volume", "PAGE-3", "total_records never says more than 50")(
    turn(HISTORY, "payload.total_records", lambda count: min(BIG, count))
)
wire("order-comes-and-goes", "wallet", "PAGE-4", "the same page read again is in another order")(
    revise(HISTORY, "payload.results", turned)
)
wire("skip-in-whole-pages", "wallet", "PAGE-5", "skip is rounded down to a multiple of take")(
    window(HISTORY, lambda skip, take: (skip - skip % take, take))
)
wire("nothing-beyond-the-end", "wallet", "PAGE-6", "total_records of a page beyond the end is 0")(
    edit(HISTORY, "payload", lambda payload: None if payload["results"] else payload.update(total_records=0))
)
wire("list-page-too-long", "wallet", "PAGE-7", "a page of get_user_offers holds one entry more than take")(
    window(LIST, lambda skip, take: (skip, take + 1))
)
wire("list-pages-overlap", "wallet", "PAGE-8", "a page of get_user_offers begins with the last of the page before")(
    window(LIST, lambda skip, take: (max(skip - 1, 0), take))
)
wire("list-total-of-the-page", "wallet", "PAGE-9", "total_records of get_user_offers is that of the page")(
    edit(LIST, "payload", total("user_offers"))
)
