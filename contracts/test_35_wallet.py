"""The wallet: Lookup at the till, with and without a basket, and the list of get_user_offers."""

from __future__ import annotations

from typing import Any

from offerproof.client import Api
from offerproof.client.bodies import encode
from offerproof.conformance import Expect, Given, NotOffered, Settle, clause
from offerproof.conformance.reading import (
    history,
    id_of_entry,
    in_wallet,
    is_success,
    issued_many,
    listed,
    listed_ids,
    page_size,
    refused_or_empty,
    send_bytes,
    wallet,
)
from offerproof.target import Profile

FIVE_OFF_CHECK, TEN_PERCENT_OFF_CHECK = "fixed_amount_check_discount", "percent_check_discount"
FIVE_OFF_ITEM, TEN_PERCENT_OFF_ITEM = "fixed_amount_item_discount", "percent_item_discount"
AS_TEXTS = [
    {"line_id": "1", "item_id": "11", "quantity": "1", "unit_price": "10.00", "subtotal": "10.00"},
    {"line_id": "2", "item_id": "12", "quantity": "1", "unit_price": "1.00", "subtotal": "1.00"},
]
AS_NUMBERS = [
    {"line_id": "1", "item_id": "11", "quantity": 1, "unit_price": 10, "subtotal": 10},
    {"line_id": "2", "item_id": "12", "quantity": 1, "unit_price": 1, "subtotal": 1},
]
AS_IN_THE_HISTORY = frozenset(
    ("user_id", "offer_id", "offer_type", "acquire_date", "redemption_start_date", "redemption_end_date")
)
"""Members of an entry of get_user_offers that a record of the history has too, and in one sense only."""
ONE_LINE = [{"line_id": "1", "item_id": "11", "quantity": "1", "unit_price": "10.00", "subtotal": "10.00"}]


