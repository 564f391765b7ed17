"""Routing, methods, spellings, and the shape of every kind of answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from offerproof.judgement import shapes
from offerproof.simulator.answers import Service

CORE = "/priv/v1/apps/test-api-key"
RETAILER = "2d5b5a08-becd-4837-a69a-2ab967c7773a"
NOBODY = "00000000-0000-4000-8000-00000000dead"
PLAIN_OFFER = {"offer_type": "manual_fulfillment", "text_config": [{"title": "T", "culture": "en"}]}


@pytest.mark.parametrize(
    "path",
    [
        "/api/2.0/Lock",
        "/api/2.0/lock",
        "/API/2.0/LOCK",
        "/api/2.0/offers/redemption/lock",
        "/api/2.0/Offers/Redemption/Lock",
        "/cloudpos/api/2.0/lock",
        "/api/2.0/Lock?trace=1",
        "http://test:80/api/2.0/Lock",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_lock_is_served_on_every_spelling_by_post_and_patch(till, wallet, path, method):
    _, code = wallet
    answer = till.ok(method, path, till.lock_body(code), service=Service.CLOUDPOS)
    assert answer["payload"]["status"] == "LOCKED"
    assert answer["payload"]["amount"] == 5


@pytest.mark.parametrize("path", ["/api/2.0/Lookup", "/api/2.0/lookup", "/api/2.0/offers/get_user_offers"])
def test_lookup_is_served_on_every_spelling(till, wallet, path):
    answer = till.ok("POST", path, till.container({"external_customer_id": "x-first"}), service=Service.CLOUDPOS)
    assert answer["status"] == "success"
    assert [one["reference_id"] for one in answer["payload"][0]["offers"]] == [wallet[1]]


@pytest.mark.parametrize("path", ["/api/2.0/send_transaction", "/api/2.0/offers/send_transaction"])
def test_a_transaction_is_taken_on_both_spellings(till, wallet, path):
    user, code = wallet
    discount = till.lock(code)[1]["payload"]
    assert till.ok("POST", path, till.send_body(user, discount)) == {"status": "OK", "payload": None, "errors": None}
    assert till.history(user) == {code: "Redeemed"}


def test_the_shared_path_takes_either_pair_and_checks_again_by_the_body(till, wallet):
    path = "/api/2.0/offers/get_user_offers"
    flat = {"retailer_id": RETAILER, "user_id": wallet[0]}
    container = till.container({"external_customer_id": "x-first"})
    assert till.call("POST", path, flat, service=Service.OFFERS)[0] == 200
    assert till.call("POST", path, container, service=Service.CLOUDPOS)[0] == 200
    assert till.call("POST", path, flat, service=Service.CLOUDPOS)[0] == 401
    assert till.call("POST", path, container, service=Service.OFFERS)[0] == 401
    assert till.call("POST", path, flat, service=Service.CORE)[0] == 401


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (f"{CORE}/users/search?email=first%40example.com", True),
        (f"{CORE}/users/search?external_id=x-first", True),
        (f"{CORE.upper().replace('TEST-API-KEY', 'test-api-key')}/USERS/SEARCH?external_id=x-first", True),
        (f"{CORE}/external/users/x-first", True),
        (f"/core{CORE}/external/users/x-first", True),
        (f"{CORE}/users/{NOBODY}", False),
        (f"{CORE}/users/search?email=first%40example", False),
    ],
)
def test_customers_are_found_by_each_identifier(till, wallet, path, found):
    status, answer = till.call("GET", path, service=Service.CORE)
    assert (status == 200) is found
    if found:
        assert answer["user"]["id"] == wallet[0]
    else:
        assert answer["errors"]["code"] == "user_not_found"


@pytest.mark.parametrize(
    ("flag", "member"),
    [
        ("user[user_profile]=true", "user_profile"),
        ("user%5Buser_profile%5D=True", "user_profile"),
        ("expand_incentives=true", "tier_details"),
        ("show_identifiers=true", "identifiers"),
    ],
)
def test_a_flag_adds_its_member_and_nothing_else(till, wallet, flag, member):
    bare = till.ok("GET", f"{CORE}/users/search?external_id=x-first")["user"]
    flagged = till.ok("GET", f"{CORE}/users/search?external_id=x-first&{flag}")["user"]
    assert set(flagged) - set(bare) == {member}
    assert {name: flagged[name] for name in bare} == bare


def test_a_port_for_one_service_serves_that_service_only(app, till, wallet):
    headers = {b"authorization": app.auth.keys.cloudpos.header(), b"content-type": b"application/json"}
    body = json.dumps(till.container({"external_customer_id": "x-first"})).encode()
    for path, only, status in (
        (b"/api/2.0/Lookup", Service.CLOUDPOS, 200),
        (b"/api/2.0/offers/get_user_offers", Service.CLOUDPOS, 200),
        (b"/api/2.0/Lookup", Service.OFFERS, 404),
        (b"/api/2.0/offers/get_user_offers", Service.CORE, 404),
    ):
        assert app.handle(b"POST", path, headers, body, only).status == status


def test_a_prefix_limits_to_its_service(till):
    assert till.call("POST", "/offers/api/2.0/Lookup", {})[0] == 404
    assert till.call("POST", "/cloudpos/api/2.0/offers/fetch_offer", {})[0] == 404


def _every_answer(till: Any) -> list[tuple[str, tuple[int, Any]]]:
    """One success and one refusal of every call."""
    user = till.customer("second")
    offer = till.offer("percent_item_discount")
    codes = [till.issue(user, offer) for _ in range(4)]
    till.lock(codes[2], "t-8")
    flags = "user[user_profile]=true&expand_incentives=true&show_identifiers=true"
    discount = till.lock(codes[0], "t-9")[1]["payload"]
    mine = {"retailer_id": RETAILER}
    basket = till.send_body(user, None, "t-5")["request_payload"]
    pos = "/api/2.0"
    offers = "/api/2.0/offers"
    return [
        ("search_customers", till.call("GET", f"{CORE}/users/search?external_id=x-second&{flags}")),
        ("search_customers", till.call("GET", f"{CORE}/users/search?external_id=nobody")),
        ("search_customers", till.call("GET", f"{CORE}/users/search")),
        ("get_customer", till.call("GET", f"{CORE}/users/{user}?{flags}")),
        ("get_customer", till.call("GET", f"{CORE}/users/{NOBODY}")),
        ("get_customer_by_external_id", till.call("GET", f"{CORE}/external/users/x-second")),
        ("get_customer_by_external_id", till.call("GET", f"{CORE}/external/users/nobody")),
        ("create_customer", till.call("POST", f"{CORE}/users", {"user": {"email": "new@example.com"}})),
        ("create_customer", till.call("POST", f"{CORE}/users", {"user": {"email": "new@example.com"}})),
        ("create_offer", till.call("POST", f"{offers}/management/create", {**mine, **PLAIN_OFFER})),
        ("create_offer", till.call("POST", f"{offers}/management/create", {**mine, **PLAIN_OFFER, "offer_type": "x"})),
        ("fetch_offer", till.call("POST", f"{offers}/fetch_offer", {**mine, "offer_id": offer, "culture": "en-us"})),
        ("fetch_offer", till.call("POST", f"{offers}/fetch_offer", {**mine, "offer_id": NOBODY})),
        ("issue_offer", till.call("POST", f"{offers}/acquisition/issue", {**mine, "offer_id": offer, "user_id": user})),
        (
            "issue_offer",
            till.call("POST", f"{offers}/acquisition/issue", {**mine, "offer_id": offer, "user_id": NOBODY}),
        ),
        ("revoke_offer", till.call("POST", f"{offers}/acquisition/revoke", {**mine, "user_offer_id": codes[3]})),
        ("revoke_offer", till.call("POST", f"{offers}/acquisition/revoke", {**mine, "user_offer_id": codes[3]})),
        ("get_user_offers", till.call("POST", f"{offers}/get_user_offers", {**mine, "user_id": user, "take": "2"})),
        ("get_user_offers", till.call("POST", f"{offers}/get_user_offers", {**mine, "user_id": user, "take": 0})),
        ("lookup", till.call("POST", f"{pos}/Lookup", till.container({"email": "second@example.com"}))),
        ("lookup", till.call("POST", f"{pos}/Lookup", till.container({"user_id": user, "transaction": basket}))),
        ("lookup", till.call("POST", f"{pos}/Lookup", till.container({"phone": "000"}))),
        ("lock", till.call("POST", f"{pos}/Lock", till.lock_body(codes[0], "t-9"))),
        ("lock", till.call("POST", f"{pos}/Lock", till.lock_body(codes[0], "t-rival"))),
        ("send_transaction", till.call("POST", f"{pos}/send_transaction", till.send_body(user, discount, "t-9"))),
        ("send_transaction", till.call("POST", f"{pos}/send_transaction", till.container({"items": []}))),
        ("user_offer_history", till.call("POST", f"{offers}/user_offer_history", {**mine, "user_ids": [user]})),
        ("user_offer_history", till.call("POST", f"{offers}/user_offer_history", {**mine, "user_ids": ["x"]})),
        ("redeem", till.call("POST", f"{pos}/redeem", till.lock_body(codes[1], "t-2"))),
        ("redeem", till.call("POST", f"{pos}/redeem", till.lock_body(codes[1], "t-3"))),
        ("reinstate", till.call("POST", f"{pos}/reinstate", till.container({"user_offer_id": codes[1]}))),
        ("reinstate", till.call("POST", f"{pos}/reinstate", till.container({"user_offer_id": codes[1]}))),
        ("unlock", till.call("POST", f"{pos}/unlock", till.container({"user_offer_id": codes[1]}))),
        ("unlock", till.call("POST", f"{pos}/unlock", till.container({"user_offer_id": codes[2]}))),
    ]


def test_every_kind_of_answer_has_the_documented_shape(till):
    answers = _every_answer(till)
    assert {name for name, _ in answers} == shapes.operations()
    for wanted in (True, False):
        assert {name for name, (status, _) in answers if (status == 200) is wanted} == shapes.operations()
    for operation, (status, answer) in answers:
        assert shapes.check(operation, answer, status) == [], (operation, status, answer)


def test_refusals_under_status_200_keep_the_envelope(make_app, make_till, program_with):
    till = make_till(make_app(program=program_with(added='\n[http]\nrefusals = "200"\n')))
    for operation, (status, answer) in _every_answer(till):
        assert status == 200, (operation, answer)
        assert shapes.check(operation, answer, status) == []


def test_what_was_created_is_fetched_back(till):
    offer = till.offer()
    shown = till.ok("POST", "/api/2.0/offers/fetch_offer", {"retailer_id": RETAILER.upper(), "offer_id": offer.upper()})
    shown = shown["payload"]["offer"]
    assert shown["id"] == shown["root_offer_id"] == offer
    assert shown["retailer_id"] == RETAILER
    assert shown["title"] == "Five off"
    assert shown["acquisition_start_date"] == shown["start_date"] == "2018-03-01T00:00:00Z"
    assert shown["acquisition_end_date"] == "2019-03-31T23:59:00Z"
    assert shown["custom_data"] == '{"a":"b"}'
    assert (shown["validity_period"], shown["validity_unit"]) == (1, "years")
    assert shown["status"] == 1


def test_a_customer_named_twice_in_a_history_is_listed_once(till, wallet):
    document = {"retailer_id": RETAILER, "user_ids": [wallet[0], wallet[0].upper(), NOBODY]}
    answer = till.ok("POST", "/api/2.0/offers/user_offer_history", document)
    assert (answer["payload"]["total_records"], len(answer["payload"]["results"])) == (1, 1)


def test_a_bought_basket_goes_through_escrow_into_tier_and_identities_hold(till, wallet):
    user, _ = wallet
    big = [{"line_id": "0", "item_id": "1", "quantity": "1", "unit_price": "2500"}]
    till.ok("POST", "/api/2.0/send_transaction", till.send_body(user, None, "t-big", items=big))
    till.control("POST", "clock", {"advance": 30 * 86400})
    shown = till.ok("GET", f"{CORE}/users/{user}?expand_incentives=true")["user"]
    balances = shown["tier_details"]["point_account_balances"]
    leaf = shown["tier_details"]["tier_levels"][0]["tier_progress"][0]["rules"][0]
    assert (shown["tier"], shown["tier_points"], shown["next_tier_points"]) == ("SILVER", 2500, 7500)
    assert balances["summary"]["total_points"] == sum(one["available_balance"] for one in balances["details"]) == 5000
    assert leaf["query_result"] == 2500
    assert leaf["rule"]["target_balance"] == shown["tier_ends_value"] == 10000
    assert shown["tier_resets_at"] == "2019-12-31 23:59:59"


def test_phone_numbers_are_records_and_the_locale_is_in_lower_case_as_recorded(till):
    user = {
        "email": "a@example.com",
        "locale": "en-US",
        "mobile_number": "1 617 555 0199",
        "phone_numbers": [
            {"phone_number": "16175550100", "phone_type": "mobile", "preference_flags": ["primary"]},
            "+1 617 555 0111",
        ],
    }
    made = till.ok("POST", f"{CORE}/users", {"user": user})["user"]
    assert made["phone_numbers"] == [
        {"phone_number": number, "phone_type": kind, "preference_flags": flags, "verified_ownership": False}
        for number, kind, flags in (
            ("16175550199", None, []),
            ("16175550100", "mobile", ["primary"]),
            ("16175550111", None, []),
        )
    ]
    assert made["locale"] == "en-us"
    for path in (f"users/{made['id']}", "users/search?email=a%40example.com", "users/search?mobile_number=16175550111"):
        seen = till.ok("GET", f"{CORE}/{path}")["user"]
        assert (seen["phone_numbers"], seen["locale"]) == (made["phone_numbers"], "en-us")


def test_loaded_phone_numbers_are_records_too(till):
    loaded = {"email": "l@example.com", "phone_numbers": [{"phone_number": "16175550100", "phone_type": "home"}]}
    (user_id,) = till.control("POST", "load", {"customers": [loaded]})[1]["customers"]
    assert till.ok("GET", f"{CORE}/users/{user_id}")["user"]["phone_numbers"] == [
        {"phone_number": "16175550100", "phone_type": "home", "preference_flags": [], "verified_ownership": False}
    ]


@pytest.mark.parametrize(
    ("written", "means"),
    [("9.0", "9"), ("1e2", "100"), *((text, None) for text in ("1" + "0" * 18, "-1" + "0" * 18 + "1", "1" + "0" * 60))],
)
def test_a_number_without_a_fraction_is_an_id_however_it_is_written(till, wallet, written, means):
    code = wallet[1]
    lock = json.dumps(till.lock_body(code, "the basket")).replace('"the basket"', written)
    assert till.raw("POST", "/api/2.0/Lock", lock.encode()).status == 200
    again = till.lock_body(code, means or written)
    assert till.call("POST", "/api/2.0/Lock", again)[0] == 200, "the same basket"
    assert till.lock(code, "another")[0] == 409


@pytest.mark.parametrize("written", ["9.5", "1e-3", "true", "[]", "1e400", "1" + "0" * 5000])
def test_what_is_no_whole_number_is_no_id(till, wallet, written):
    user, code = wallet
    lock = json.dumps(till.lock_body(code, "the basket")).replace('"the basket"', written)
    assert till.raw("POST", "/api/2.0/Lock", lock.encode()).status == 400
    assert till.history(user) == {code: "Issued"}
