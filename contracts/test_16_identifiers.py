"""Identifiers are data: found exactly as they are, in query, path and body, and never by one that only looks alike.

Which spellings a target takes for a new customer is its own choice: what it refuses is not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from operator import ne
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Expect, Given, Settle, clause
from offerproof.conformance.reading import balances, is_success, loyal_user, refused_or_empty, wallet
from offerproof.exchange import Exchange
from offerproof.provisioning import Customer
from offerproof.target import Profile

GUID = 36
LETTERS_OF_CHANCE = 5
"""So many different ones stand in the last twelve digits of all but one of 8,000 GUIDs drawn at random."""
"""Letters of a GUID: one of them changed is nobody's by chance."""


@dataclass(frozen=True)
class Spelled:
    """An identifier by its kind, and others that a careless target takes for it."""

    kind: str
    own: str
    alike: tuple[str, ...]


def _emails(api: Api) -> Iterator[Spelled]:
    name, _, domain = api.fresh_email().partition("@")
    plus = f"{name}+shop@{domain}"
    yield Spelled("a plus sign", plus, (f"{name}@{domain}", f"{name} shop@{domain}", f"{name}shop@{domain}"))
    name, _, domain = api.fresh_email().partition("@")
    dots = f"A.b.{name}@{domain}"
    yield Spelled("a capital letter and dots", dots, (f"Ab{name}@{domain}", f"A.b.{name}+shop@{domain}"))


def _external_ids(api: Api) -> Iterator[Spelled]:
    digits = api.minter.digits
    number = digits(9)
    yield Spelled("leading zeros", f"000{number}", (number, f"0{number}"))
    long = digits(22)
    yield Spelled("22 digits", long, (long[:-1] + str((int(long[-1]) + 1) % 10),))
    signs = digits(9)
    yield Spelled("signs", f"{signs}+a.b_c-d&e=f", (f"{signs} a.b_c-d&e=f", f"{signs}abcdef", f"{signs}+a.b_c-d"))
    coded = digits(9)
    yield Spelled("a per cent sign", f"{coded}%2Bb", (f"{coded}+b", f"{coded} b"))
    letters = f"{digits(9)}-{'x' * 44}"
    yield Spelled("55 letters", f"{letters}1", (f"{letters}2", letters))


def _created(api: Api, **attributes: Any) -> str | None:
    """The id of a customer created with these attributes; None when the target does not take them."""
    created = api.create_customer(api.new_customer(**attributes))
    user = created.answer.get("user") if is_success(created) else None
    return str(user["id"]) if isinstance(user, dict) and user.get("id") else None


def _finds(expect: Expect, asked: Exchange, user_id: str, kind: str) -> None:
    found = expect.success(asked)
    expect.same_id(found["id"], user_id, what=f"customer found by an identifier with {kind}", on=asked)


def _misses(expect: Expect, asked: Exchange, user_id: str, kind: str) -> None:
    """Refused, or somebody else's identifier, on a shared target."""
    if not is_success(asked):
        expect.refusal(asked)
        return
    what = f"an identifier that only looks like one with {kind} finds nobody, or another customer"
    expect.that(expect.success(asked)["id"].lower() != user_id.lower(), what=what, on=asked)


def _looked_up(expect: Expect, api: Api, user_id: str, one: Spelled, name: str) -> None:
    asked: dict[str, Any] = {name: one.own}
    found = expect.success(api.lookup(**asked), kind=list)
    expect.equal(len(found), 1, what=f"number of customers answered for an identifier with {one.kind}")
    what = f"customer a Lookup finds by an identifier with {one.kind}"
    expect.same_id(found[0]["user_reference_id"], user_id, what=what)
    for other in one.alike:
        asked = {name: other}
        shown = api.lookup(**asked)
        ids = [each["user_reference_id"].lower() for each in refused_or_empty(expect, shown, kind=list)]
        expect.excludes(ids, user_id.lower(), what=f"customers found by what only looks like {one.kind}", on=shown)


@clause("CUST-27", "WALLET-30", requests=20)
def test_an_email_address_is_found_with_every_sign(api: Api, expect: Expect) -> None:
    taken = [(user_id, one) for one in _emails(api) if (user_id := _created(api, email=one.own))]
    if not taken:
        expect.unknown("the target takes no e-mail address with a plus sign or a dot")
    for user_id, one in taken:
        _finds(expect, api.search_customers(email=one.own), user_id, one.kind)
        for other in one.alike:
            _misses(expect, api.search_customers(email=other), user_id, one.kind)
    with expect.clause("WALLET-30"):
        for user_id, one in taken:
            _looked_up(expect, api, user_id, one, "email")


