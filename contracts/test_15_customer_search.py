"""Customer search: found by each identifier, with each flag, and never by anything else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import ne
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Customer, Expect, Given, Purchases, Settle, clause
from offerproof.conformance.comparing import in_any_order
from offerproof.conformance.reading import balances, is_success
from offerproof.exchange import Exchange
from offerproof.target import Profile

FLAGS = ("user_profile", "expand_incentives", "show_identifiers")
ADDED = ("user_profile", "tier_details", "identifiers")
DESCRIBED = {
    *("external_id", "email", "available_points", "tier", "tier_system", "tier_points", "next_tier_points"),
    *("tier_ends_value", "tier_entered_at", "tier_resets_at"),
}
"""Attributes of the user object that the documents describe; ids are judged by themselves."""
PERSON = {
    **{"gender": "f", "dob": "1990-02-28", "address": "12 Harbour Road", "address2": "Flat 7", "city": "Boston"},
    **{"zip": "02210", "state": "MA", "country": "USA"},
}
"""Attributes that the printed user object has, as a customer may be created with them."""
OWN = {"id": None, "updated_at": None}
"""What is judged by itself, and what moves by itself."""
CODES = (
    *("internal_server_error", "https_only", "invalid_auth_token", "user_not_found", "invalid_api_key"),
    *("requires_registered_user", "missing_data", "validation", "access_denied", "not_available", "not_found"),
    "argument_error",
)
"""The documented error codes of the core service."""


def _fresh_number(api: Api) -> str:
    """A number in E.164's length under a country code nobody has."""
    return "999" + f"{int(api.fresh_id().replace('-', ''), 16) % 10**12:012}"


def _flag_query(customer: Customer, value: str) -> dict[str, str]:
    flags = {"user[user_profile]": value, "expand_incentives": value, "show_identifiers": value}
    return {**customer.identifier, **flags}