@clause(
    *("WALLET-1", "WALLET-3", "WALLET-4", "WALLET-5", "WALLET-6", "WALLET-7", "WALLET-8", "WALLET-26", "WALLET-33"),
    *("WALLET-35", "WALLET-36"),
    offers=["any"],
    requests=6,
)
def test_lookup_answers_the_customer_and_the_wallet(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    customer = held.customer
    if not customer.external_id:
        expect.unknown("no customer whose external id is known")
    found = expect.success(api.lookup(external_customer_id=customer.external_id), kind=list)
    expect.equal(len(found), 1, what="number of customers answered")
    shown = found[0]
    with expect.clause("WALLET-3"):
        expect.same_id(shown["user_reference_id"], customer.user_id, what="user_reference_id")
    offer = next((one for one in shown["offers"] if held.is_it(one["reference_id"])), None)
    if offer is None:
        expect.unknown("the user offer is not in the wallet")
    with expect.clause("WALLET-5"):
        for one in shown["offers"]:
            expect.same_id(one["user_id"], customer.user_id, what="user_id of an offer in the wallet")
    with expect.clause("WALLET-6"):
        expect.equal(offer["reference_id_type"].lower(), "userofferid", what="reference_id_type")
    with expect.clause("WALLET-36"):
        expect.equal(offer["discount_source"].lower(), "sessionm", what="discount_source")
    with expect.clause("WALLET-7"):
        expect.equal(offer["status"].upper(), "INFO", what="status of an offer that is not locked")
    with expect.clause("WALLET-8"):
        expect.same_number(offer["amount"], 0, what="amount without a transaction")
        lines, what = offer["discounted_line_ids"], "discounted_line_ids are empty without a transaction"
        expect.that(not lines, what=what, expected="empty", observed=lines)
        quantities = offer.get("discounted_line_id_quantities")
        expect.that(not quantities, what="discounted_line_id_quantities are empty without a transaction")
        expect.equal(offer.get("applied_time"), None, what="applied_time without a transaction")
    user = expect.success(api.search_customers(**customer.identifier))
    with expect.clause("WALLET-4"):
        for name in ("first_name", "last_name", "email"):
            expect.equal(shown.get(name) or None, user.get(name) or None, what=f"{name} beside the customer search")
    with expect.clause("WALLET-35"):
        known = {name: user.get(name) for name in ("first_name", "last_name", "email")} | {"phone": customer.phone}
        for name, own in known.items():
            others = {value for value in known.values() if value and value != own}
            what = f"what Lookup shows as {name} is no other attribute of the customer"
            expect.that(shown.get(name) not in others, what=what, expected="its own value", observed="another one's")
    with expect.clause("WALLET-33"):
        expect.same_id(shown["user_account_id"], shown["user_reference_id"], what="user_account_id beside the customer")
        if customer.phone and shown.get("phone"):
            digits = "".join(sign for sign in str(shown["phone"]) if sign.isdigit())
            ends = digits.endswith(customer.phone) or customer.phone.endswith(digits)  # with its country, or without
            expect.that(ends, what="phone of the customer", expected=customer.phone, observed=shown["phone"])
    with expect.clause("WALLET-26"):
        same = shown["points"] == user["available_points"]
        expect.observe("Lookup's points", "available_points" if same else "something else")
        expect.present(shown, "points")


@clause("WALLET-2", customers=1, requests=4)
def test_lookup_finds_the_customer_by_each_identifier(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    if not (customer.email and customer.phone):
        expect.unknown("no customer whose e-mail address and phone are both known")
    identifiers: list[dict[str, Any]]
    identifiers = [{"email": customer.email}, {"phone": customer.phone}, {"user_id": customer.user_id}]
    for identifier in identifiers:
        found = expect.success(api.lookup(**identifier), kind=list)
        expect.equal(len(found), 1, what="number of customers answered")
        expect.same_id(found[0]["user_reference_id"], customer.user_id, what="user_reference_id")


@clause("WALLET-9", "WALLET-10", offers=["any", "any", "any"], together=True, requests=8)
def test_all_issued_offers_stand_in_the_wallet_once(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    first = given.user_offer()
    held = [first, *(given.user_offer(customer=first.customer) for _ in range(2))]
    offers = wallet(api, expect, first.customer)
    ids = [offer["reference_id"].lower() for offer in offers]
    for one in held:
        expect.equal(ids.count(one.user_offer_id.lower()), 1, what="times a user offer stands in the wallet")
    expect.equal(len(set(ids)), len(ids), what="number of different user offers in the wallet")
    if first.offer_id and profile.can("create_offer"):
        with expect.clause("WALLET-10"):
            titled = expect.success(api.fetch_offer(first.offer_id, culture="en"))["offer"]["title"]
            shown = next(offer for offer in offers if first.is_it(offer["reference_id"]))
            expect.equal(shown["display_name"], titled, what="display_name beside the offer's title")


@clause("WALLET-9", "WALLET-10", customers=1, requests=8, needs=("issue",))
def test_a_wallet_of_sixty_is_whole(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    customer, offer = given.customer(), given.shared_offer()
    ids = issued_many(api, customer, offer.offer_id, 60)  # or as many as the target gives to one customer
    held = sorted(one["reference_id"].lower() for one in wallet(api, expect, customer))
    expect.equal([one for one in held if one in ids], ids, what="issued offers in the wallet, each once")
    if profile.can("create_offer"):
        with expect.clause("WALLET-10"):
            own = given.offer()
            beside = given.issued(own, customer).user_offer_id.lower()
            names = {one["reference_id"].lower(): one["display_name"] for one in wallet(api, expect, customer)}
            expect.equal(names.get(beside), own.title, what="display_name of an offer beside others")
            others = {names[one] for one in ids if one in names}
            expect.excludes(others, own.title, what="display_names of the others beside it")


@clause("WALLET-11", "WALLET-13", "WALLET-15", offers=[FIVE_OFF_CHECK], requests=8)
def test_five_off_the_check_is_priced_and_not_locked(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer(FIVE_OFF_CHECK)
    basket = api.transaction(items=AS_TEXTS, user_id=held.customer.user_id)
    offer = in_wallet(api, expect, held, basket)
    expect.that(offer is not None, what="an eligible offer is answered for the basket")
    expect.same_number(offer and offer["amount"], 5, what="amount of $5 off a basket of 11.00")
    with expect.clause("WALLET-13"):
        for line in offer["discounted_line_ids"] if offer else []:
            expect.one_of(str(line), ["1", "2"], what="discounted line, of the basket's lines")
    with expect.clause("WALLET-15"):
        after = in_wallet(api, expect, held)
        expect.equal(after and after["status"].upper(), "INFO", what="status after a Lookup with a transaction")
        locked = api.lock(held.user_offer_id, api.transaction(items=AS_TEXTS, user_id=held.customer.user_id))
        expect.success(locked)


@clause("WALLET-12", "WALLET-13", offers=[TEN_PERCENT_OFF_CHECK], requests=4)
def test_ten_percent_off_the_check_is_priced(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer(TEN_PERCENT_OFF_CHECK)
    offer = in_wallet(api, expect, held, api.transaction(items=AS_TEXTS, user_id=held.customer.user_id))
    expect.that(offer is not None, what="an eligible offer is answered for the basket")
    expect.same_number(offer and offer["amount"], "1.10", what="amount of 10 percent off a basket of 11.00")
    with expect.clause("WALLET-13"):
        for line in offer["discounted_line_ids"] if offer else []:
            expect.one_of(str(line), ["1", "2"], what="discounted line, of the basket's lines")


@clause("WALLET-14", offers=[FIVE_OFF_ITEM, TEN_PERCENT_OFF_ITEM], requests=8)
def test_item_discounts_are_priced(api: Api, given: Given, expect: Expect) -> None:
    for kind, amount in ((FIVE_OFF_ITEM, "5"), (TEN_PERCENT_OFF_ITEM, "1.00")):
        held = given.user_offer(kind)
        offer = in_wallet(api, expect, held, api.transaction(items=ONE_LINE, user_id=held.customer.user_id))
        expect.that(offer is not None, what=f"a {kind} is eligible for the basket")
        expect.same_number(offer and offer["amount"], amount, what=f"amount of a {kind} on one line of 10.00")


@clause("WALLET-16", offers=[TEN_PERCENT_OFF_CHECK], requests=5)
def test_texts_and_numbers_price_alike(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer(TEN_PERCENT_OFF_CHECK)
    for items in (AS_TEXTS, AS_NUMBERS):
        offer = in_wallet(api, expect, held, api.transaction(items=items, user_id=held.customer.user_id))
        expect.that(offer is not None, what="an eligible offer is answered for the basket")
        expect.same_number(offer and offer["amount"], "1.1", what="amount of 10 percent off 11.00")


@clause("WALLET-16", offers=[TEN_PERCENT_OFF_CHECK], requests=7, level="full")
def test_numbers_with_an_exponent_price_alike(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    held = given.user_offer(TEN_PERCENT_OFF_CHECK)
    lines = [{**AS_NUMBERS[0], "unit_price": "TEN", "subtotal": "TEN"}, AS_NUMBERS[1]]
    basket = api.transaction(user_id=held.customer.user_id) | {"items": lines}
    for ten in (b"1e1", b"1E+1", b"100e-1"):
        body = encode(api.container({"user_id": held.customer.user_id, "transaction": basket}))
        asked = send_bytes(api, profile, "lookup", body.replace(b'"TEN"', ten))
        shown = [one for one in expect.success(asked, kind=list)[0]["offers"] if held.is_it(one["reference_id"])]
        expect.equal(len(shown), 1, what="offers for a basket with an exponent in a price", on=asked)
        what = "amount of 10 percent off 11.00, of it 10 written as 1e1"
        expect.same_number(shown[0]["amount"], "1.1", what=what, on=asked)


@clause("WALLET-17", "WALLET-22", "WALLET-32", offers=["any"], requests=11)
def test_a_redeemed_offer_is_gone(api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile) -> None:
    held = given.redeemed().user_offer
    offer = settle(lambda: in_wallet(api, expect, held), lambda shown: shown is None)
    expect.equal(offer, None, what="the redeemed offer in the wallet")
    if profile.can("lookup_transaction"):
        with expect.clause("WALLET-32"):
            basket = api.transaction(user_id=held.customer.user_id)
            shown = settle(lambda: in_wallet(api, expect, held, basket), lambda shown: shown is None)
            expect.equal(shown, None, what="a redeemed offer among those that are eligible for a basket")
    if profile.can("get_user_offers"):
        with expect.clause("WALLET-22"):
            mine = held.user_offer_id.lower()
            ids = settle(lambda: listed_ids(api, expect, held.customer), lambda listed: mine not in listed)
            expect.excludes(ids, mine, what="offers of get_user_offers")


@clause("WALLET-22", offers=["any"], requests=6, needs=("redeem",), level="full")
def test_what_was_redeemed_at_once_is_not_listed(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    held = given.user_offer()
    if not is_success(api.redeem(held.user_offer_id, api.transaction(user_id=held.customer.user_id))):
        expect.unknown("the offer could not be redeemed")
    ids = settle(lambda: listed_ids(api, expect, held.customer), lambda ids: held.user_offer_id.lower() not in ids)
    expect.excludes(ids, held.user_offer_id.lower(), what="offers of get_user_offers after a redemption at once")


@clause("WALLET-31", offers=["any"], requests=6, needs=("revoke",))
def test_a_revoked_offer_is_not_listed(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    held = given.user_offer()
    if not is_success(api.revoke_offer(held.user_offer_id, reason="contract check")):
        expect.unknown("the offer could not be revoked")
    ids = settle(lambda: listed_ids(api, expect, held.customer), lambda ids: held.user_offer_id.lower() not in ids)
    expect.excludes(ids, held.user_offer_id.lower(), what="offers of get_user_offers after a revoke")


@clause("WALLET-18", customers=1, requests=4)
def test_nobody_is_answered_for_nobody(api: Api, given: Given, expect: Expect) -> None:
    given.customer()  # somebody who could be answered by mistake
    nobody: list[dict[str, Any]] = [
        {"external_customer_id": api.fresh_id()},
        {"user_id": api.fresh_id()},
        {"email": api.fresh_email()},
    ]
    for identifier in nobody:
        asked = api.lookup(**identifier)
        found = refused_or_empty(expect, asked, kind=list)
        expect.equal(len(found), 0, what="number of customers answered for an identifier nobody has", on=asked)


@clause("WALLET-19", requests=2)
def test_a_lookup_without_a_customer_is_refused(api: Api, expect: Expect) -> None:
    expect.refusal(api.send("lookup", api.container({})))
    empty = api.send(
        "lookup", api.container({"external_customer_id": ""})
    )  # to some an id like any other, that nobody has
    found = refused_or_empty(expect, empty, kind=list)
    expect.equal(len(found), 0, what="number of customers found by an empty identifier", on=empty)


@clause("WALLET-20", customers=1, requests=6)
def test_a_part_of_an_identifier_does_not_find_the_customer(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    if not (customer.external_id and customer.email):
        expect.unknown("no customer whose external id and e-mail address are both known")
    parts: list[dict[str, Any]]
    parts = [{"external_customer_id": customer.external_id[:-1]}, {"email": customer.email[:-1]}]
    if customer.phone and len(customer.phone) > 8:  # nobody's number, with or without the country before it
        parts += [{"phone": customer.phone[:-1]}, {"phone": customer.phone[-6:]}]
    for part in parts:
        asked = api.lookup(**part)
        found = refused_or_empty(expect, asked, kind=list)
        ids = [one["user_reference_id"].lower() for one in found]  # of others, on a shared target
        expect.excludes(ids, customer.user_id.lower(), what="customers found by a part of an identifier", on=asked)


@clause("WALLET-23", "WALLET-21", "WALLET-34", offers=["any", "any"], together=True, requests=7)
def test_get_user_offers_lists_what_lookup_holds(api: Api, given: Given, expect: Expect) -> None:
    first = given.user_offer()
    customer = first.customer
    mine = {one.user_offer_id.lower() for one in (first, given.user_offer(customer=customer))}
    entries: list[Any] | None = None
    with expect.clause("WALLET-21"):
        answered = expect.success(api.get_user_offers(customer.user_id, skip=0, take=page_size(api)))
        expect.same_id(answered["user_id"], customer.user_id, what="user_id of the answer")
        entries = listed(api, expect, customer)
        expect.equal(answered["total_records"], len(entries), what="total_records beside the length of the list")
    if entries is None:  # its form is known from recordings alone
        raise NotOffered("no list of get_user_offers that can be read")
    offers = wallet(api, expect, customer)
    free = {offer["reference_id"].lower() for offer in offers if offer["status"].upper() == "INFO"}
    held = {offer["reference_id"].lower() for offer in offers}
    ids = {id_of_entry(entry) for entry in entries}
    expect.equal(free - ids, set(), what="unlocked offers of Lookup that get_user_offers leaves out")
    sure = ids & mine if given.shared(customer) else ids  # another one may be locked, and so hidden from Lookup
    expect.equal(sure - held, set(), what="offers of get_user_offers that Lookup does not hold")
    with expect.clause("WALLET-34"):
        rows = {row["user_offer_id"].lower(): row for row in history(api, expect, customer)}
        for entry in entries:
            row = rows.get(id_of_entry(entry), {})
            for name in AS_IN_THE_HISTORY & entry.keys() & row.keys():
                told, beside = str(entry[name] or "").casefold(), str(row[name] or "").casefold()
                expect.equal(told, beside, what=f"{name} in get_user_offers, beside the history")
        expect.that(True, what="entries of get_user_offers beside the history")


@clause("WALLET-24", offers=["any"], requests=3)
def test_ids_are_compared_in_any_case(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    found = expect.success(api.lookup(user_id=held.customer.user_id.upper()), kind=list)
    expect.equal(len(found), 1, what="number of customers answered")
    ids = [offer["reference_id"].lower() for offer in found[0]["offers"]]
    expect.contains(ids, held.user_offer_id.lower(), what="user offers in the wallet")


@clause("WALLET-25", offers=["any"], requests=6)
def test_what_a_locked_offer_looks_like(api: Api, given: Given, expect: Expect) -> None:
    locked = given.locked()
    for words, basket in (("in Lookup", None), ("in a Lookup of its transaction", locked.transaction)):
        shown = in_wallet(api, expect, locked.user_offer, basket)
        expect.observe(f"a locked offer {words}", "absent" if shown is None else f"status {shown['status']}")
    expect.that(True, what="a locked offer was looked up")


@clause("WALLET-27", offers=["manual_fulfillment"], requests=4)
def test_whether_manual_fulfillment_is_eligible_for_a_basket(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer("manual_fulfillment")
    asked = api.lookup(user_id=held.customer.user_id, transaction=api.transaction(user_id=held.customer.user_id))
    if not is_success(asked):
        expect.unknown("the Lookup with a transaction was refused")
    shown = [one for one in expect.at(asked, "payload.0.offers") if held.is_it(one["reference_id"])]
    reading = f"eligible, amount {shown[0]['amount']}" if shown else "not eligible"
    expect.observe("manual_fulfillment in a Lookup with a transaction", reading, on=asked)
    expect.that(True, what="a manual_fulfillment offer was looked up for a basket")
