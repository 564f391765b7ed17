"""What the profile declares of answers: their members, what comes back, and what is seen of whom."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Expect, Given, NotOffered, clause
from offerproof.conformance.reading import (
    declared_table,
    id_of_entry,
    in_wallet,
    is_success,
    listed,
    listed_ids,
    record,
    refused_or_empty,
    state,
)
from offerproof.exchange import Exchange
from offerproof.target import Profile

PERSON: Mapping[str, Any] = {
    **{
        "first_name": "First-7",
        "last_name": "Last-7",
        "gender": "f",
        "dob": "1990-02-28",
        "address": "12 Harbour Road",
    },
    **{"address2": "Flat 7", "city": "Boston", "zip": "02210", "dma": "506", "state": "MA", "country": "USA"},
    **{"current_zip": "10001", "current_dma": "501", "current_state": "NY", "current_country": "CAN"},
    **{"profile_photo_url": "https://example.com/a.png", "locale": "en-gb", "referrer_code": "R-17"},
    **{"verification_method": "sms", "opted_in": True, "activated": True, "suspended": True, "test_account": True},
    **{"user_profile": {"favourite": "tea", "visits": 3}},
}
"""Each attribute that a customer may be created with, with a value that no target would think of by itself."""
PHONE = {"phone_type": "mobile", "preference_flags": ["sms"]}
FLAGS = {"user[user_profile]": "true", "expand_incentives": "true", "show_identifiers": "true"}
MEDIA = [{"uri": f"https://example.com/{name}.png", "culture": name} for name in ("en", "fr")]


@clause("DECL-39", "DECL-73", offers=["any", "any"], requests=11, level="full")
def test_objects_of_answers_have_the_declared_members(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    held, gone = given.user_offer(), given.user_offer()
    user_id, offer_id = held.customer.user_id, str(held.offer_id)
    calls: dict[str, Callable[[], Exchange]] = {
        "search_customers": lambda: api.send("search_customers", None, query={**held.customer.identifier, **FLAGS}),
        "create_offer": lambda: api.create_offer(api.offer(held.kind)),
        "fetch_offer": lambda: api.fetch_offer(offer_id),
        "issue_offer": lambda: api.issue_offer(user_id, offer_id),
        "get_user_offers": lambda: api.get_user_offers(user_id, skip=0, take=5),
        "user_offer_history": lambda: api.user_offer_history([user_id], skip=0, take=5),
        "lookup": lambda: api.lookup(user_id=user_id),
        "lock": lambda: api.lock(held.user_offer_id, api.transaction(user_id=user_id)),
        "revoke_offer": lambda: api.revoke_offer(gone.user_offer_id, reason="contract check"),
    }
    members, values = (_places(profile, name) for name in ("members", "values"))
    by_offer = ("fetch_offer", "issue_offer") if held.offer_id is None else ()  # a pool may not say of which it is
    declared = {**members, **values}
    for operation in [name for name in calls if name in declared and profile.declares(name) and name not in by_offer]:
        answered = calls[operation]()
        shown = expect.success(answered, kind=list if operation == "lookup" else dict)
        for steps, names in members.get(operation, ()):
            for thing in _found(shown, steps):
                for member in names:
                    there = int(member) < len(thing) if isinstance(thing, list) else member in thing
                    what = f"member {'.'.join((operation, *steps, member))}"
                    expect.that(there, what=what, expected="present", observed="absent", on=answered)
        with expect.clause("DECL-73"):
            for steps, names in values.get(operation, ()):
                for thing in _found(shown, steps):
                    for member, _, value in (name.partition("=") for name in names):
                        what = f"value of {'.'.join((operation, *steps, member))}"
                        expect.equal(thing.get(member), _value(value), what=what, on=answered)
    expect.that(bool(declared), what="members, or values of them, are declared")


def _places(profile: Profile, name: str) -> dict[str, list[tuple[list[str], list[str]]]]:
    """What is declared of answers: for each operation its places, a list of steps each, and the words for each."""
    declared: dict[str, list[tuple[list[str], list[str]]]] = {}
    for place, words in declared_table(profile.behaviour(f"answers.{name}")):
        operation, *steps = place.split(".")
        declared.setdefault(operation, []).append((steps, words))
    return declared


def _value(text: str) -> Any:
    """A value as it is declared: JSON where it is that, else a text without quotes."""
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return text


def _found(thing: Any, steps: list[str]) -> Iterator[Any]:
    """What stands at a declared place; nothing where the answer has no such place."""
    if not steps:
        if isinstance(thing, dict | list):
            yield thing
    elif steps[0] == "*":
        for one in thing if isinstance(thing, list) else ():
            yield from _found(one, steps[1:])
    elif isinstance(thing, dict):
        if steps[0].startswith("?"):
            yield from _found(thing, steps[1:]) if steps[0][1:] in thing else ()
        else:
            yield from _found(thing.get(steps[0]), steps[1:])


@clause("DECL-42", requests=2)
def test_declared_attributes_come_back_as_created(api: Api, expect: Expect, profile: Profile) -> None:
    wanted = str(profile.behaviour("create_customer.attributes")).split()
    asked = {name: PERSON[name] for name in wanted if name in PERSON}
    user = api.new_customer(**asked)
    phone = api.fresh_phone()
    if "phone_numbers" in wanted:
        user |= {"mobile_number": phone, "phone_numbers": [{"phone_number": phone, **PHONE}]}
    made = expect.success(api.create_customer(user))
    query = {"email": user["email"], "user[user_profile]": "true"}
    found = expect.success(api.send("search_customers", None, query=query))
    for shown in (made, found):
        for name, value in asked.items():
            if name != "user_profile" or shown is found:
                same = shown.get(name) == value
                expect.that(same, what=f"{name} as created", expected=value, observed=shown.get(name))
    if "phone_numbers" in wanted:
        numbers = found.get("phone_numbers")
        first = numbers[0] if isinstance(numbers, list) and len(numbers) == 1 else {}
        expect.equal({name: first.get(name) for name in PHONE}, PHONE, what="the one number as created")


@clause("DECL-42", requests=4, level="full")
def test_a_number_given_as_a_record_is_the_customers_number(api: Api, expect: Expect, profile: Profile) -> None:
    if profile.behaviour("create_customer.phone_member") not in ("phone_numbers", "both"):
        raise NotOffered("phone numbers are not given as records")
    phone = api.fresh_phone()
    records = [{"phone_number": phone, **PHONE}]
    user = api.new_customer(mobile_number=api.LEFT_OUT, phone_numbers=records)
    made = expect.success(api.create_customer({name: one for name, one in user.items() if one is not api.LEFT_OUT}))
    found = expect.success(api.lookup(phone=phone), kind=list)[0]
    expect.same_id(found["user_reference_id"], made["id"], what="customer a Lookup finds by a number given as a record")
    digits = "".join(sign for sign in str(found.get("phone") or "") if sign.isdigit())
    if "phone_numbers" in str(profile.behaviour("create_customer.attributes")).split():
        expect.equal(digits, phone, what="phone that Lookup shows of who has one number")


@clause("DECL-44", "DECL-76", offers=["any"], requests=10, level="full")
def test_a_locked_offer_is_seen_as_declared(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    locked = given.locked()
    held = locked.user_offer
    for basket in (None, locked.transaction) if profile.can("lookup_transaction") else (None,):
        shown = in_wallet(api, expect, held, basket)
        if basket is None:  # whether it is eligible for its own basket is another question
            stays = profile.behaviour("locked_offer.lookup") == "stays"
            expect.equal(shown is not None, stays, what="a locked offer stands in Lookup")
        if shown is not None:
            wanted = str(profile.behaviour("locked_offer.status")).upper()
            expect.equal(shown["status"].upper(), wanted, what="status of a locked offer in Lookup")
    other = profile.behaviour("locked_offer.other_transaction")
    if other is not None and profile.can("lookup_transaction"):
        with expect.clause("DECL-76"):
            shown = in_wallet(api, expect, held, api.transaction(user_id=held.customer.user_id))
            what = "a Lookup with another basket than the lock's shows the offer"
            expect.equal(shown is not None, other == "shown", what=what)
    told = state(api, expect, held)
    expect.equal(told.lower(), str(profile.behaviour("locked_offer.history")).lower(), what="a locked offer's history")
    listing = profile.behaviour("locked_offer.get_user_offers")
    if profile.can("get_user_offers") and listing in ("stays", "leaves"):
        there = held.user_offer_id.lower() in listed_ids(api, expect, held.customer)
        expect.equal(there, listing == "stays", what="a locked offer stands in get_user_offers")


@clause("DECL-45", customers=1, requests=12, level="full")
def test_nobody_and_nothing_are_answered_as_declared(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    customer, nobody = given.customer(), api.fresh_id()
    asked = {
        "lookup": (api.lookup(user_id=nobody), None),
        "history": (api.user_offer_history([nobody], skip=0, take=5), "results"),
    }
    if profile.can("get_user_offers"):
        asked["get_user_offers"] = (api.get_user_offers(nobody, skip=0, take=5), "user_offers")
    for name, (answered, key) in asked.items():
        declared = profile.behaviour(f"unknown_customer.{name}")
        if declared in ("error", "empty"):
            found = refused_or_empty(expect, answered, kind=dict if key else list, key=key)
            expect.equal(len(found), 0, what=f"what {name} finds of nobody", on=answered)
            refused = not is_success(answered)
            expect.equal(refused, declared == "error", what=f"{name} refuses a customer nobody knows", on=answered)
    calls: list[Callable[[int, int], Exchange]]
    calls = [lambda skip, take: api.user_offer_history([customer.user_id], skip=skip, take=take)]
    if profile.can("get_user_offers"):
        calls.append(lambda skip, take: api.get_user_offers(customer.user_id, skip=skip, take=take))
    for call in calls:
        for skip, take in ((0, 0), (0, -1), (-1, 5)):
            expect.refusal(call(skip, take), why="a page of nothing, or before the first")


@clause("DECL-46", customers=1, requests=7, level="full")
def test_media_come_back_as_created(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    offer = given.offer(media_config=MEDIA)
    fetched = expect.success(api.fetch_offer(offer.offer_id))["offer"]
    shown = [{name: one.get(name) for name in ("uri", "culture")} for one in fetched["offer_media"]]
    expect.equal(shown, MEDIA, what="media of an offer as created")
    held = given.issued(offer, given.customer())
    uri, culture = MEDIA[0]["uri"], MEDIA[0]["culture"]
    seen = in_wallet(api, expect, held)
    expect.equal(seen and seen.get("image_url"), uri, what="image_url of the offer in Lookup")
    rows = [record(api, expect, held)]
    if profile.can("get_user_offers"):
        rows += [one for one in listed(api, expect, held.customer) if held.is_it(id_of_entry(one))]
    for row in rows:
        expect.equal(row and row.get("media_uri"), uri, what="media_uri of the offer")
        expect.equal(row and row.get("media_culture"), culture, what="media_culture of the offer")
