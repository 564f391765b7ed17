"""Defects of the history: records that are missing, doubled or described wrongly, and pages that do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import Document, around, replace, rewrite, rewritten
from offerproof.program.model import UserOfferState
from offerproof.simulator.answers import Answer
from offerproof.simulator.planting import Hit

if TYPE_CHECKING:
    from offerproof.simulator.app import App, Call

_BIG = 50


def _rows(app: App, hit: Hit, change: Any, when: Any = None) -> None:
    """Change the list of records in place."""
    rewrite(app, hit, "user_offer_history", lambda document: change(document["payload"]["results"]), when=when)


def _each(app: App, hit: Hit, change: Any) -> None:
    """Change each record in place."""

    def all_of_them(rows: list[Document]) -> None:
        for row in rows:
            change(row)

    _rows(app, hit, all_of_them)


def _pages(app: App, hit: Hit, change: Any) -> None:
    """Change the window of a page: ``change(skip, take)`` returns another one, or None."""

    def make(original: Any) -> Any:
        def history(user_ids: Any, skip: int = 0, take: int | None = None) -> Any:
            other = change(skip, take)
            page = original(user_ids, skip, take)
            if other is None or other == (skip, take) or page.total <= skip:
                return page
            hit()
            page.user_offers = original(user_ids, *other).user_offers
            return page

        return history

    replace(app, app.program.wallets, "history", make)


@defect("json-true-is-open", "redeem", "SMOKE-5", "is_closed is understood as text only, true does not close")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            if request.request_payload.is_closed is True:
                hit()
                request.request_payload.is_closed = False
            return original(now, request)

        return call

    around(app, "send_transaction", make)


@defect(
    "records-doubled",
    "wallet",
    "HIST-1",
    "in a history of several records each stands twice",
)
def _(app: App, hit: Hit) -> None:
    _rows(app, hit, lambda rows: rows.extend([dict(row) for row in rows] if len(rows) > 1 else []))


@defect("one-code-for-all", "wallet", "HIST-2", "every record of a page has the status code of the oldest one")
def _(app: App, hit: Hit) -> None:
    def change(rows: list[Document]) -> None:
        for row in rows:
            row["status"] = rows[-1]["status"]

    _rows(app, hit, change)


@defect("record-names-the-root", "wallet", "HIST-3", "offer_id of a record is the id of the user offer")
def _(app: App, hit: Hit) -> None:
    _each(app, hit, lambda row: row.update(offer_id=row["user_offer_id"]))


@defect("every-type-is-discount", "wallet", "HIST-4", "offer_type of every record is discount")
def _(app: App, hit: Hit) -> None:
    _each(app, hit, lambda row: row.update(offer_type="discount"))


@defect("record-without-description", "wallet", "HIST-5", "the description of a record is empty")
def _(app: App, hit: Hit) -> None:
    _each(app, hit, lambda row: row.update(description=""))


@defect("window-turned-round", "wallet", "HIST-6", "start and end of the redemption window are swapped")
def _(app: App, hit: Hit) -> None:
    def change(row: Document) -> None:
        starts, ends = row["redemption_start_date"], row["redemption_end_date"]
        if ends is not None:
            row["redemption_start_date"], row["redemption_end_date"] = ends, starts

    _each(app, hit, change)


@defect("redeemed-is-archived", "wallet", "HIST-7", "the history shows a redeemed offer once, then it is archived")
def _(app: App, hit: Hit) -> None:
    shown: set[str] = set()

    def change(rows: list[Document]) -> None:
        redeemed = {row["user_offer_id"] for row in rows if row["status_description"] == "Redeemed"}
        rows[:] = [row for row in rows if row["user_offer_id"] not in redeemed & shown]
        shown.update(redeemed)

    _rows(app, hit, change)


@defect("redeemed-has-code-1", "wallet", "HIST-8", "the description Redeemed comes with the code of Issued")
def _(app: App, hit: Hit) -> None:
    def change(row: Document) -> None:
        if row["status_description"] == "Redeemed":
            row["status"] = 1

    _each(app, hit, change)


@defect("total-counts-one-more", "wallet", "HIST-9", "total_records is one more than there are")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        document["payload"]["total_records"] += 1

    rewrite(app, hit, "user_offer_history", change)


@defect("first-customer-only", "wallet", "HIST-10", "the history of several customers is that of the first")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            if len(request.user_ids) > 1:
                hit()
                request.user_ids = request.user_ids[:1]
            return original(now, request)

        return call

    around(app, "user_offer_history", make)


@defect("nobody-means-everybody", "wallet", "HIST-11", "the history of no customer is that of all customers")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            if not request.user_ids:
                hit()
                request.user_ids = list(app.program.state.customers)
            return original(now, request)

        return call

    around(app, "user_offer_history", make)


@defect("redeeming-empties-the-wallet", "wallet", "HIST-12", "who has redeemed an offer has an empty wallet in Lookup")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        for customer in document["payload"]:
            known = app.program.state.customers[customer["user_account_id"]]
            if any(one.state is UserOfferState.REDEEMED for one in known.history or ()):
                customer["offers"].clear()

    rewrite(app, hit, "lookup", change, when=lambda request: request.request_payload.transaction is None)


@defect("revoked-has-redeemed-code", "wallet", "HIST-13", "the description Revoked comes with the code of Redeemed")
def _(app: App, hit: Hit) -> None:
    def change(row: Document) -> None:
        if row["status_description"] == "Revoked":
            row["status"] = 3

    _each(app, hit, change)


@defect("acquire-date-as-number", "schema", "HIST-16", "acquire_date is a number of seconds")
def _(app: App, hit: Hit) -> None:
    _each(app, hit, lambda row: row.update(acquire_date=1_500_000_000))


@defect("one-record-too-many", "wallet", "PAGE-1", "a page holds one record more than take")
def _(app: App, hit: Hit) -> None:
    _pages(app, hit, lambda skip, take: (skip, take + 1) if take and take < _BIG else None)


@defect("pages-overlap", "wallet", "PAGE-2", "a page begins with the last record of the page before")
def _(app: App, hit: Hit) -> None:
    _pages(app, hit, lambda skip, take: (skip - 1, take) if skip else None)


@defect("total-of-the-page", "wallet", "PAGE-3", "total_records is the number of records on the page")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        document["payload"]["total_records"] = len(document["payload"]["results"])

    rewrite(app, hit, "user_offer_history", change)


@defect("order-comes-and-goes", "wallet", "PAGE-4", "the same page read again is in another order")
def _(app: App, hit: Hit) -> None:
    seen: set[str] = set()

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            answer = original(now, request)
            page = f"{request.user_ids} {request.skip} {request.take}"
            if page not in seen:
                seen.add(page)
                return answer
            return rewritten(answer, lambda document: document["payload"]["results"].reverse(), hit)

        return call

    around(app, "user_offer_history", make)


@defect("skip-in-whole-pages", "wallet", "PAGE-5", "skip is rounded down to a multiple of take")
def _(app: App, hit: Hit) -> None:
    _pages(app, hit, lambda skip, take: (skip - skip % take, take) if take else None)


@defect("total-stops-at-50", "volume", "PAGE-3", "total_records never says more than 50")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        document["payload"]["total_records"] = min(_BIG, document["payload"]["total_records"])

    rewrite(app, hit, "user_offer_history", change)


@defect("sort-unstable-beyond-50", "volume", "PAGE-2", "a later page of a long history repeats a record")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def history(user_ids: Any, skip: int = 0, take: int | None = None) -> Any:
            page = original(user_ids, skip, take)
            if page.total > _BIG and skip and page.user_offers:
                hit()
                page.user_offers = [*original(user_ids, skip - 1, 1).user_offers, *page.user_offers[1:]]
            return page

        return history

    replace(app, app.program.wallets, "history", make)


@defect("wallet-stops-at-2", "volume", "WALLET-9", "Lookup shows no more than the two newest offers")
def _(app: App, hit: Hit) -> None:
    def change(document: Document) -> None:
        for customer in document["payload"]:
            del customer["offers"][2:]

    rewrite(app, hit, "lookup", change)
