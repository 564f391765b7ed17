"""What the profile declares where the documents leave a choice: a target is held to its word, and only to that."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from offerproof.client import Api
from offerproof.client.bodies import encode
from offerproof.conformance import Customer, Expect, Given, NotOffered, clause
from offerproof.conformance.reading import (
    history,
    id_of_entry,
    in_wallet,
    instant,
    is_success,
    level_of,
    listed,
    listed_ids,
    loyal_user,
    months_on,
    record,
)
from offerproof.exchange import Exchange
from offerproof.provisioning import plain_kind
from offerproof.target import Profile

CHECK, ITEM = "fixed_amount_check_discount", "fixed_amount_item_discount"
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
WINDOWS = {
    "minutes": (90, timedelta(minutes=90), timedelta(minutes=90)),
    "hours": (5, timedelta(hours=5), timedelta(hours=5)),
    "days": (3, 3 * DAY, 3 * DAY),
    "weeks": (2, 14 * DAY, 14 * DAY),
    "months": (2, 59 * DAY, 62 * DAY),
    "years": (2, 730 * DAY, 731 * DAY),
}
"""A unit: a period, and the least and the most that it can last by the calendar."""
SHARED_PATH = "/api/2.0/offers/get_user_offers"
JSON = {"Content-Type": "application/json"}


@clause("DECL-1", customers=2, requests=12)
def test_listings_are_in_the_declared_order(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    one, other = given.customer(), given.customer()
    offer = given.offer()
    issued = [given.issued(offer, customer).user_offer_id.lower() for customer in (one, other, one, other)]
    wanted = issued[::-1] if profile.behaviour("paging.order") == "newest first" else issued
    shown = [row["user_offer_id"].lower() for row in history(api, expect, one, other)]
    expect.equal([each for each in shown if each in issued], wanted, what="order of the history of two customers")
    if profile.can("get_user_offers"):
        shown = listed_ids(api, expect, one)
        own = [each for each in wanted if each in (issued[0], issued[2])]
        expect.equal([each for each in shown if each in own], own, what="order of get_user_offers")


@clause("DECL-1", customers=1, requests=14, level="full", needs=("get_user_offers", "unlock", "redeem", "reinstate"))
def test_what_comes_back_takes_its_place_in_the_declared_order(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    customer, offer = given.customer(), given.offer()
    held = [given.issued(offer, customer).user_offer_id.lower() for _ in range(4)]
    basket = api.transaction(user_id=customer.user_id)
    steps = [api.redeem(held[0], basket), api.reinstate(held[0]), api.lock(held[1], basket), api.unlock(held[1])]
    if not all(map(is_success, steps)):
        expect.unknown("the offers could not be redeemed and reinstated, locked and unlocked")
    wanted = held[::-1] if profile.behaviour("paging.order") == "newest first" else held
    shown = [each for each in listed_ids(api, expect, customer) if each in held]
    expect.equal(shown, wanted, what="order of get_user_offers when offers have come back")
    shown = [row["user_offer_id"].lower() for row in history(api, expect, customer)]
    expect.equal([each for each in shown if each in held], wanted, what="order of the history when offers are back")


@clause("DECL-2", offers=["any"], requests=3)
def test_entries_of_get_user_offers_have_the_declared_members(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    held = given.user_offer()
    members = str(profile.behaviour("user_offers_members.members")).split()
    entries = listed(api, expect, held.customer)
    expect.that(entries, what="get_user_offers lists the issued offer", observed=entries)
    for entry in entries:
        expect.that(isinstance(entry, dict), what="an entry of get_user_offers is an object", observed=entry)
        for member in members:
            expect.present(entry, member)
    mine = [entry for entry in entries if held.is_it(id_of_entry(entry))]
    expect.equal(len(mine), 1, what="entries of get_user_offers that are the issued offer")


@clause("DECL-3", requests=3)
def test_a_culture_without_words_falls_back_as_declared(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    words = {"description": "Of two texts", "terms_and_conditions": "None"}
    texts = [{"title": title, "culture": culture, **words} for title, culture in (("The first", "en"), ("Zwei", "de"))]
    offer = given.offer(text_config=texts)
    fetched = api.fetch_offer(offer.offer_id, culture="fr-ca")
    if profile.behaviour("offer_text.fall_back") == "first":
        title = expect.success(fetched)["offer"]["title"]
        expect.equal(title, "The first", what="title in a culture without words, of an offer with two texts")
    else:
        expect.refusal(fetched, why="there are no words in this culture")


@clause("DECL-4", "DECL-78", customers=1, requests=20)
def test_a_redemption_window_is_as_long_as_its_validity(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    customer = given.customer()
    measured = 0
    for unit, (period, least, most) in WINDOWS.items():
        validity = {"validity_unit": unit, "validity_period": period, "valid_after_end_date": True}
        created = api.create_offer(api.offer(plain_kind(profile), common_config=validity))
        with expect.clause("DECL-78"):
            if unit in str(profile.behaviour("create_offer.validity_units")).split():
                expect.success(created)
        if not is_success(created):  # which units a target takes is its own business
            continue
        row = _issued_row(api, given, expect, customer, created)
        ends = row["redemption_end_date"]
        what = f"redemption_end_date of a validity in {unit}"
        expect.that(bool(ends), what=what, expected="an instant", observed=ends)
        lasts = instant(ends) - instant(row["redemption_start_date"])
        expect.that(
            least - SECOND <= lasts <= most + SECOND,
            what=f"redemption window of a validity in {unit}",
            expected=f"{period} {unit}",
            observed=lasts,
        )
        if unit == "months":
            allowed = months_on(instant(row["redemption_start_date"]), period)
            close = any(abs(lasts - one) <= SECOND for one in allowed)
            what = "redemption window of two months, to the day"
            expect.that(close, what=what, expected=f"one of {', '.join(map(str, allowed))}", observed=lasts)
        measured += 1
    if not measured:
        expect.unknown("the target took no offer with a validity")


def _issued_row(api: Api, given: Given, expect: Expect, customer: Customer, created: Exchange) -> Any:
    """The history record of a user offer of an offer just created."""
    issued = api.issue_offer(customer.user_id, expect.at(created, "payload.offer_id"))
    if not is_success(issued):
        expect.unknown("a user offer is needed and could not be issued")
    wanted = str(expect.at(issued, "payload.status_list.0.user_offer_id")).lower()
    rows = history(api, expect, customer)
    found = next((row for row in rows if row["user_offer_id"].lower() == wanted), None)
    expect.that(found is not None, what="the issued offer stands in the history")
    return found


@clause("DECL-5", customers=1, requests=5)
def test_an_offer_that_does_not_expire_has_no_end(api: Api, given: Given, expect: Expect) -> None:
    held = given.issued(given.offer(common_config={"does_not_expire": True}), given.customer())
    row = record(api, expect, held)
    expect.that(row is not None, what="the issued offer stands in the history")
    end = (row or {}).get("redemption_end_date")
    what = "end of the redemption window of an offer that does not expire"
    expect.that(not end, what=what, expected="none", observed=end)


@clause("DECL-6", requests=5)
def test_one_identifier_is_enough_for_a_customer(api: Api, expect: Expect, profile: Profile) -> None:
    names = {"first_name": "Givenname", "last_name": "Familyname", "opted_in": True}
    phone = api.fresh_phone()
    as_list = profile.behaviour("create_customer.phone_member") == "phone_numbers"
    numbers: dict[str, Any] = {"phone_numbers": [{"phone_number": phone}]} if as_list else {"mobile_number": phone}
    for identifier in ({"email": api.fresh_email()}, {"external_id": api.fresh_id()}, numbers):
        user = expect.success(api.create_customer(names | identifier))
        expect.that(bool(user["id"]), what=f"a customer with {', '.join(identifier)} alone has an id")
    expect.refusal(api.create_customer(names), why="no identifier was given")


def _created(api: Api, expect: Expect, **attributes: Any) -> Customer:
    wanted = api.new_customer(**attributes)
    created = api.create_customer(wanted)
    if not is_success(created):
        expect.unknown("a customer is needed and could not be created")
    return Customer(expect.success(created)["id"], None, wanted["email"], None)


@clause("DECL-7", "DECL-53", requests=5)
def test_who_is_enrolled_is_as_declared(api: Api, expect: Expect, profile: Profile) -> None:
    how = profile.behaviour("enrolment.how")
    for opted_in in (True, False):
        user = loyal_user(api, expect, _created(api, expect, opted_in=opted_in))
        rank = user["tier_details"]["tier_levels"][0]["tier_overview"]["rank"]
        if how is not None:
            enrolled = how == "always" or (how == "opted_in" and opted_in)
            expect.equal(rank > 0, enrolled, what=f"enrolled, when opted_in was {str(opted_in).lower()}")
        with expect.clause("DECL-53"):
            if rank <= 1:
                _judge_bottom_tier(expect, user, profile)


def _judge_bottom_tier(expect: Expect, user: Any, profile: Profile) -> None:
    """What the first two ranks show of the way to the next tier, and that they do not end."""
    shown = user.get("tier_ends_value")
    if profile.behaviour("bottom_tiers.tier_ends_value") == "null":
        expect.equal(shown, None, what="tier_ends_value of one of the first two ranks")
    else:
        rules = [r["rule"] for tree in level_of(user).get("tier_progress") or [] for r in tree["rules"]]
        targets = [rule["target_balance"] for rule in rules if "target_balance" in rule]
        expect.equal(len(targets), 1, what="target balances on the way to the next tier")
        expect.same_number(shown, targets[0], what="tier_ends_value of one of the first two ranks")
    ends = user.get("tier_resets_at")
    expect.that(not ends, what="tier_resets_at of one of the first two ranks", observed=ends)


@clause("DECL-9", requests=6)
def test_a_shared_mobile_number_is_answered_as_declared(api: Api, expect: Expect, profile: Profile) -> None:
    phone = api.fresh_phone()
    _created(api, expect, phone=phone)
    second = api.create_customer(api.new_customer(phone=phone))
    if not is_success(second):
        expect.refusal(second)
        return
    found = api.lookup(phone=phone)
    searched = api.search_customers(mobile_number=phone)
    if profile.behaviour("shared_mobile_number.lookup") == "error":
        expect.refusal(found, why="two customers have this number")
    else:
        newest = expect.success(found, kind=list)[0]["user_reference_id"]
        expect.same_id(newest, expect.success(second)["id"], what="customer a Lookup finds by a shared number")
    if profile.behaviour("shared_mobile_number.search") == "error":
        expect.refusal(searched, why="two customers have this number")
    else:
        newest = expect.success(searched)["id"]
        expect.same_id(newest, expect.success(second)["id"], what="customer the search finds by a shared number")


@clause("DECL-10", "DECL-54", customers=1, requests=9)
def test_offers_are_issued_when_it_is_declared(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    customer = given.customer()
    expect.that(_issue(api, customer, given.offer().offer_id), what="an offer is issued while it can be acquired")
    now = api.now()
    windows = {"before_start": (now + 10 * DAY, now + 20 * DAY), "ended": (now - 20 * DAY, now - 10 * DAY)}
    for when, (start, end) in windows.items():
        dates = {"acquisition_start_date": api.moment(start), "acquisition_end_date": api.moment(end)}
        created = api.create_offer(api.offer(plain_kind(profile), common_config=dates))
        if is_success(created):
            issued = _issue(api, customer, expect.at(created, "payload.offer_id"))
            allowed = profile.behaviour(f"issue_outside_window.{when}") == "allowed"
            expect.equal(issued, allowed, what=f"an offer is issued outside its acquisition window ({when})")
    with expect.clause("DECL-54"):
        hidden = api.create_offer(api.offer(plain_kind(profile), publish=False))
        if not is_success(hidden):
            raise NotOffered("an offer that is not published cannot be created")
        issued = _issue(api, customer, expect.at(hidden, "payload.offer_id"))
        allowed = profile.behaviour("issue_outside_window.unpublished") == "allowed"
        expect.equal(issued, allowed, what="an offer that is not published is issued")


def _issue(api: Api, customer: Customer, offer_id: str) -> bool:
    """Whether issuing gave a user offer."""
    answer = api.issue_offer(customer.user_id, offer_id)
    listed = answer.answer["payload"]["status_list"] if is_success(answer) else []
    return any(entry.get("user_offer_id") for entry in listed)


@clause("DECL-18", offers=["any"], requests=8)
def test_a_request_id_counts_in_the_declared_scope(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    held = given.user_offer()
    basket = api.transaction(user_id=held.customer.user_id)
    lock = {"offer_lookup_code": held.user_offer_id, "offer_lookup_type": "userofferid", "transaction": basket}
    request_id = api.fresh_id()
    expect.success(api.send("lock", api.container(lock, request_id=request_id)))
    scope = str(profile.behaviour("request_id.scope")).split("+")
    for part in [name for name in ("store", "client") if name in scope]:
        elsewhere = {f"{part}_id": api.fresh_id()}
        if is_success(api.send("lock", api.container(lock, **elsewhere))):  # a stranger may well be refused
            again = api.send("lock", api.container(lock, **elsewhere, request_id=request_id))
            expect.that(is_success(again), what=f"the request_id of another {part} is processed anew", on=again)


@clause("DECL-18", offers=["any"], requests=5, level="full", needs=("unlock",))
def test_a_request_id_of_another_operation_is_processed_anew(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    locked, request_id = given.user_offer(), api.fresh_id()
    basket, rival = (api.transaction(user_id=locked.customer.user_id) for _ in range(2))
    expect.success(api.lock(locked.user_offer_id, basket, request_id=request_id))
    if "operation" in str(profile.behaviour("request_id.scope")).split("+"):
        expect.success(api.unlock(locked.user_offer_id, request_id=request_id), kind=None)
        freed = api.lock(locked.user_offer_id, rival)
        expect.that(is_success(freed), what="an unlock under the request_id of a Lock unlocks", on=freed)


@clause("DECL-43", offers=["any"], requests=11, level="full")
def test_what_a_request_id_brings_back_is_as_declared(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    held = given.user_offer()
    basket, rival = (api.transaction(user_id=held.customer.user_id) for _ in range(2))
    known, refused, read = (api.fresh_id() for _ in range(3))
    first = expect.success(api.lookup(user_id=held.customer.user_id, request_id=read), kind=list)
    locked = expect.success(api.lock(held.user_offer_id, basket, request_id=known))
    larger = api.transaction(items=api.items("20.00"), user_id=held.customer.user_id)
    larger["transaction_id"] = basket["transaction_id"]
    other = api.lock(held.user_offer_id, larger, request_id=known)
    if profile.behaviour("request_id.other_body") == "refused":
        expect.refusal(other, why="this request_id was used with another body")
    else:
        expect.equal(expect.success(other), locked, what="answer to another body under a known request_id")
    expect.refusal(api.lock(held.user_offer_id, rival, request_id=refused), why="another transaction holds the lock")
    again = expect.success(api.lookup(user_id=held.customer.user_id, request_id=read), kind=list)
    if profile.behaviour("request_id.reads") == "counted":
        expect.equal(again, first, what="a Lookup under the request_id of an earlier one")
    elif profile.behaviour("locked_offer.lookup") == "leaves" or profile.behaviour("locked_offer.status") == "LOCKED":
        expect.that(again != first, what="a Lookup under the request_id of an earlier one shows the lock")
    if profile.can("unlock"):
        expect.success(api.unlock(held.user_offer_id), kind=None)
        later = api.lock(held.user_offer_id, rival, request_id=refused)
        if profile.behaviour("request_id.refusals") == "stored":
            expect.refusal(later, why="the repeat of a refusal gets it again")
        else:
            expect.success(later)


@clause("DECL-19", offers=["any"], requests=5)
def test_lookup_and_get_user_offers_are_told_apart_by_the_body(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    held = given.user_offer()
    user_id = held.customer.user_id

    def sent(service: str, body: dict[str, Any]) -> Exchange:
        return api.raw(service, "POST", SHARED_PATH, body=encode(body), headers=JSON)

    found = expect.success(sent("cloudpos", api.container({"user_id": user_id})), kind=list)
    expect.same_id(found[0]["user_reference_id"], user_id, what="customer of a Lookup on the shared path")
    flat = {"retailer_id": profile.ids.retailer, "user_id": user_id, "skip": 0, "take": 10}
    expect.that("user_offers" in expect.success(sent("offers", flat)), what="get_user_offers on the shared path")
    partial = api.container({"user_id": user_id}, store_id=api.LEFT_OUT)
    for refused in (sent("cloudpos", partial), sent("offers", {"take": 1})):
        expect.refusal(refused)
        expect.that(refused.status != 401, what="right credentials are not called wrong", observed=refused.status)


@clause("DECL-21", offers=[CHECK, CHECK, CHECK], together=True, requests=9)
def test_a_second_discount_takes_from_what_is_left(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    first = given.user_offer(CHECK)
    second, third = (given.user_offer(CHECK, first.customer) for _ in range(2))
    basket = api.transaction(items=api.items("8.00"), user_id=first.customer.user_id)
    five = expect.success(api.lock(first.user_offer_id, basket))
    rest = expect.success(api.lock(second.user_offer_id, {**basket, "discounts": [dict(five)]}))
    expect.same_number(rest["amount"], 3, what="amount of a second $5 on a basket of 8.00")
    own = dict(five)
    if profile.behaviour("ids.case") == "ignored":
        own["reference_id"] = str(own["reference_id"]).upper()
    shown = in_wallet(api, expect, first, {**basket, "discounts": [own]})
    if shown is not None:  # whether a locked offer is shown is left open
        expect.same_number(shown["amount"], 5, what="amount of the first, of which its own discount takes nothing")
    both = {**basket, "discounts": [dict(five), dict(rest)]}
    expect.refusal(api.lock(third.user_offer_id, both), why="nothing is left to discount")
    shown = in_wallet(api, expect, third, both)
    expect.equal(shown, None, what="an offer that a Lookup with this basket shows as eligible")


@clause("DECL-21", customers=1, requests=7, level="full")
def test_a_discount_without_an_amount_takes_nothing_from_what_is_left(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    held = given.issued(given.offer("percent_check_discount"), given.customer())
    basket = api.transaction(items=api.items("10.00"), user_id=held.customer.user_id)
    alone = expect.success(api.lock(held.user_offer_id, basket))["amount"]
    for amount in (api.LEFT_OUT, None, "0.00"):
        own = {"display_name": "the till's own", "amount": amount}
        beside = api.lock(held.user_offer_id, {**basket, "discounts": [own]})
        if is_success(beside):  # whether a till may discount by itself is left open
            what = "amount of 10 percent beside a discount of the till's own that takes nothing"
            expect.same_number(expect.success(beside)["amount"], alone, what=what)
    expect.same_number(alone, 1, what="amount of 10 percent of 10.00")


@clause("DECL-41", customers=1, requests=34, level="full", needs=("create_offer", "issue", "discounts"))
def test_a_line_without_a_subtotal_is_discounted_like_one_with_it(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    customer = given.customer()
    lines = [
        {"line_id": "1", "item_id": "11", "quantity": 2, "unit_price": Decimal("10.00"), "subtotal": Decimal("20.00")},
        {"line_id": "2", "item_id": "12", "quantity": 1, "unit_price": Decimal("3.00"), "subtotal": Decimal("3.00")},
    ]
    for kind in (ITEM, CHECK, "percent_item_discount", "percent_check_discount"):
        held = given.issued(given.offer(kind), customer)
        whole = api.transaction(items=lines, user_id=customer.user_id)
        baskets = [{**whole, "items": [{**line, "subtotal": none} for line in lines]} for none in (api.LEFT_OUT, None)]
        if profile.can("lookup_transaction"):
            shown = [(in_wallet(api, expect, held, basket) or {}).get("amount") for basket in (whole, *baskets)]
            expect.equal(shown[1:], [shown[0]] * 2, what=f"amounts of {kind} in Lookup, for lines without subtotals")
        amount = expect.success(api.lock(held.user_offer_id, whole))["amount"]
        for basket in baskets:
            locked = expect.success(api.lock(held.user_offer_id, basket))
            what = f"amount of {kind} for lines without subtotals, beside that for the same lines with them"
            expect.same_number(locked["amount"], amount, what=what)


@clause("DECL-22", "DECL-38", customers=1, requests=6)
def test_an_item_discount_keeps_to_its_items(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    key = str(profile.behaviour("discount_config.items_key"))
    held = given.issued(given.offer(ITEM, discount_config={key: ["2"]}), given.customer())
    basket = api.transaction(items=api.items("10.00", "3.00"), user_id=held.customer.user_id)
    if profile.can("lookup_transaction"):
        with expect.clause("DECL-38"):
            shown = in_wallet(api, expect, held, basket)
            expect.that(shown is not None, what="an item discount is eligible for a basket with its item")
            other = api.transaction(items=api.items("10.00"), user_id=held.customer.user_id)
            shown = in_wallet(api, expect, held, other)
            expect.equal(shown, None, what="an item discount that is eligible for a basket without its item")
    discount = expect.success(api.lock(held.user_offer_id, basket))
    expect.same_number(discount["amount"], Decimal(3), what="amount of $5 off an item of 3.00 beside one of 10.00")
    lines = [str(line) for line in discount["discounted_line_ids"]]
    expect.equal(lines, ["2"], what="line of an item discount for item 2")


@clause("DECL-77", customers=1, requests=5, level="full")
def test_get_user_offers_is_in_the_declared_culture(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    titles = {culture: f"{api.minter.word('title')} {culture}" for culture in ("en", "fr")}
    offer = given.offer(text_config=[{"title": title, "culture": name} for name, title in titles.items()])
    held = given.issued(offer, given.customer())
    for culture in ("en", "fr", "fr-ca"):
        entries = expect.success(api.get_user_offers(held.customer.user_id, skip=0, take=20, culture=culture))
        mine = [one for one in entries["user_offers"] if held.is_it(id_of_entry(one))]
        expect.equal(len(mine), 1, what="entries of get_user_offers that are the issued offer")
        wanted = titles["en" if profile.behaviour("offer_text.get_user_offers") == "first" else culture[:2]]
        named = mine[0].get("name") or mine[0].get("title")
        if not named:
            raise NotOffered("get_user_offers names no offers")
        expect.equal(named, wanted, what=f"name of an offer where {culture} is asked for")
