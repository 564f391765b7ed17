"""Customer search: found by each identifier, with each flag, and never by anything else."""

from __future__ import annotations

from typing import Any

from offerproof.client import Api
from offerproof.conformance import Customer, Expect, Given, clause
from offerproof.conformance.comparing import in_any_order
from offerproof.conformance.reading import is_success
from offerproof.exchange import Exchange

FLAGS = ("user_profile", "expand_incentives", "show_identifiers")
ADDED = ("user_profile", "tier_details", "identifiers")


def _fresh_number(api: Api) -> str:
    """A number in E.164's length under a country code nobody has."""
    return "999" + f"{int(api.fresh_id().replace('-', ''), 16) % 10**12:012}"


def _flag_query(customer: Customer, value: str) -> dict[str, str]:
    flags = {"user[user_profile]": value, "expand_incentives": value, "show_identifiers": value}
    return {**customer.identifier, **flags}


@clause("CUST-1", "CUST-2", "CUST-3", "CUST-4", customers=1, requests=4)
def test_the_customer_is_found_by_each_identifier(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    if not (customer.email and customer.external_id and customer.phone):
        expect.unknown("no customer whose e-mail address, external id and mobile number are all known")
    searches: dict[str, dict[str, Any]] = {
        "CUST-1": {"email": customer.email},
        "CUST-2": {"external_id": customer.external_id},
        "CUST-3": {"mobile_number": customer.phone},
    }
    for clause_id, identifier in searches.items():
        with expect.clause(clause_id):
            found = expect.success(api.search_customers(**identifier))
            expect.same_id(found["id"], customer.user_id, what="id of the customer found")
    with expect.clause("CUST-4"):
        found = expect.success(api.search_customers(**customer.identifier))
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


@clause("CUST-15", customers=1, requests=5)
def test_a_search_without_an_identifier_is_refused(api: Api, given: Given, expect: Expect) -> None:
    given.customer()  # somebody who could be found by mistake
    for query in ({}, {"email": ""}, {"external_id": ""}, {"mobile_number": ""}):
        expect.refusal(api.send("search_customers", None, query=query))


@clause("CUST-16", "CUST-18", customers=1, requests=3)
def test_the_customer_is_found_under_the_sessionm_id(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    found = expect.success(api.get_customer(customer.user_id))
    expect.same_id(found["id"], customer.user_id, what="id of the customer under that path")
    with expect.clause("CUST-18"):
        expect.refusal(api.get_customer(api.fresh_id()))


@clause("CUST-17", "CUST-18", customers=1, requests=3)
def test_the_customer_is_found_under_the_external_id(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    if not customer.external_id:
        expect.unknown("no customer whose external id is known")
    found = expect.success(api.get_customer_by_external_id(str(customer.external_id)))
    expect.same_id(found["id"], customer.user_id, what="id of the customer under that path")
    with expect.clause("CUST-18"):
        expect.refusal(api.get_customer_by_external_id(api.fresh_id()))


@clause("CUST-19", customers=1, requests=2)
def test_a_part_of_an_email_address_does_not_find_the_customer(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    if not customer.email:
        expect.unknown("no customer whose e-mail address is known")
    for part in (str(customer.email)[1:], str(customer.email)[:-1]):
        searched = api.search_customers(email=part)
        if not is_success(searched):
            expect.refusal(searched)
            continue
        found = expect.success(searched)  # somebody else's address, on a shared target
        expect.that(
            found["id"].lower() != customer.user_id.lower(), what="a part of the address finds another customer"
        )


@clause("CUST-25", customers=1, requests=3)
def test_a_part_of_an_external_id_does_not_find_the_customer(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    if not customer.external_id:
        expect.unknown("no customer whose external id is known")
    for part in (customer.external_id[1:], customer.external_id[:-1]):
        _finds_somebody_else(expect, api.search_customers(external_id=part), customer, "a part of the external id")


@clause("CUST-26", customers=1, requests=2)
def test_the_end_of_a_mobile_number_does_not_find_the_customer(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    if not customer.phone:
        expect.unknown("no customer whose mobile number is known")
    asked = api.search_customers(mobile_number=customer.phone[-6:])
    _finds_somebody_else(expect, asked, customer, "the end of the mobile number")


def _finds_somebody_else(expect: Expect, searched: Exchange, customer: Customer, part: str) -> None:
    """Refused, or somebody else's identifier, on a shared target."""
    if is_success(searched):
        other = expect.success(searched)["id"].lower() != customer.user_id.lower()
        expect.that(other, what=f"{part} finds nobody, or another customer", on=searched)
    else:
        expect.refusal(searched)


@clause("CUST-20", "CUST-21", "CUST-22", requests=2)
def test_a_created_customer_has_an_id_and_is_found(api: Api, expect: Expect) -> None:
    user = api.new_customer(first_name="Zoë-Ünïcode", last_name="Łast 姓 🙂")
    email = user["email"]
    created = expect.success(api.create_customer(user))
    expect.that(created["id"], what="a created customer has an id")
    with expect.clause("CUST-21"):
        found = expect.success(api.search_customers(email=email))
        expect.same_id(found["id"], created["id"], what="id of the customer found by the e-mail address given")
    with expect.clause("CUST-22"):
        found = expect.success(api.search_customers(email=email))
        expect.equal(found["first_name"], "Zoë-Ünïcode", what="first_name as it was given")
        expect.equal(found["last_name"], "Łast 姓 🙂", what="last_name as it was given")
