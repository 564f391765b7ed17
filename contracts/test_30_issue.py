"""Issue and revoke: however a user offer came to be, wallet and history know it."""

from __future__ import annotations

from typing import Any

from offerproof.client import Api
from offerproof.conformance import Expect, Given, Settle, clause
from offerproof.conformance.reading import (
    given_payload,
    in_wallet,
    is_success,
    listed_ids,
    record,
    state,
    tells,
    wallet_ids,
)
from offerproof.exchange import Exchange
from offerproof.provisioning import plain_kind
from offerproof.target import Profile


def _issued(exchange: Exchange) -> list[Any]:
    """The user offer ids an issue answered; none when it was refused."""
    if not is_success(exchange):
        return []
    entries = (exchange.answer.get("payload") or {}).get("status_list") or []
    return [entry["user_offer_id"] for entry in entries if entry.get("user_offer_id")]


@clause("ISSUE-1", "ISSUE-2", "ISSUE-3", offers=["any"], requests=6)
def test_an_issued_offer_is_in_wallet_list_and_history(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    held = given.user_offer()
    expect.contains(
        wallet_ids(api, expect, held.customer), held.user_offer_id.lower(), what="user offers in the wallet"
    )
    with expect.clause("ISSUE-2"):
        row = record(api, expect, held)
        expect.that(row is not None, what="the history holds the issued offer")
        expect.equal(row and row["status_description"].lower(), "issued", what="description of the issued offer")
    if profile.can("get_user_offers"):
        with expect.clause("ISSUE-3"):
            ids = listed_ids(api, expect, held.customer)
            expect.contains(ids, held.user_offer_id.lower(), what="user offers listed")


@clause("ISSUE-6", "ISSUE-4", "ISSUE-5", customers=1, requests=6)
def test_issuing_names_a_new_user_offer_each_time(api: Api, given: Given, expect: Expect) -> None:
    customer, offer = given.customer(), given.shared_offer()
    first, second = (api.issue_offer(customer.user_id, offer.offer_id, quantity=1) for _ in range(2))
    expect.success(first)
    expect.success(second)
    ids = {one.lower() for one in (*_issued(first), *_issued(second))}
    expect.equal(len(ids), 2, what="number of different user offers issued in two calls", on=second)
    with expect.clause("ISSUE-4"):
        entries = first.answer["payload"]["status_list"]
        expect.equal(len(entries), 1, what="number of entries of status_list", on=first)
        expect.same_id(entries[0]["user_id"], customer.user_id, what="user_id of the entry", on=first)
        expect.same_id(entries[0]["offer_id"], offer.offer_id, what="offer_id of the entry", on=first)
        expect.that(entries[0]["user_offer_id"], what="the entry names the new user offer", on=first)
    with expect.clause("ISSUE-5"):
        three = _issued(api.issue_offer(customer.user_id, offer.offer_id, quantity=3))
        fresh = {one.lower() for one in three} - ids
        expect.equal(
            (len(three), len(fresh)), (3, 3), what="number of user offers, and of new ones, of a quantity of 3"
        )


@clause("ISSUE-7", requests=2)
def test_issuing_to_an_unknown_customer_gives_nothing(api: Api, given: Given, expect: Expect) -> None:
    asked = api.issue_offer(api.fresh_id(), given.shared_offer().offer_id, quantity=1)
    expect.equal(_issued(asked), [], what="user offers issued to a customer nobody knows", on=asked)


@clause("ISSUE-8", customers=1, requests=2)
def test_issuing_an_unknown_offer_gives_nothing(api: Api, given: Given, expect: Expect) -> None:
    asked = api.issue_offer(given.customer().user_id, api.fresh_id(), quantity=1)
    expect.equal(_issued(asked), [], what="user offers issued of an offer nobody knows", on=asked)


@clause("ISSUE-9", customers=1, requests=4)
def test_a_quantity_of_nothing_gives_nothing(api: Api, given: Given, expect: Expect) -> None:
    customer, offer = given.customer(), given.shared_offer()
    for quantity in (0, -1):
        asked = api.issue_offer(customer.user_id, offer.offer_id, quantity=quantity)
        expect.equal(_issued(asked), [], what=f"user offers issued by a quantity of {quantity}", on=asked)


@clause("ISSUE-11", "ISSUE-10", "ISSUE-13", offers=["any"], requests=8)
def test_a_revoked_offer_leaves_the_wallet_and_stays_in_the_history(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    held = given.user_offer()
    expect.success(api.revoke_offer(held.user_offer_id, reason="contract check"), kind=None)
    told = settle(lambda: state(api, expect, held), lambda said: tells(said, "revok"))
    expect.that(tells(told, "revok"), what="the history says that the offer is revoked", observed=told)
    with expect.clause("ISSUE-10"):
        gone = settle(lambda: in_wallet(api, expect, held), lambda offer: offer is None)
        expect.equal(gone, None, what="the revoked offer in the wallet")
    with expect.clause("ISSUE-13"):
        again = api.revoke_offer(held.user_offer_id, reason="contract check")
        expect.observe("second revoke", "accepted" if is_success(again) else "refused", on=again)
        expect.that(True, what="a second revoke was tried")


@clause("ISSUE-12", requests=1)
def test_revoking_an_unknown_user_offer_is_refused(api: Api, expect: Expect) -> None:
    expect.refusal(api.revoke_offer(api.fresh_id(), reason="contract check"))


@clause("ISSUE-14", customers=1, requests=3)
def test_whether_an_unpublished_offer_can_be_issued(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    offer = api.offer(plain_kind(profile), publish="false")
    created = given_payload(expect, api.create_offer(offer), "the target did not take an offer that is not published")
    asked = api.issue_offer(given.customer().user_id, str(created.get("offer_id")), quantity=1)
    expect.observe("issuing an unpublished offer", "accepted" if _issued(asked) else "refused", on=asked)
    expect.that(True, what="an unpublished offer was issued or not")
