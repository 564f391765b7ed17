"""What is refused, with which status, in whose envelope, and in which order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from offerproof.simulator.answers import Service

CORE = "/priv/v1/apps/test-api-key"
CREATE = "/api/2.0/offers/management/create"
BIG = b"x" * (1024 * 1024 + 1)
NONE: dict[bytes, bytes] = {b"authorization": b""}
TEXT = {b"content-type": b"text/plain"}


def _code(service: Service, document: dict[str, Any]) -> Any:
    errors = document["errors"]
    if service is Service.CLOUDPOS:
        assert document["payload"] is None
        return errors[0]["code"]
    if service is Service.OFFERS:
        assert document["payload"] is None
        assert errors["type"]
    assert set(document) == ({"status", "errors"} if service is Service.CORE else {"status", "payload", "errors"})
    return errors["code"]


@pytest.mark.parametrize("service", list(Service))
@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"path": "nowhere", "method": "PUT", "body": BIG, "headers": NONE}, 404, "not_found"),
        ({"method": "PUT", "body": BIG, "headers": NONE}, 405, "method_not_allowed"),
        ({"method": "HEAD"}, 405, "method_not_allowed"),
        ({"method": "OPTIONS"}, 405, "method_not_allowed"),
        ({"body": BIG, "headers": {**NONE, **TEXT}}, 413, "request_too_large"),
        ({"body": b"{", "headers": {**NONE, **TEXT}}, 401, "invalid_auth_token"),
        ({"body": b"{", "headers": TEXT}, 415, "unsupported_media_type"),
        ({"body": b"{}", "headers": {b"content-type": b""}}, 415, "unsupported_media_type"),
        (
            {"body": b"{}", "headers": {b"content-type": b"application/json; charset=utf-16"}},
            415,
            "unsupported_media_type",
        ),
        ({"body": b"{}", "headers": {b"content-encoding": b"gzip", **TEXT}}, 415, "unsupported_media_type"),
        ({"body": b'{"store_id":5,"user":5,"retailer_id":5,'}, 400, "invalid_json"),
        ({"body": b""}, 400, "invalid_json"),
        ({"body": b"\xff\xfe"}, 400, "invalid_json"),
        ({"body": b'{"zz":"\xff"}'}, 400, "invalid_json"),
        ({"body": b'{"zz":"\\ud800"}'}, 400, "invalid_json"),
        ({"body": b'{"zz":NaN}'}, 400, "invalid_json"),
        ({"body": b"[" * 100_000}, 400, "invalid_json"),
        ({"body": b"[]"}, 400, "shape"),
        ({"body": b"null"}, 400, "shape"),
        ({"body": b"{}"}, 400, "shape"),
        ({"body": b'{"store_id":5,"user":5,"retailer_id":5}'}, 400, "shape"),
    ],
)
def test_each_fault_has_its_refusal_and_the_first_fault_wins(till, service, fault, status, code):
    paths = {Service.CORE: f"{CORE}/users", Service.OFFERS: CREATE, Service.CLOUDPOS: "/api/2.0/Lock"}
    path = paths[service]
    if "path" in fault:
        path = path.rsplit("/", 1)[0] + "/" + fault["path"] + "/x"
    answer = till.raw(
        fault.get("method", "POST"), path, fault.get("body", b"{}"), service=service, headers=fault.get("headers")
    )
    assert answer.status == status
    wanted = code if code != "shape" else "argument_error" if service is Service.CORE else "invalid_request"
    assert _code(service, json.loads(answer.body)) == wanted


def test_a_refused_method_names_those_there_are(till):
    assert b"allow: PATCH, POST\r\n" in till.raw("GET", "/api/2.0/Lock").headers
    assert b"allow: GET\r\n" in till.raw("POST", f"{CORE}/users/search").headers


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"Basic",
        b"Basic !!!",
        b"Basic dGVzdA==",
        b"Bearer dGVzdC1rZXktcG9zOnRlc3Qtc2VjcmV0",
        b"Basic dGVzdC1rZXktcG9zOnRlc3Qtc2VjcmV0, Basic dGVzdA==",
        b"\xff\x00",
    ],
)
def test_wrong_credentials_get_401_with_a_challenge(till, header):
    answer = till.raw("POST", "/api/2.0/Lookup", b"{}", headers={b"authorization": header})
    assert answer.status == 401
    assert b"www-authenticate: Basic" in answer.headers
    assert b"test-secret" not in answer.body


def test_the_scheme_and_the_spacing_of_credentials_may_vary(till, wallet, app):
    token = app.auth.keys.cloudpos.header()[6:]
    body = json.dumps(till.container({"external_customer_id": "x-first"})).encode()
    for header in (b"basic " + token, b"BASIC  " + token + b" "):
        assert till.raw("POST", "/api/2.0/Lookup", body, headers={b"authorization": header}).status == 200


@pytest.mark.parametrize("path", [f"{CORE}/users", CREATE, "/api/2.0/Lock", "/api/2.0/send_transaction"])
@pytest.mark.parametrize("other", list(Service))
def test_the_pair_of_another_service_opens_nothing(till, path, other):
    right = {"/priv": Service.CORE, "/api/2.0/offers": Service.OFFERS}
    service = next((one for start, one in right.items() if path.startswith(start)), Service.CLOUDPOS)
    assert (till.call("POST", path, {}, service=other)[0] == 401) is (other is not service)


def test_a_wrong_api_key_gets_401(till):
    status, answer = till.call("GET", "/priv/v1/apps/other/users/search?email=a", service=Service.CORE)
    assert (status, answer["errors"]["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": "NaN"},
        {"quantity": "Infinity"},
        {"quantity": True},
        {"quantity": " 1"},
        {"quantity": "1_000"},
        {"quantity": "１"},
        {"quantity": []},
        {"quantity": "1e3"},
        {"quantity": 10**400},
        {"quantity": "9" * 5000},
        {"quantity": "1000000000001"},
        {"quantity": 1000000000001},
        {"unit_price": {}},
        {"unit_price": None, "subtotal": None},
        {"line_id": None},
        {"line_id": 1.5},
        {"item_id": ""},
        {"tax_included": "x"},
    ],
)
def test_a_line_that_makes_no_sense_is_refused(till, wallet, change):
    document = till.lock_body(wallet[1])
    basket = document["request_payload"]["transaction"]
    basket["items"] = [{**basket["items"][0], **change}]
    status, answer = till.call("POST", "/api/2.0/Lock", document)
    assert status == 400
    assert answer["errors"][0]["code"] == "invalid_request"
    assert till.history(wallet[0]) == {wallet[1]: "Issued"}


@pytest.mark.parametrize("number", [b"1e999999", b"1e99999999999999999999", b"-1e999999", b"0e999999", b"1e-999999"])
def test_a_huge_json_number_is_refused_and_costs_nothing(till, wallet, number):
    document = json.dumps(till.lock_body(wallet[1])).encode().replace(b'"quantity": "1"', b'"quantity": ' + number)
    assert till.raw("POST", "/api/2.0/Lock", document).status == 400


@pytest.mark.parametrize(
    "value", ["yesterday", "2018-13-01 00:00:00", "2018-02-29 00:00:00", "2018-06-10", 5, "2018-06-10 9:20:00.12345678"]
)
def test_an_instant_that_is_none_is_refused(till, wallet, value):
    document = till.lock_body(wallet[1])
    document["request_payload"]["transaction"]["open_time"] = value
    assert till.call("POST", "/api/2.0/Lock", document)[0] == 400


@pytest.mark.parametrize(
    "value",
    [
        "2018-06-10 9:20:00.000",
        "2018-09-07T16:29:11.299505Z",
        "2018-09-07T16:29:11.2995051Z",
        "2018-09-07T16:29:11+02:00",
    ],
)
def test_every_documented_spelling_of_an_instant_is_taken(till, wallet, value):
    document = till.lock_body(wallet[1])
    document["request_payload"]["transaction"] |= {"open_time": value, "modified_time": value}
    assert till.call("POST", "/api/2.0/Lock", document)[0] == 200


def test_numbers_and_flags_may_be_json_or_text(till, wallet):
    user, code = wallet
    bare = {"line_id": 0, "item_id": 1, "quantity": 1, "unit_price": 10.0, "subtotal": 10}
    document = till.lock_body(code)
    document["request_payload"]["transaction"]["items"] = [bare]
    document["request_id"] = 7
    discount = till.ok("POST", "/api/2.0/Lock", document)["payload"]
    assert discount["discounted_line_ids"] == ["0"]
    sent = till.send_body(user, discount, is_closed=True, guest_count=1, subtotal=10.77, TaxTotal=".77", items=[bare])
    till.ok("POST", "/api/2.0/send_transaction", sent)
    assert till.history(user) == {code: "Redeemed"}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?",
        "?email=",
        "?email=a&external_id=b",
        "?email=a&email=b",
        "?email=%ff",
        "?email=a&expand_incentives=maybe",
        "?x=1",
    ],
)
def test_a_search_that_makes_no_sense_is_refused(till, query):
    status, answer = till.call("GET", f"{CORE}/users/search{query}")
    assert status == 400
    assert answer["errors"]["code"] == "argument_error"


@pytest.mark.parametrize("who", [{}, {"email": "first@example.com", "phone": "1"}, {"user_id": "x"}, {"email": ""}])
def test_a_lookup_names_exactly_one_identifier(till, wallet, who):
    assert till.call("POST", "/api/2.0/Lookup", till.container(who))[0] == 400


def test_another_retailer_is_refused_unless_the_program_file_says_so(till, make_app, make_till, program_with):
    document = {"retailer_id": "11111111-2222-4333-8444-555555555555", "user_id": till.customer()}
    assert till.call("POST", "/api/2.0/offers/get_user_offers", document)[0] == 404
    other = make_till(make_app(program=program_with(added='\n[http]\nretailers = "any"\n')))
    assert other.call("POST", "/api/2.0/offers/get_user_offers", document)[0] == 200


def test_duplicate_keys_deep_values_and_unknown_members_break_nothing(till, wallet):
    body = json.dumps(till.lock_body(wallet[1])).encode()
    doubled = body[:-1] + b', "store_id": "store-2", "unknown": ' + b"[" * 500 + b"]" * 500 + b"}"
    assert till.raw("POST", "/api/2.0/Lock", doubled).status == 200
