"""Values are replaced, the structure of a body stays; and no disguise of a body lets a value through."""

from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest

from offerproof.client import HttpResponse
from offerproof.exchange import NOT_JSON, Redacted, Redactor, parse_json

NAMED_LIKE_MEMBERS = {
    "first": 1,
    "mobile_number": "6175550100",
    "first_name": "first",
    "last_name": "last",
    "phone_numbers": [{"phone_number": "6175550100", "phone_type": "mobile"}],
    "titles": {"last": "the last first-time visit of first"},
    "user_profile": {"favourite": "status"},
    "status": "status",
}


@pytest.fixture
def knowing():
    redactor = Redactor()
    redactor.learn(NAMED_LIKE_MEMBERS)
    return redactor


def test_members_keep_their_names_when_a_customer_is_called_like_one(knowing):
    assert knowing.document(NAMED_LIKE_MEMBERS) == {
        "first": 1,
        "mobile_number": "{phone-1}",
        "first_name": "{name-1}",
        "last_name": "{name-2}",
        "phone_numbers": [{"phone_number": "{phone-1}", "phone_type": "mobile"}],
        "titles": {"last": "the {name-2} {name-1}-time visit of {name-1}"},
        "user_profile": {"favourite": "{attribute-1}"},
        "status": "{attribute-1}",
    }


def test_a_body_in_curl_and_transcript_keeps_its_members(make_bench):
    bench = make_bench(HttpResponse(200, {}, json.dumps({"status": "ok", "user": {"first_name": "user"}}).encode()))
    exchange = bench.api.create_customer({"first_name": "user", "email": "a@example.com"})
    assert exchange.record()["request_body"] == {"user": {"first_name": "{name-1}", "email": "{email-1}"}}
    assert exchange.answer_text == '{"status":"ok","user":{"first_name":"{name-1}"}}'
    assert '{"user":{"first_name":"' in exchange.curl()


def test_what_is_clean_is_not_cleaned_again(knowing):
    assert knowing.text(Redacted('{"first":"{name-1}"}')) == '{"first":"{name-1}"}'
    knowing.personal("name", "name")
    assert knowing.text("{name-1} of name") == "{name-1} of {name-3}"


@pytest.mark.parametrize("text", ["{first}", "{first-1}", "<first>", '"first"', "\\nfirst", "first.", "FIRST"])
def test_a_known_word_is_found_whatever_is_around_it(knowing, text):
    assert "first" not in knowing.text(text).lower()


def test_a_word_within_a_word_is_left_alone(knowing):
    assert knowing.text("firstly, at last_seen") == "firstly, at last_seen"


def test_a_member_named_by_an_address_a_number_or_a_credential_is_no_hiding_place(knowing):
    knowing.secret("core_key", "k-canary-1", "$KEY")
    shown = knowing.document({"somebody@example.org": 1, "6175550100": 2, "k-canary-1": 3, "deep": 6175550100})
    assert shown == {"{email-1}": 1, "{phone-1}": 2, "{core_key}": 3, "deep": "{phone-1}"}


def test_percent_encoded_values_are_known_too():
    redactor = Redactor()
    redactor.personal("email", "canary.person@example.org")
    assert redactor.text("/find/canary.person%40example.org") == "/find/{email-1}"


PERSON = '"first_name" : "Canaryfirst", "dob": "1977-07-07", "zip": 02115, "user": {"last_name": "Li"}'
DISGUISES = {
    "holds NaN": f'{{{PERSON}, "points": NaN}}'.encode(),
    "is cut short": f"{{{PERSON}, ".encode() + b'"address": "77 Canary Str',
    "is UTF-16": f"{{{PERSON}}}".encode("utf-16"),
    "is UTF-16 without a mark": f"{{{PERSON}}}".encode("utf-16-le"),
    "is UTF-8 with a mark": b"\xef\xbb\xbf" + f"{{{PERSON}}}".encode(),
    "is a form": b"first_name=Canaryfirst&dob=1977-07-07&zip=02115&last_name=Li&address=77+Canary+Str",
    "is wrapped in HTML": f"<pre>{{{PERSON}}}</pre>".encode(),
    "is nested too deeply": b"[" * 200 + f"{{{PERSON}}}".encode() + b"]" * 200,
    "is too long": f'{{{PERSON}, "x": "'.encode() + b"y" * 70_000 + b'"}',
    "is far too long": f'{{{PERSON}, "x": "'.encode() + b"y" * 1_100_000 + b'"}',
}


@pytest.mark.parametrize("body", DISGUISES.values(), ids=DISGUISES.keys())
def test_personal_data_does_not_pass_in_a_body_that(make_bench, body):
    bench = make_bench(HttpResponse(200, {}, body))
    exchange = bench.api.search_customers(email="a@example.com")
    told = json.dumps(exchange.record()) + exchange.answer_text
    for canary in ("Canary", "1977", "02115", '"Li"', "=Li"):
        assert canary not in told.replace("\x00", ""), canary


def test_json_deeper_than_anything_documented_is_not_walked():
    assert parse_json(b"[" * 100 + b"]" * 100) is not NOT_JSON
    assert parse_json(b"[" * 101 + b"]" * 101) is NOT_JSON


def test_a_number_that_no_decimal_holds_breaks_nobody():
    assert parse_json(b'{"n": 1e99999999999999999999}') is NOT_JSON
    assert parse_json(b'{"n": 1e400}') == {"n": Decimal("1E+400")}
    assert parse_json(b'{"a":' * 100_000 + b"1" + b"}" * 100_000) is NOT_JSON
    assert parse_json(b"[" + b"[]," * 5_000 + b"[]]") is not NOT_JSON


@pytest.mark.parametrize("unit", ["x", "x@", '"x":', "x=", "a.b-", '"', "{x", "\\"])
def test_cleaning_takes_time_in_proportion_to_the_text(unit):
    redactor = Redactor()
    started = time.process_time()
    redactor.free(unit * (64 * 1024 // len(unit)))
    assert time.process_time() - started < 1.0


def test_an_attribute_that_is_a_word_of_the_documents_stays_in_our_own_sentences(knowing):
    knowing.learn({"user_profile": {"pets": "none", "team": "Ostrava Owls"}})
    assert knowing.sentence("who has no tier has none") == "who has no tier has none"
    assert knowing.text("who has none") == "who has {attribute-2}"
    assert knowing.sentence("one of the Ostrava Owls has none") == "one of the {attribute-3} has none"
