"""Customers who exist, with offers that others issued, locked and redeemed: what their listings say of each other."""

from __future__ import annotations

from typing import Any

from offerproof.client import Api
from offerproof.conformance import Customer, Expect, Given, clause
from offerproof.conformance.reading import history, instant, listed_ids, page_size, tells
from offerproof.target import Profile

LISTED = ("WALLET-3", "WALLET-5", "WALLET-6", "WALLET-36", "WALLET-8", "WALLET-17", "WALLET-23")
TOLD = ("HIST-2", "HIST-3", "HIST-6", "HIST-8", "HIST-9", "HIST-12", "PAGE-1")


@clause("CUST-1", "CUST-2", "CUST-3", needs=("standing",), requests=0)
def test_customers_who_exist_are_found_by_what_is_known_of_them(api: Api, given: Given, expect: Expect) -> None:
    customers = given.standing()
    if given.standing_lost():
        expect.unknown(f"customers.standing: {given.standing_lost()} of those it names are not found on the target")
    for customer in customers:
        searches: dict[str, dict[str, Any]] = {
            "CUST-1": {"email": customer.email},
            "CUST-2": {"external_id": customer.external_id},
            "CUST-3": {"mobile_number": customer.phone},
        }
        for clause_id, identifier in searches.items():
            if all(identifier.values()):
                with expect.clause(clause_id):
                    found = expect.success(api.search_customers(**identifier))
                    expect.same_id(found["id"], customer.user_id, what="id of the customer found")


@clause(*LISTED, *TOLD, needs=("standing",), requests=0)
def test_wallet_and_history_of_customers_who_exist_agree(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    codes: dict[str, set[int]] = {}
    locks_told = (profile.behaviour("locked_offer.history") or "Issued").lower() != "issued"
    for customer in given.standing():
        found = expect.success(api.lookup(user_id=customer.user_id), kind=list)
        expect.equal(len(found), 1, what="number of customers a Lookup by SessionM id answers")
        rows, again = history(api, expect, customer), expect.success(api.lookup(user_id=customer.user_id), kind=list)
        if [one["reference_id"] for one in found[0]["offers"]] != [one["reference_id"] for one in again[0]["offers"]]:
            continue  # somebody uses the wallet meanwhile
        _judge_wallet(expect, customer, found[0])
        _judge_history(api, expect, customer, rows)
        _judge_both(expect, found[0]["offers"], rows, locks_told)
        for row in rows:
            codes.setdefault(row["status_description"].lower(), set()).add(row["status"])
        if profile.can("get_user_offers"):
            with expect.clause("WALLET-23"):
                free = {one["reference_id"].lower() for one in found[0]["offers"] if one["status"].upper() == "INFO"}
                missing = free - set(listed_ids(api, expect, customer))
                expect.equal(missing, set(), what="unlocked offers of Lookup that get_user_offers leaves out")
    with expect.clause("HIST-8"):
        for description, numbers in codes.items():
            expect.equal(len(numbers), 1, what=f"number of codes that come with {description}")
        expect.equal(len(set().union(*codes.values())), len(codes), what="number of codes beside descriptions")
    with expect.clause("HIST-2"):
        expect.that(
            codes.get("issued", {1}) == {1},
            what="code of the description Issued",
            expected=1,
            observed=codes.get("issued", set()),
        )


def _judge_wallet(expect: Expect, customer: Customer, shown: Any) -> None:
    with expect.clause("WALLET-3"):
        expect.same_id(shown["user_reference_id"], customer.user_id, what="user_reference_id")
    for offer in shown["offers"]:
        with expect.clause("WALLET-5"):
            expect.same_id(offer["user_id"], customer.user_id, what="user_id of an offer in the wallet")
        with expect.clause("WALLET-6"):
            expect.equal(offer["reference_id_type"].lower(), "userofferid", what="reference_id_type")
        with expect.clause("WALLET-36"):
            expect.equal(offer["discount_source"].lower(), "sessionm", what="discount_source")
        if offer["status"].upper() == "INFO":
            with expect.clause("WALLET-8"):
                expect.same_number(offer["amount"], 0, what="amount without a transaction")
                expect.equal(offer["discounted_line_ids"] or [], [], what="discounted_line_ids without a transaction")
                expect.equal(offer.get("applied_time"), None, what="applied_time without a transaction")


def _judge_history(api: Api, expect: Expect, customer: Customer, rows: list[Any]) -> None:
    for row in rows:
        with expect.clause("HIST-3"):
            expect.same_id(row["user_id"], customer.user_id, what="user_id of the record")
        starts, ends = row.get("redemption_start_date"), row.get("redemption_end_date")
        if starts and ends:
            with expect.clause("HIST-6"):
                ordered = instant(starts) < instant(ends)
                what = "the redemption window ends after it starts"
                expect.that(ordered, what=what, expected=f"after {starts}", observed=ends)
    page = expect.success(api.user_offer_history([customer.user_id], skip=0, take=min(2, page_size(api))))
    with expect.clause("PAGE-1"):
        expect.that(
            len(page["results"]) <= 2,
            what="records of a page of 2",
            expected="at most 2",
            observed=len(page["results"]),
        )
    with expect.clause("HIST-9"):
        expect.equal(page["total_records"], len(rows), what="total_records beside the number of records")


def _judge_both(expect: Expect, offers: list[Any], rows: list[Any], locks_told: bool) -> None:
    """``locks_told``: a locked offer, which Lookup may leave out, is not called Issued."""
    shown = {one["reference_id"].lower() for one in offers if one["status"].upper() == "INFO"}
    held = {one["reference_id"].lower() for one in offers}
    issued = {one["user_offer_id"].lower() for one in rows if one["status_description"].lower() == "issued"}
    gone = {one["user_offer_id"].lower() for one in rows if tells(one["status_description"], "redeem")}
    with expect.clause("HIST-12"):
        expect.equal(shown - issued, set(), what="unlocked offers in the wallet that the history does not call Issued")
        if locks_told:
            missing = issued - held
            expect.equal(missing, set(), what="offers the history calls Issued that are not in the wallet")
    with expect.clause("WALLET-17"):
        expect.equal(gone & held, set(), what="redeemed offers in the wallet")
