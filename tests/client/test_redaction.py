"""What can be printed or stored of an exchange holds no secret and no personal data."""

from __future__ import annotations

import json

import pytest

from offerproof.client import HttpResponse
from offerproof.exchange import Redactor

CANARIES = (
    "canary.person@example.org",
    "5089959991",
    "Canaryfirst",
    "Canarylast",
    "1977-07-07",
    "77 Canary Street",
    "test-api-key",
    "core-test-key",
    "core-test-secret",
    "Y29yZS10ZXN0LWtleTpjb3JlLXRlc3Qtc2VjcmV0",
)
USER = {
    "id": "u-1",
    "email": "canary.person@example.org",
    "first_name": "Canaryfirst",
    "last_name": "Canarylast",
    "dob": "1977-07-07",
    "address": "77 Canary Street",
    "zip": "02115",
    "phone_numbers": [{"phone_number": "5089959991", "phone_type": "mobile"}],
    "user_profile": {"shoe_size": "44-canary"},
    "tier": "Gold",
    "available_points": 12,
}


@pytest.fixture
def exchange(make_bench):
    answer = {"status": "ok", "user": USER, "note": "for Canaryfirst at Canary.Person@example.org, test-api-key"}
    headers = {"set-cookie": "session=abc", "x-echo": "/apps/test-api-key/canary.person%40example.org"}
    bench = make_bench(HttpResponse(200, headers, json.dumps(answer).encode()))
    return bench.api.search_customers(email="canary.person@example.org", user_profile=True)


def test_no_canary_is_in_the_record_the_curl_or_the_representation(exchange):
    told = json.dumps(exchange.record()) + exchange.curl() + repr(exchange) + str(exchange) + exchange.answer_text
    for canary in (*CANARIES, "44-canary", "02115", "session=abc"):
        assert canary.lower() not in told.lower(), canary


def test_what_is_not_personal_stays(exchange):
    answer = exchange.record()["answer_body"]["user"]
    assert (answer["id"], answer["tier"], answer["available_points"]) == ("u-1", "Gold", 12)


def test_a_value_has_one_placeholder_wherever_it_stands(exchange):
    record = exchange.record()
    email = record["answer_body"]["user"]["email"]
    assert email == "{email-1}"
    assert record["url"].endswith(f"/apps/{{api_key}}/users/search?email={email}&user[user_profile]=true")
    assert record["answer_body"]["note"].endswith(f"at {email}, {{api_key}}")


def test_the_answer_itself_is_there_for_checks(exchange):
    assert exchange.answer["user"]["email"] == "canary.person@example.org"


def test_curl_takes_credentials_and_personal_data_from_variables(exchange):
    assert exchange.curl() == (
        "curl -i -G -H 'Accept: application/json' -u \"$CORE_KEY:$CORE_SECRET\" "
        'http://127.0.0.1:1/core/priv/v1/apps/"$API_KEY"/users/search '
        "--data-urlencode email=\"$OFFERPROOF_EMAIL_1\" --data-urlencode 'user[user_profile]=true'"
    )


def test_the_private_values_are_kept_for_the_private_file(exchange):
    assert exchange.redactor.private["OFFERPROOF_EMAIL_1"] == "canary.person@example.org"


def test_curl_of_a_post_quotes_its_body_for_the_shell(make_bench):
    bench = make_bench()
    exchange = bench.api.lookup(email="it's@example.org")
    command = exchange.curl()
    assert "-X POST" in command
    assert '"email":"' + "'" + '"$OFFERPROOF_EMAIL_1"' + "'" + '"' in command


def test_wrong_credentials_are_not_shown_either(make_bench):
    bench = make_bench()
    exchange = bench.api.send(
        "search_customers", {}, credentials="none", headers={"Authorization": "Basic c29tZTpvbmU="}
    )
    assert exchange.record()["request_headers"]["Authorization"] == "Basic {other_credentials}"


def test_short_names_go_where_a_member_says_what_they_are():
    redactor = Redactor()
    assert redactor.document({"first_name": "Li", "tier": "Silver"}) == {"first_name": "{name-1}", "tier": "Silver"}
    assert redactor.text("Silver lining") == "Silver lining"


@pytest.mark.parametrize(
    "member", ["email", "mobile_number", "firstName", "last_name", "date_of_birth", "address2", "dob"]
)
def test_members_are_known_in_any_spelling(member):
    shown = Redactor().document({"deep": [{member: "planted-value"}]})
    assert "planted-value" not in json.dumps(shown)


def test_empty_and_null_members_stay_as_they_are():
    assert Redactor().document({"email": None, "phone": "", "opted_in": True}) == {
        "email": None,
        "phone": "",
        "opted_in": True,
    }


def test_a_body_that_is_no_json_is_cleaned_as_text(make_bench):
    bench = make_bench(HttpResponse(500, {}, b"<p>core-test-secret of somebody@example.org</p>"))
    exchange = bench.api.search_customers(email="a@example.com")
    assert exchange.record()["answer_body"] == "<p>{core_secret} of {email-2}</p>"


def test_a_long_body_is_cut_and_the_cut_is_said(make_bench):
    bench = make_bench(HttpResponse(200, {}, b'"' + b"x" * 200_000 + b'"'))
    assert bench.api.fetch_offer("o").record()["answer_body"].endswith("… (cut, 200002 bytes in all)")
