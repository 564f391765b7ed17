"""Paging: the pages of one listing hold each record once, whatever their size."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Customer, Expect, Given, clause
from offerproof.conformance.reading import (
    PAGES_MAX,
    history,
    id_of_entry,
    is_success,
    issued_many,
    listed_ids,
    page_size,
)
from offerproof.exchange import Exchange
from offerproof.judgement.oracle.calls import number

FIVE = ["any"] * 5


def _holder_of_five(given: Given) -> tuple[Customer, set[str]]:
    """A customer with five user offers, and their ids."""
    first = given.user_offer()
    rest = [given.user_offer(customer=first.customer) for _ in FIVE[1:]]
    return first.customer, {held.user_offer_id.lower() for held in (first, *rest)}


def _pages(expect: Expect, page: Callable[[int], Any], member: str, issued: int) -> list[Any]:
    """The pages that ``issued`` records fill and the one after, or all, where the customer held others before."""
    pages = [page(0)]
    take = max(len(pages[0][member]), 1)  # fewer than asked for, where the target's largest page is smaller
    for skip in count(take, take):
        holds_more = pages[-1][member] and skip < (number(pages[-1]["total_records"]) or 0)
        if skip >= issued + take and not holds_more:
            break
        if len(pages) > issued + PAGES_MAX:
            expect.unknown(f"the listing does not end after {len(pages)} pages")
        pages.append(page(skip))
    return pages


@clause("PAGE-1", "PAGE-2", "PAGE-3", "PAGE-4", "PAGE-5", "PAGE-6", offers=FIVE, together=True, requests=24)
def test_the_pages_of_the_history_hold_each_record_once(api: Api, given: Given, expect: Expect) -> None:
    customer, held = _holder_of_five(given)
    all_of_it = page_size(api)

    def page(skip: int, take: int) -> Any:
        return expect.success(api.user_offer_history([customer.user_id], skip=skip, take=take))

    at_once = len(page(0, all_of_it)["results"])  # fewer than there are, where the target's largest page is smaller
    whole = [row["user_offer_id"].lower() for row in history(api, expect, customer)]
    if not held <= set(whole):
        expect.unknown("the history does not hold all offers that were issued")
    for take in (1, 2, 5):
        count = len(page(0, take)["results"])
        what = f"a page of take {take} holds at most {take} records"
        expect.that(count <= take, what=what, expected=f"at most {take}", observed=count)
    with expect.clause("PAGE-2"):
        pages = [row["user_offer_id"].lower() for skip in range(0, len(whole), 2) for row in page(skip, 2)["results"]]
        expect.equal(sorted(pages), sorted(whole), what="records of the pages beside those of the whole listing")
    with expect.clause("PAGE-3"):
        for skip, take in ((0, 1), (2, 2), (4, all_of_it)):
            expect.equal(page(skip, take)["total_records"], len(whole), what="total_records of a page")
    with expect.clause("PAGE-4"):
        twice = [[row["user_offer_id"].lower() for row in page(1, 3)["results"]] for _ in range(2)]
        expect.equal(twice[1], twice[0], what="the same page, read again")
    with expect.clause("PAGE-5"):
        rest = [row["user_offer_id"].lower() for row in page(3, all_of_it)["results"]]
        expect.equal(rest, whole[3 : 3 + at_once], what="records after the first three")
    with expect.clause("PAGE-6"):
        beyond = page(len(whole) + 10, 10)
        expect.equal(len(beyond["results"]), 0, what="records beyond the end")
        expect.equal(beyond["total_records"], len(whole), what="total_records beyond the end")


@clause("PAGE-2", "PAGE-3", customers=1, requests=72, needs=("issue",))
def test_a_history_of_sixty_records_is_paged_whole(api: Api, given: Given, expect: Expect) -> None:
    customer, offer = given.customer(), given.shared_offer()
    ids = issued_many(api, customer, offer.offer_id, 60)
    if len(ids) != 60 or len(set(ids)) != 60:
        expect.unknown(f"sixty offers could not be issued to one customer, {len(set(ids))} were")

    first = expect.success(api.user_offer_history([customer.user_id], skip=0, take=min(25, page_size(api))))
    take = len(first["results"])
    expect.that(take > 0, what="records on the first page of sixty", expected="at least one", observed=take)

    def page(skip: int) -> Any:
        return expect.success(api.user_offer_history([customer.user_id], skip=skip, take=take)) if skip else first

    pages = _pages(expect, page, "results", 60)
    seen = sorted(row["user_offer_id"].lower() for page in pages for row in page["results"])
    expect.equal([one for one in seen if one in ids], ids, what="issued offers on the pages, each once")
    with expect.clause("PAGE-3"):
        totals = {page["total_records"] for page in pages}
        expect.equal(len(totals), 1, what="number of different total_records over the pages")
        expect.that(min(totals) >= 60, what="total_records counts all issued offers", expected=60, observed=min(totals))


@clause("PAGE-2", "PAGE-8", customers=1, requests=150, needs=("issue", "get_user_offers"), level="full")
def test_listings_of_a_hundred_and_thirty_are_paged_whole(api: Api, given: Given, expect: Expect) -> None:
    customer, offer = given.customer(), given.shared_offer()
    ids = issued_many(api, customer, offer.offer_id, 130)  # or as many as the target gives to one customer
    take = min(20, page_size(api))

    def of_history(skip: int) -> Any:
        return expect.success(api.user_offer_history([customer.user_id], skip=skip, take=take))

    def of_wallet(skip: int) -> Any:
        return expect.success(api.get_user_offers(customer.user_id, skip=skip, take=take))

    def seen(page: Callable[[int], Any], member: str) -> list[str]:
        entries = [one for page in _pages(expect, page, member, len(ids)) for one in page[member]]
        return sorted(one for one in map(id_of_entry, entries) if one in ids)

    expect.equal(seen(of_history, "results"), ids, what="issued offers on the pages of the history, each once")
    with expect.clause("PAGE-8"):
        expect.equal(
            seen(of_wallet, "user_offers"), ids, what="issued offers on the pages of get_user_offers, each once"
        )


@clause("PAGE-7", "PAGE-8", "PAGE-9", offers=FIVE, together=True, requests=20)
def test_the_pages_of_get_user_offers_hold_each_offer_once(api: Api, given: Given, expect: Expect) -> None:
    customer, held = _holder_of_five(given)
    all_of_it = page_size(api)

    def page(skip: int, take: int) -> Any:
        return expect.success(api.get_user_offers(customer.user_id, skip=skip, take=take))

    def ids(skip: int, take: int) -> list[str]:
        return [id_of_entry(one) for one in page(skip, take)["user_offers"]]

    whole = listed_ids(api, expect, customer)
    if not held <= set(whole):
        expect.unknown("get_user_offers does not list all offers that were issued")
    for take in (1, 2, 5):
        count = len(ids(0, take))
        what = f"a page of take {take} holds at most {take} offers"
        expect.that(count <= take, what=what, expected=f"at most {take}", observed=count)
    with expect.clause("PAGE-8"):
        pages = [one for skip in range(0, len(whole), 2) for one in ids(skip, 2)]
        expect.equal(sorted(pages), sorted(whole), what="offers of the pages beside those of the whole listing")
    with expect.clause("PAGE-9"):
        for skip, take in ((0, 1), (2, 2), (4, all_of_it)):
            expect.equal(page(skip, take)["total_records"], len(whole), what="total_records of a page")


@clause("PAGE-10", "PAGE-11", customers=1, requests=6)
def test_what_odd_pages_answer(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    read: Callable[..., Exchange] = api.user_offer_history
    for name, skip, take in (("take 0", 0, 0), ("a negative take", 0, -1), ("a negative skip", -1, 1)):
        asked = read([customer.user_id], skip=skip, take=take)
        expect.observe(f"history with {name}", "answered" if is_success(asked) else "refused", on=asked)
    expect.that(True, what="odd pages were asked for")
    with expect.clause("PAGE-11"):
        asked = read([customer.user_id], skip=None, take=None)
        expect.observe("history without skip and take", "answered" if is_success(asked) else "refused", on=asked)
        expect.that(True, what="the history was asked for without skip and take")
