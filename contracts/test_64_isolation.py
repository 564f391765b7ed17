"""One customer's data stays with that customer, and one user offer's fate is its own."""

from __future__ import annotations

import re
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Customer, Expect, Given, Settle, clause
from offerproof.conformance.reading import (
    balances,
    distinct,
    given_payload,
    history,
    in_wallet,
    is_success,
    listed_ids,
    loyal_user,
    page_size,
    state,
    wallet,
    wallet_ids,
)
from offerproof.target import Profile

KIND = "fixed_amount_check_discount"
SURELY_A_NAME = 8
"""Characters of an identifier that are not found in an answer by chance."""


@clause("ISOL-1", "ISOL-2", "ISOL-3", offers=["any", "any"], requests=9)
def test_another_customer_does_not_see_the_offer(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    mine, other = given.user_offer(fresh=True), given.user_offer(fresh=True).customer
    distinct(expect, mine.customer, other)
    own = mine.user_offer_id.lower()
    expect.excludes(wallet_ids(api, expect, other), own, what="another customer's wallet")
    with expect.clause("ISOL-2"):
        ids = [row["user_offer_id"].lower() for row in history(api, expect, other)]
        expect.excludes(ids, own, what="another customer's history")
    if profile.can("get_user_offers"):
        with expect.clause("ISOL-3"):
            ids = listed_ids(api, expect, other)
            expect.excludes(ids, own, what="another customer's list of get_user_offers")


@clause("ISOL-4", "ISOL-5", customers=2, requests=16)
def test_user_offers_of_one_offer_have_fates_of_their_own(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    one, other = given.customer(), given.customer()
    offer = given.shared_offer()
    used, twin, foreign = (given.issued(offer, customer) for customer in (one, one, other))
    basket = api.transaction(user_id=one.user_id)
    discount = given_payload(expect, api.lock(used.user_offer_id, basket), "the offer could not be locked")
    shown = in_wallet(api, expect, foreign)
    expect.equal(shown and shown["status"].upper(), "INFO", what="status of the other customer's user offer")
    sent = api.send_transaction({**basket, "is_closed": "true", "discounts": [discount]})
    if not is_success(sent):
        expect.unknown("the locked offer could not be redeemed")
    settle(lambda: state(api, expect, used), lambda told: told.lower() != "issued")
    expect.equal(state(api, expect, foreign).lower(), "issued", what="state of the other customer's user offer")
    with expect.clause("ISOL-5"):
        expect.equal(state(api, expect, twin).lower(), "issued", what="state of the same customer's other user offer")
        expect.contains(wallet_ids(api, expect, one), twin.user_offer_id.lower(), what="user offers in the wallet")


@clause("ISOL-7", "ISOL-6", customers=2, requests=12)
def test_two_customers_share_neither_points_nor_ids(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    buyer, other = given.customer(), given.customer()
    if profile.can("earn"):
        with expect.clause("ISOL-6"):
            before, had = (balances(loyal_user(api, expect, customer)) for customer in (other, buyer))
            if not is_success(api.send_transaction(api.transaction(user_id=buyer.user_id, is_closed="true"))):
                expect.unknown("the target did not take the purchase")
            settle(lambda: balances(loyal_user(api, expect, buyer)).total, lambda total: total != had.total)
            now = balances(
                loyal_user(api, expect, other)
            )  # whose escrow, from before this run, may roll over meanwhile
            expect.equal(now.families, before.families, what="balances of a customer who bought nothing")
        api.send_transaction(api.transaction(user_id=other.user_id, is_closed="true"))  # untouched accounts have no id
        settle(lambda: balances(loyal_user(api, expect, other)).total, bool)
    users = [loyal_user(api, expect, customer) for customer in (buyer, other)]
    expect.equal(len({user["id"].lower() for user in users}), 2, what="number of different ids of two customers")
    accounts = [
        {
            account["user_point_account_id"].lower()
            for account in user["tier_details"]["point_account_balances"]["details"]
            if account.get("user_point_account_id")
        }
        for user in users
    ]
    expect.equal(accounts[0] & accounts[1], set(), what="user point accounts that two customers share")


@clause("ISOL-8", offers=[KIND, KIND], requests=8)
def test_a_basket_of_one_customer_prices_nothing_for_another(api: Api, given: Given, expect: Expect) -> None:
    one, other = given.user_offer(KIND), given.user_offer(KIND)
    distinct(expect, one.customer, other.customer)
    wallet(api, expect, one.customer, api.transaction(user_id=one.customer.user_id))
    shown = wallet(api, expect, other.customer)
    if not shown:
        expect.unknown("the wallet of the other customer is empty, though an offer was issued")
    for offer in shown:
        expect.same_number(offer["amount"], 0, what="amount in a wallet that was asked for without a basket")


@clause("ISOL-9", customers=2, requests=10)
def test_no_answer_about_one_customer_holds_an_identifier_of_another(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    one, other = given.customer(), given.customer()
    distinct(expect, one, other)
    flags: dict[str, Any] = {"user_profile": True, "show_identifiers": True, "expand_incentives": True}
    for asked, foreign in ((one, other), (other, one), (one, other)):
        answers = [
            api.search_customers(**asked.identifier, **flags),
            api.lookup(user_id=asked.user_id),
            api.user_offer_history([asked.user_id], skip=0, take=page_size(api)),
        ]
        if profile.can("get_user_offers"):
            answers.append(api.get_user_offers(asked.user_id, skip=0, take=page_size(api)))
        for answer in answers:
            told = answer.raw.answer.decode("utf-8", "replace").lower()
            for name, value in _telling(foreign, asked).items():
                shown = re.search(rf"(?<!\w){re.escape(value)}(?!\w)", told)
                expect.that(not shown, what=f"{answer.operation} does not show the {name} of another", on=answer)
            for earlier in given.created():  # all are strangers to each other
                names = [] if earlier == asked else _telling(earlier, asked).items()
                leaked = next((name for name, value in names if value in told), None)
                expect.equal(leaked, None, what=f"{answer.operation} shows nothing of a customer of before", on=answer)


def _telling(customer: Customer, beside: Customer) -> dict[str, str]:
    """What names this customer and not the one beside; a short number could stand anywhere by chance."""

    def named(who: Customer) -> dict[str, str | None]:
        return {
            "id": who.user_id,
            "external id": who.external_id,
            "e-mail address": who.email,
            "phone number": who.phone,
        }

    shared = set(named(beside).values())
    return {
        name: value.lower()
        for name, value in named(customer).items()
        if value and len(value) >= SURELY_A_NAME and value not in shared
    }