@clause("CUST-28", "CUST-29", "WALLET-30", requests=60)
def test_an_external_id_is_found_with_every_zero_and_sign(api: Api, expect: Expect, profile: Profile) -> None:
    taken = [(user_id, one) for one in _external_ids(api) if (user_id := _created(api, external_id=one.own))]
    if not taken:
        expect.unknown("the target takes no external id of digits or signs")
    for user_id, one in taken:
        _finds(expect, api.search_customers(external_id=one.own), user_id, one.kind)
        for other in one.alike:
            _misses(expect, api.search_customers(external_id=other), user_id, one.kind)
    with expect.clause("CUST-29"):
        for user_id, one in taken if profile.can("get_customer_by_external_id") else ():
            _finds(expect, api.get_customer_by_external_id(one.own), user_id, one.kind)
            for other in one.alike:
                _misses(expect, api.get_customer_by_external_id(other), user_id, one.kind)
        expect.that(True, what="external ids in the path")
    with expect.clause("WALLET-30"):
        for user_id, one in taken:
            _looked_up(expect, api, user_id, one, "external_customer_id")


@clause("CUST-28", "WALLET-30", requests=6)
def test_external_ids_that_differ_in_letter_case_are_two(api: Api, expect: Expect) -> None:
    digits = api.minter.digits(9)
    names = (f"{digits}abc", f"{digits}ABC")
    ids = [_created(api, external_id=name) for name in names]
    if not all(ids) or ids[0] == ids[1]:
        expect.that(True, what="the target takes such ids for one, and refuses the second")
        return
    for name, user_id in zip(names, ids, strict=True):
        _finds(expect, api.search_customers(external_id=name), str(user_id), "letters in this case")
    with expect.clause("WALLET-30"):
        for name, user_id in zip(names, ids, strict=True):
            _looked_up(expect, api, str(user_id), Spelled("letters in this case", name, ()), "external_customer_id")