@clause("CUST-1", "CUST-2", "CUST-3", "CUST-4", customers=1, requests=3)
def test_the_customer_is_found_by_each_identifier(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    if not (customer.email and customer.external_id and customer.phone):
        expect.unknown("no customer whose e-mail address, external id and mobile number are all known")
    searches: dict[str, dict[str, Any]] = {
        "CUST-1": {"email": customer.email},
        "CUST-2": {"external_id": customer.external_id},
        "CUST-3": {"mobile_number": customer.phone},
    }
    asked = {clause_id: api.search_customers(**identifier) for clause_id, identifier in searches.items()}
    for clause_id, answered in asked.items():
        with expect.clause(clause_id):
            found = expect.success(answered)
            expect.same_id(found["id"], customer.user_id, what="id of the customer found", on=answered)
    with expect.clause("CUST-4"):
        found = expect.success(asked["CUST-1"])
        expect.equal(found["external_id"], customer.external_id, what="external_id of the customer found")
        expect.equal(
            str(found["email"]).lower(), str(customer.email).lower(), what="e-mail address of the customer found"
        )


@clause("CUST-5", "CUST-6", "CUST-7", "CUST-11", "CUST-12", "CUST-13", customers=1, requests=5)
def test_without_a_flag_its_member_is_absent(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    plain_search = api.search_customers(**customer.identifier)
    plain = expect.success(plain_search)
    for clause_id, added in zip(("CUST-5", "CUST-6", "CUST-7"), ADDED, strict=True):
        with expect.clause(clause_id):
            expect.absent(plain, added, on=plain_search)
    full = expect.success(api.send("search_customers", None, query=_flag_query(customer, "true")))
    with expect.clause("CUST-11"):
        for added in ADDED:
            expect.present(full, added)
    with expect.clause("CUST-12"):
        without, with_flags = in_any_order(dict(plain)), in_any_order(dict(full))
        if any(with_flags.get(key) != without[key] for key in without):  # what moves by itself is no flag's doing
            again = in_any_order(dict(expect.success(api.search_customers(**customer.identifier))))
            without = {key: value for key, value in without.items() if again.get(key) == value}
        for key, value in without.items():
            expect.equal(with_flags.get(key), value, what=f"{key} with all flags, beside {key} without")
    with expect.clause("CUST-13"):
        off = expect.success(api.send("search_customers", None, query=_flag_query(customer, "false")))
        for added in ADDED:
            expect.absent(off, added)


@clause("CUST-8", "CUST-9", "CUST-10", customers=1, requests=4)
def test_each_flag_adds_its_member_and_only_that(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    for clause_id, flag, added in zip(("CUST-8", "CUST-9", "CUST-10"), FLAGS, ADDED, strict=True):
        with expect.clause(clause_id):
            found = expect.success(api.search_customers(**{**customer.identifier, flag: True}))
            expect.present(found, added)
            for other in ADDED:
                if other != added:
                    expect.absent(found, other)
            if flag == "expand_incentives":
                expect.present(found["tier_details"], "tier_levels")
                expect.present(found["tier_details"], "point_account_balances")
            if flag == "show_identifiers" and customer.external_id:
                shown = [identifier["external_id"] for identifier in found["identifiers"]]
                expect.contains(shown, customer.external_id, what="external ids among the identifiers")


@clause("CUST-14", requests=3)
def test_an_identifier_nobody_has_answers_user_not_found(api: Api, expect: Expect) -> None:
    nobody: tuple[dict[str, Any], ...] = (
        {"email": api.fresh_email()},
        {"external_id": api.fresh_id()},
        {"mobile_number": _fresh_number(api)},
    )
    for identifier in nobody:
        errors = expect.refusal(api.search_customers(**identifier))
        expect.equal(errors["code"], "user_not_found", what=f"error code for an unknown {next(iter(identifier))}")


@clause("CUST-15", "CUST-32", customers=1, requests=5)
def test_a_search_without_an_identifier_is_refused(api: Api, given: Given, expect: Expect) -> None:
    given.customer()  # somebody who could be found by mistake
    for query in ({}, {"email": ""}, {"external_id": ""}, {"mobile_number": ""}):
        errors = expect.refusal(api.send("search_customers", None, query=query))
        with expect.clause("CUST-32"):
            expect.one_of(str(errors["code"]), CODES, what="error code of a search for nobody")


@clause("CUST-16", "CUST-18", "CUST-30", "CUST-31", "CUST-32", customers=1, requests=4, needs=("get_customer",))
def test_the_customer_is_found_under_the_sessionm_id(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    found = expect.success(api.get_customer(customer.user_id))
    expect.same_id(found["id"], customer.user_id, what="id of the customer under that path")
    _judge_as_found(api, expect, customer, lambda: api.get_customer(customer.user_id))
    with expect.clause("CUST-18"):
        _judge_code(expect, expect.refusal(api.get_customer(api.fresh_id())))


@clause(
    *("CUST-17", "CUST-18", "CUST-30", "CUST-31", "CUST-32"),
    customers=1,
    requests=4,
    needs=("get_customer_by_external_id",),
)
def test_the_customer_is_found_under_the_external_id(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    if not customer.external_id:
        expect.unknown("no customer whose external id is known")
    found = expect.success(api.get_customer_by_external_id(str(customer.external_id)))
    expect.same_id(found["id"], customer.user_id, what="id of the customer under that path")
    _judge_as_found(api, expect, customer, lambda: api.get_customer_by_external_id(str(customer.external_id)))
    with expect.clause("CUST-18"):
        _judge_code(expect, expect.refusal(api.get_customer_by_external_id(api.fresh_id())))


def _judge_code(expect: Expect, errors: Any) -> None:
    with expect.clause("CUST-32"):
        expect.one_of(str(errors["code"]), CODES, what="error code of an id in the path that nobody has")


def _judge_as_found(api: Api, expect: Expect, customer: Customer, ask: Callable[[], Exchange]) -> None:
    """Judge what a path shows of a customer beside the search; what has moved between the two is read once more."""
    if not customer.searchable:
        return
    differing: dict[str, tuple[Any, Any]] = {}
    for _ in range(2):
        pair = (ask(), api.search_customers(**customer.identifier))
        shown, searched = ({**in_any_order(dict(expect.success(one))), **OWN} for one in pair)
        both = {name: (value, searched.get(name)) for name, value in shown.items()}  # what is empty may be left out
        differing = {name: two for name, two in both.items() if None not in two and "" not in two and two[0] != two[1]}
        if not differing:
            break
    for clause_id, names in (("CUST-30", DESCRIBED & differing.keys()), ("CUST-31", differing.keys() - DESCRIBED)):
        with expect.clause(clause_id):
            for name in sorted(names):
                value, beside = differing[name]
                expect.equal(value, beside, what=f"{name} of the customer under the path, beside the search")
            expect.that(True, what="attributes of the customer under the path, beside the search")


@clause("CUST-34", customers=1, requests=24)
def test_what_was_earned_shows_by_every_identifier(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    customer = given.customer()
    known = {"email": customer.email, "external_id": customer.external_id, "mobile_number": customer.phone}
    ways: dict[str, Callable[[], Exchange]] = {
        name: partial(api.send, "search_customers", None, query={name: value, "expand_incentives": "true"})
        for name, value in known.items()
        if value
    }
    if profile.can("get_customer"):
        ways["SessionM id in the path"] = partial(api.get_customer, customer.user_id, expand_incentives=True)
    if profile.can("get_customer_by_external_id") and customer.external_id:
        ways["external id in the path"] = partial(
            api.get_customer_by_external_id, customer.external_id, expand_incentives=True
        )

    def total(read: Callable[[], Exchange]) -> Any:
        return balances(expect.success(read())).total

    had = {name: total(read) for name, read in ways.items()}
    till = Purchases(api, expect, settle, customer)
    if not till.earned("50.00").total:
        expect.unknown("the purchase earned nothing")
    for name, read in ways.items():
        now = settle(partial(total, read), partial(ne, had[name]))
        what = f"total_points by {name} after a purchase"
        expect.that(now > had[name], what=what, expected=f"more than {had[name]}", observed=now)


@clause("CUST-19", "CUST-25", "CUST-26", customers=1, requests=6)
def test_a_search_for_a_part_of_an_identifier_does_not_find_the_customer(
    api: Api, given: Given, expect: Expect
) -> None:
    customer = given.customer()
    parts: dict[str, list[dict[str, Any]]] = {"CUST-19": [], "CUST-25": [], "CUST-26": []}
    if customer.email:
        parts["CUST-19"] = [{"email": customer.email[1:]}, {"email": customer.email[:-1]}]
    if customer.external_id:
        parts["CUST-25"] = [{"external_id": customer.external_id[1:]}, {"external_id": customer.external_id[:-1]}]
    if customer.phone:
        parts["CUST-26"] = [{"mobile_number": customer.phone[-6:]}]
    for clause_id, searches in parts.items():
        with expect.clause(clause_id):
            if not searches:
                expect.unknown("no customer whose e-mail address, external id and mobile number are all known")
            for part in searches:
                what = f"a part of the {next(iter(part))}"
                _finds_somebody_else(expect, api.search_customers(**part), customer, what)


def _finds_somebody_else(expect: Expect, searched: Exchange, customer: Customer, part: str) -> None:
    """Refused, or somebody else's identifier, on a shared target."""
    if is_success(searched):
        other = expect.success(searched)["id"].lower() != customer.user_id.lower()
        expect.that(other, what=f"{part} finds nobody, or another customer", on=searched)
    else:
        expect.refusal(searched)


@clause("CUST-20", "CUST-21", "CUST-22", "CUST-31", "CUST-33", requests=3)
def test_a_created_customer_has_an_id_and_is_found(api: Api, expect: Expect) -> None:
    names = {"first_name": "Zoë-Ünïcode", "last_name": "Łast 姓 🙂"}
    user = api.new_customer(**names, **PERSON)
    made = api.create_customer(user)
    if not is_success(made):  # what beyond names and identifiers a target takes is its own business
        user = api.new_customer(**names)
        made = api.create_customer(user)
    created = expect.success(made)
    expect.that(created["id"], what="a created customer has an id")
    asked = api.search_customers(email=user["email"])
    with expect.clause("CUST-21"):
        found = expect.success(asked)
        expect.same_id(found["id"], created["id"], what="id of the customer found by the e-mail address given")
    with expect.clause("CUST-22"):
        found = expect.success(asked)
        expect.equal(found["first_name"], "Zoë-Ünïcode", what="first_name as it was given")
        expect.equal(found["last_name"], "Łast 姓 🙂", what="last_name as it was given")
    with expect.clause("CUST-31"):
        found = expect.success(asked)
        for name in ("email", "external_id", "first_name", "last_name", "opted_in"):
            if name in created and created[name] is not None:
                shown, beside = (str(one.get(name)).casefold() for one in (created, found))
                expect.equal(shown, beside, what=f"{name} in the answer to creating, beside the search")
    with expect.clause("CUST-33"):
        found = expect.success(asked)
        for name in PERSON.keys() & user.keys():
            if found.get(name):
                shown, given = str(found[name]).casefold(), user[name].casefold()
                expect.equal(shown, given, what=f"{name} as the customer was created with")
        expect.that(True, what="a customer was created with an address")
