"""User offer history: every offer issued, revoked, redeemed or expired for the customers, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from offerproof.client import Api
from offerproof.conformance import Expect, Given, NotOffered, Settle, clause
from offerproof.conformance.reading import (
    distinct,
    history,
    in_wallet,
    instant,
    page_size,
    record,
    refused_or_empty,
    state,
    tells,
    wallet,
)
from offerproof.target import Profile

SKEW = timedelta(minutes=5)
"""Clocks of two services may differ by so much before an order of events is called wrong."""
AT_ONCE = timedelta(hours=1)
"""A check that issues an offer and locks it is done by then, however slow the target."""


@clause(
    "HIST-1",
    "HIST-3",
    "HIST-4",
    "HIST-5",
    "HIST-6",
    "HIST-9",
    "HIST-19",
    "HIST-20",
    offers=["any", "any"],
    together=True,
    requests=8,
)
def test_every_issued_offer_has_one_record_that_describes_it(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    first = given.user_offer()
    customer = first.customer
    held = [first, given.user_offer(customer=customer)]
    rows = history(api, expect, customer)
    ids = [row["user_offer_id"].lower() for row in rows]
    for one in held:
        expect.equal(ids.count(one.user_offer_id.lower()), 1, what="records of a user offer")
    expect.equal(len(set(ids)), len(ids), what="number of different user offers in the history")
    with expect.clause("HIST-9"):
        listed = expect.success(api.user_offer_history([customer.user_id], skip=0, take=page_size(api)))
        expect.equal(listed["total_records"], len(rows), what="total_records beside the number of records")
        with expect.clause("HIST-20"):
            for one in listed["results"]:
                if one.get("skip") is not None:
                    expect.same_number(one["skip"], 0, what="skip of a record, beside the one asked for")
                if one.get("take") is not None:  # a page may have a most
                    few = Decimal(str(one["take"])) <= page_size(api)
                    what, most = "take of a record, beside the one asked for", f"at most {page_size(api)}"
                    expect.that(few, what=what, expected=most, observed=one["take"])
            expect.present(listed, "results")
    row = next((row for row in rows if first.is_it(row["user_offer_id"])), None)
    if row is None:
        expect.unknown("the user offer has no record in the history")
    with expect.clause("HIST-3"):
        expect.same_id(row["user_id"], customer.user_id, what="user_id of the record")
        if first.offer_id:
            expect.same_id(row["offer_id"], first.offer_id, what="offer_id of the record")
    with expect.clause("HIST-6"):
        starts, ends = row.get("redemption_start_date"), row.get("redemption_end_date")
        if starts and ends:
            in_order, what = instant(starts) < instant(ends), "the redemption window ends after it starts"
            expect.that(in_order, what=what, expected=f"after {starts}", observed=ends)
        expect.present(row, "acquire_date")
    if profile.can("create_offer"):
        offer = expect.success(api.fetch_offer(row["offer_id"], culture=row.get("culture") or "en"))["offer"]
        with expect.clause("HIST-4"):
            expect.equal(row["offer_type"], offer["offer_type_id"], what="offer_type of the record")
        with expect.clause("HIST-5"):
            expect.equal(row["title"], offer["title"], what="title of the record")
            spoken = [text.get("description") or "" for text in offer["offer_text"]]
            told = row.get("description") or ""
            expect.contains(spoken, told, what="descriptions of the offer, for that of the record")
        with expect.clause("HIST-19"):
            spoken = [text.get("terms") or "" for text in offer["offer_text"]]
            expect.contains(spoken, row.get("terms") or "", what="terms of the offer, for those of the record")
            cultures = [str(text["culture"]).lower() for text in offer["offer_text"]]
            if row.get("culture"):
                expect.contains(cultures, str(row["culture"]).lower(), what="cultures of the offer, for the record's")


@clause("HIST-2", "HIST-7", "HIST-8", "HIST-12", "HIST-13", offers={"any": 3}, together=True, requests=20)
def test_a_redeemed_offer_stays_and_an_issued_one_is_in_the_wallet(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    used = given.redeemed().user_offer
    held = given.user_offer(customer=used.customer)
    row = record(api, expect, held)
    expect.that(row is not None, what="the history holds the issued offer")
    expect.equal(row and row["status_description"].lower(), "issued", what="description of an issued offer")
    expect.equal(row and row["status"], 1, what="code of the description Issued")
    with expect.clause("HIST-7"):
        told = settle(lambda: state(api, expect, used), lambda said: tells(said, "redeem"))
        expect.that(tells(told, "redeem"), what="the history says that the offer is redeemed", observed=told)
    rows = history(api, expect, used.customer)
    with expect.clause("HIST-8"):
        codes: dict[str, set[int]] = {}
        for one in rows:
            codes.setdefault(one["status_description"].lower(), set()).add(one["status"])
        for description, numbers in codes.items():
            expect.equal(len(numbers), 1, what=f"number of codes that come with {description}")
        expect.equal(len(set().union(*codes.values())), len(codes), what="number of codes beside descriptions")
    with expect.clause("HIST-12"):
        offers = wallet(api, expect, used.customer)
        shown = {one["reference_id"].lower() for one in offers if one["status"].upper() == "INFO"}
        issued = {one["user_offer_id"].lower() for one in rows if one["status_description"].lower() == "issued"}
        expect.equal(shown - issued, set(), what="unlocked offers in the wallet that the history does not call Issued")
        mine = {held.user_offer_id.lower()}  # another one may be locked, which has no word and no place of its own
        missing = (mine if given.shared(used.customer) else issued) - shown
        expect.equal(missing, set(), what="offers the history calls Issued that are not in the wallet")
    if profile.can("revoke"):
        with expect.clause("HIST-13"):
            gone = given.user_offer(customer=used.customer)
            expect.success(api.revoke_offer(gone.user_offer_id, reason="contract check"), kind=None)
            settle(lambda: state(api, expect, gone), lambda said: tells(said, "revok"))
            rows = history(api, expect, used.customer)
            rows = [row for row in rows for one in (used, held, gone) if one.is_it(row["user_offer_id"])]
            expect.equal(len(rows), 3, what="number of records")
            said = {row["status_description"].lower() for row in rows}
            expect.equal(len(said), 3, what="number of different descriptions")
            expect.equal(len({row["status"] for row in rows}), 3, what="number of different codes")


@clause("HIST-10", "HIST-21", offers={"any": 3}, requests=11)
def test_the_history_of_two_customers_holds_both_and_nobody_else(api: Api, given: Given, expect: Expect) -> None:
    one, other, third = given.user_offer(), given.user_offer(), given.user_offer()
    distinct(expect, one.customer, other.customer, third.customer)
    of_all = history(api, expect, one.customer, other.customer, third.customer)
    for held in (one, other, third):
        ids = [row["user_offer_id"].lower() for row in of_all]
        expect.contains(ids, held.user_offer_id.lower(), what="user offers in the history of three customers")
    rows = history(api, expect, one.customer, other.customer)
    ids = [row["user_offer_id"].lower() for row in rows]
    for held in (one, other):
        expect.contains(ids, held.user_offer_id.lower(), what="user offers in the history of two customers")
    expect.excludes(ids, third.user_offer_id.lower(), what="user offers in the history of two other customers")
    asked = {one.customer.user_id.lower(), other.customer.user_id.lower()}
    expect.equal({row["user_id"].lower() for row in rows} - asked, set(), what="customers nobody asked for")
    with expect.clause("HIST-21"):
        rows = history(api, expect, *[one.customer] * 6, third.customer)
        ids = [row["user_offer_id"].lower() for row in rows]
        expect.contains(
            ids, third.user_offer_id.lower(), what="user offers in a history of many customers, of the last"
        )
        expect.equal(len(set(ids)), len(ids), what="number of different user offers where a customer is named twice")


@clause("HIST-11", offers=["any"], requests=5)
def test_the_history_of_nobody_is_empty(api: Api, given: Given, expect: Expect) -> None:
    given.user_offer()  # an offer that could be shown by mistake
    for user_ids in ([api.fresh_id()], []):
        asked = api.user_offer_history(user_ids, skip=0, take=10)
        rows = refused_or_empty(expect, asked, key="results")
        expect.equal(len(rows), 0, what="records of a customer nobody knows, or of no customer", on=asked)


@clause("HIST-18", customers=1, requests=2)
def test_the_history_of_a_customer_without_offers_is_empty(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    told = expect.success(api.user_offer_history([customer.user_id], skip=0, take=10))
    if (api.profile.customers.kind == "pool" or api.profile.reads_standing) and told["results"]:
        raise NotOffered("customers who were there before have a past")
    if told["results"] and all(row["user_id"].lower() == customer.user_id.lower() for row in told["results"]):
        raise NotOffered("the program gives user offers to every new customer")
    expect.equal(list(told["results"]), [], what="records of a customer who was never issued anything")
    expect.same_number(told["total_records"], 0, what="total_records of a customer who was never issued anything")


@clause("HIST-17", offers=["any"], requests=3)
def test_the_history_is_not_shown_under_another_retailer(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    body = api.flat(user_ids=[held.customer.user_id], rollback_option=0, skip=0, take=page_size(api))
    asked = api.send("user_offer_history", {**body, "retailer_id": api.fresh_id()})
    ids = [row["user_offer_id"].lower() for row in refused_or_empty(expect, asked, key="results")]
    expect.excludes(ids, held.user_offer_id.lower(), what="user offers in the history under another retailer", on=asked)


@clause("HIST-14", "HIST-15", "HIST-22", offers=["any"], requests=7)
def test_an_offer_is_acquired_before_it_is_locked(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    locked = given.locked()
    row = record(api, expect, locked.user_offer)
    if row is None:
        expect.unknown("the locked offer has no record in the history")
    acquired, applied = instant(row["acquire_date"]), instant(locked.discount["applied_time"])
    expect.that(
        acquired <= applied + SKEW,
        what="acquire_date beside the lock's applied_time",
        expected=f"at most {locked.discount['applied_time']}",
        observed=row["acquire_date"],
    )
    with expect.clause("HIST-22"):
        if profile.offers.kind != "issue":
            raise NotOffered("offers that were there before are not locked as soon as they are acquired")
        what, apart = "applied_time after an offer was issued and locked", applied - acquired
        expect.that(apart <= AT_ONCE, what=what, expected=f"at most {AT_ONCE}", observed=apart)
    with expect.clause("HIST-15"):
        expect.observe("a locked offer in the history", str(row["status_description"]))
        shown = in_wallet(api, expect, locked.user_offer)
        expect.observe("a locked offer in Lookup", "absent" if shown is None else str(shown["status"]))
        expect.that(isinstance(acquired, datetime), what="the locked offer has a record")