@clause("WALLET-20", "CUST-26", customers=1, requests=3)
def test_a_number_that_ends_alike_is_another_number(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    if not customer.phone or len(customer.phone) < 9:
        expect.unknown("no customer whose whole mobile number is known")
    other = ("3" if customer.phone[0] != "3" else "4") + customer.phone[1:]
    with expect.clause("CUST-26"):
        _misses(expect, api.search_customers(mobile_number=other), customer.user_id, "the same end")
    asked = api.lookup(phone=other)
    ids = [one["user_reference_id"].lower() for one in refused_or_empty(expect, asked, kind=list)]
    expect.excludes(ids, customer.user_id.lower(), what="customers found by a number that ends alike", on=asked)


def _nearly(identifier: str) -> str:
    """The id with its last letter changed. Its neighbour may be somebody's where ids are counted or written by hand: of
    one that does not look drawn at random no other takes the place, but a letter that no id ends in."""
    if len(identifier) != GUID or len(set(identifier[-12:].lower())) < LETTERS_OF_CHANCE:
        return identifier[:-1] + "~"
    return identifier[:-1] + ("0" if identifier[-1] != "0" else "1")


@clause(
    *("LOCK-16", "LOCK-21", "REDEEM-15", "REDEEM-22", "ISSUE-12"),
    *("WALLET-18", "HIST-11", "CUST-18", "FETCH-17"),
    offers=["any"],
    requests=12,
)
def test_an_id_that_differs_in_its_last_letter_is_nobodys(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    held = given.user_offer()
    code, user_id = _nearly(held.user_offer_id), _nearly(held.customer.user_id)
    basket = api.transaction(user_id=held.customer.user_id)
    expect.refusal(api.lock(code, basket))
    api.lock(held.user_offer_id, basket)  # so that there is something to unlock
    asks: dict[str, tuple[str, Callable[[], Exchange]]] = {
        "LOCK-21": ("unlock", lambda: api.unlock(code)),
        "REDEEM-15": ("redeem", lambda: api.redeem(code, basket)),
        "ISSUE-12": ("revoke", lambda: api.revoke_offer(code)),
        "CUST-18": ("get_customer", lambda: api.get_customer(user_id)),
    }
    for name, (capability, ask) in asks.items():
        with expect.clause(name):
            if profile.can(capability):
                expect.refusal(ask())
    with expect.clause("REDEEM-22"):
        if profile.can("redeem") and profile.can("reinstate"):
            api.redeem(held.user_offer_id, basket)  # so that there is something to reinstate
            expect.refusal(api.reinstate(code))
    with expect.clause("WALLET-18"):
        found = refused_or_empty(expect, api.lookup(user_id=user_id), kind=list)
        expect.equal(len(found), 0, what="number of customers answered for an id that differs in one letter")
    with expect.clause("HIST-11"):
        rows = refused_or_empty(expect, api.user_offer_history([user_id], skip=0, take=10), key="results")
        expect.equal(len(rows), 0, what="records of an id that differs in one letter")
    with expect.clause("FETCH-17"):
        offer_id = held.offer_id or api.fresh_id()
        expect.refusal(api.fetch_offer(_nearly(offer_id)))


def _transaction_ids(api: Api) -> Iterator[tuple[str, str]]:
    """Pairs of ids that are two transactions: of zeros, of one more digit, of a long and equal beginning."""
    number = api.minter.digits(9)
    yield f"00{number}", number
    number = api.minter.digits(9)
    yield number, f"{number}1"
    long = f"{api.fresh_id()}-{api.minter.digits(8)}"
    yield f"{long}-1", f"{long}-2"


@clause("LOCK-39", offers=["any", "any", "any"], requests=15)
def test_a_transaction_is_known_by_its_whole_id(api: Api, given: Given, expect: Expect) -> None:
    taken = 0
    for own, other in _transaction_ids(api):
        held = given.user_offer()
        user_id = held.customer.user_id
        holder, rival = (api.transaction(user_id=user_id, transaction_id=name) for name in (own, other))
        if not is_success(api.lock(held.user_offer_id, holder)):
            continue  # which ids a target takes is its own business
        taken += 1
        expect.refusal(api.lock(held.user_offer_id, rival), why="another transaction, whose id looks alike, holds it")
        again = expect.success(api.lock(held.user_offer_id, holder))
        expect.equal(again["status"].upper(), "LOCKED", what="status of the discount, locked again")
    if not taken:
        expect.unknown("the target took no such transaction id")


@clause("POINTS-19", customers=3, requests=24)
def test_purchases_whose_ids_look_alike_earn_both(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    for pair in _transaction_ids(api):
        customer = given.customer()
        total = partial(_total, api, expect, customer)
        totals = [total()]
        for name in pair:
            bought = api.transaction(user_id=customer.user_id, transaction_id=name, is_closed="true")
            if not is_success(api.send_transaction(bought)):
                expect.unknown("the target did not take the purchase")
            totals.append(settle(total, partial(ne, totals[-1])))
        expect.that(
            totals[1] > totals[0], what="a purchase earns", observed=totals[1] - totals[0], expected="more than 0"
        )
        what = "a purchase whose transaction_id looks like an earlier one's earns, too"
        expect.that(totals[2] > totals[1], what=what, expected="more than 0", observed=totals[2] - totals[1])


@clause("POINTS-17", requests=10, needs=("create_customer",))
def test_a_payer_is_known_by_the_whole_external_id(api: Api, expect: Expect, settle: Settle) -> None:
    number = api.minter.digits(9)
    people = []
    for name in (f"00{number}", number):
        asked = api.new_customer(external_id=name)
        created = api.create_customer(asked)
        if not is_success(created):
            expect.unknown("the target takes no external id with leading zeros")
        people.append(Customer(expect.success(created)["id"], name, asked["email"], None))
    payer, other = people
    had, other_had = (_total(api, expect, one) for one in people)
    basket = api.transaction(user_id=payer.user_id, is_closed="true")
    basket["payments"][0] |= {"user_id": payer.external_id, "user_id_type": "External_ID"}
    if not is_success(api.send_transaction(basket)):
        expect.unknown("the target did not take the purchase")
    now = settle(lambda: _total(api, expect, payer), lambda total: total != had)
    what = "points of a payer whose external id begins with zeros"
    expect.that(now > had, what=what, expected=f"more than {had}", observed=now)
    expect.equal(_total(api, expect, other), other_had, what="points of the one whose external id looks alike")


def _total(api: Api, expect: Expect, customer: Customer) -> Any:
    return balances(loyal_user(api, expect, customer)).total


@clause("LOCK-6", "WALLET-13", offers=["any"], requests=5)
def test_discounted_lines_keep_their_ids(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    held = given.user_offer()
    names = ("01", "70", "A-07.b")
    lines = [line | {"line_id": name} for line, name in zip(api.items("5.00", "7.00", "9.00"), names, strict=True)]
    basket = api.transaction(items=lines, user_id=held.customer.user_id)
    with expect.clause("WALLET-13"):
        if profile.can("lookup_transaction"):
            for line in [
                line for one in wallet(api, expect, held.customer, basket) for line in one["discounted_line_ids"]
            ]:
                expect.one_of(line, names, what="discounted line, of the basket's lines as they are spelled")
    discount = expect.success(api.lock(held.user_offer_id, basket))
    for line in discount["discounted_line_ids"]:
        expect.one_of(line, names, what="discounted line, of the basket's lines as they are spelled")
