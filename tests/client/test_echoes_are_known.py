"""A target may echo what it was told in any form, and no form shows it; yet what only looks like a secret stays."""

from __future__ import annotations

import base64

import pytest

from offerproof.exchange import Redactor
from tests.canaries import ALONE, ANYWHERE, ESCAPES

SECRET = "Can&ry/sec+ret<7>'pw' 9"
EMAIL = "canary.person+tag@example.org"
PHONE = "5089959991"
NAME = "Zoë O'Canary"
LOYALTY = "CANARY-0042/7"

AROUND = ("{}", "no '{}'.", '{{"told": "{}"}}', "value={}&x=1", "<b>{}</b>", "%22{}%22", "\\n{}\\n", "/find/{}/")


@pytest.fixture
def knowing() -> Redactor:
    redactor = Redactor()
    redactor.secret("core_secret", SECRET, "$SECRET")
    redactor.learn({"email": EMAIL, "phone": PHONE, "first_name": NAME, "external_id": LOYALTY})
    return redactor


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("form", [*ANYWHERE, *ALONE])
def test_a_secret_is_masked_in_every_form(knowing, form, around):
    echo = {**ANYWHERE, **ALONE}[form](SECRET)
    shown = knowing.text(around.format(echo))
    assert shown == around.format("{core_secret}")


@pytest.mark.parametrize("secret", ['of+fer=s%20"se\\cret', "R&amp;D-pass", "100%41-%2525-sure", "a\\u0041b-secret"])
@pytest.mark.parametrize("form", [*ESCAPES, *ALONE])
def test_a_secret_that_looks_escaped_itself_is_masked_in_every_form(secret, form):
    redactor = Redactor()
    redactor.secret("core_secret", secret, "$SECRET")
    assert redactor.text(f"no '{ {**ESCAPES, **ALONE}[form](secret) }'") == "no '{core_secret}'"


@pytest.mark.parametrize("before", ["", "u", "me", "key", "long key"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, base64.b32encode, base64.b16encode])
def test_a_secret_is_masked_in_whatever_holds_it_encoded(knowing, encode, before):
    shown = knowing.text(f"token {encode(f'{before}:{SECRET}:behind'.encode()).decode()}.")
    assert "{core_secret}" in shown
    assert encode(SECRET.encode()).decode()[5:25] not in shown
    assert len(shown) < 50


def test_what_only_looks_encoded_stays(knowing):
    for text in ("token bm90aGluZyBpcyBoZXJlLCByZWFsbHk=", "limit=50&page=20", "a=40=b", "C:\\100\\200", "x&#y &# 5"):
        assert knowing.text(text) == text


@pytest.mark.parametrize(
    "told",
    [
        *("1977-07-07", "07/07/1977", "7/7/1977", "19770707", "7 July 1977", "July 7, 1977", "07 Jul 1977"),
        *("07.07.1977", "1977/07/07", "1977-07-07T00:00:00Z"),
    ],
)
def test_a_birthday_is_masked_as_any_country_writes_it(told):
    redactor = Redactor()
    redactor.learn({"dob": "1977-07-07"})
    assert redactor.text(f"born {told}, we think") == "born {date-of-birth-1}, we think"


@pytest.mark.parametrize("told", ["Zoë O'Canary", "ZOE O’CANARY", "Zoe\u0308\u200bO'Canary", "zoë\r\n o'canary"])
def test_a_name_is_masked_with_other_accents_quotes_and_blanks(knowing, told):
    assert knowing.text(f"Dear {told}!") == "Dear {name-1}!"


def test_a_name_that_looks_escaped_itself_is_masked():
    redactor = Redactor()
    redactor.learn({"last_name": "O&#39;Canary", "external_id": "AB%2FC-77"})
    assert redactor.text("O&#39;Canary, O'Canary, AB%2FC-77, AB/C-77") == (
        "{name-1}, {name-1}, {external-id-1}, {external-id-1}"
    )


def test_what_is_foreseen_is_masked_and_numbered_when_it_is_first_shown():
    redactor = Redactor()
    redactor.learn({"first_name": "Unseen", "last_name": "Canary"}, foreseen=True)
    assert redactor.private == {}
    assert redactor.text("Canary was here") == "{name-1} was here"


@pytest.mark.parametrize("form", ANYWHERE)
@pytest.mark.parametrize(
    ("value", "placeholder"),
    [(EMAIL, "{email-1}"), (NAME, "{name-1}"), (LOYALTY, "{external-id-1}"), (PHONE, "{phone-1}")],
)
def test_personal_data_is_masked_in_every_escape(knowing, form, value, placeholder):
    assert knowing.text(f"<p>{ANYWHERE[form](value)}</p>") == f"<p>{placeholder}</p>"


@pytest.mark.parametrize(
    "told",
    [
        "508-995-9991",
        "(508) 995-9991",
        "508.995.9991",
        "+1 508 995 9991",
        "1-508-995-9991",
        "0015089959991",
        "508%20995%209991",
        "508\u2011995\u20139991",
        "508 -  995\u00a0-  9991",
        "５０８９９５９９９１",
    ],
)
def test_a_phone_number_is_masked_with_any_punctuation(knowing, told):
    shown = knowing.text(f"call {told}, please")
    assert "{phone-1}" in shown
    assert "995" not in shown


def test_a_phone_number_known_with_punctuation_is_masked_as_digits():
    redactor = Redactor()
    redactor.personal("phone", "+1 (508) 995-9991")
    assert redactor.text("15089959991 or 5089959991") == "{phone-1} or {phone-1}"
    assert redactor.document({"told": 5089959991}) == {"told": "{phone-1}"}


@pytest.mark.parametrize(
    ("word", "why"),
    [("ok", "shorter than 6 characters"), ("1", "shorter than 6 characters"), ("offers", "a word of the documented")],
)
def test_a_credential_that_is_a_word_is_masked_where_credentials_stand_and_nowhere_else(word, why):
    redactor = Redactor()
    redactor.credentials("core", word, word, ("$KEY", "$SECRET"))
    redactor.api_key(word, "$API_KEY")
    said = {"status": "ok", "count": 1, "path": f"/api/2.0/{word}/fetch_offer", "why": f"{word}_discount_id", "n": word}
    assert redactor.document(said) == said
    token = base64.b64encode(f"{word}:{word}".encode()).decode()
    assert redactor.headers({"Authorization": f"Basic {token}"}) == {"Authorization": "Basic {core_credentials}"}
    assert redactor.url(f"https://{word}:{word}@host/x") == "https://{userinfo}@host/x"
    assert (
        redactor.url(f"https://host/priv/v1/apps/{word}/users/search")
        == "https://host/priv/v1/apps/{api_key}/users/search"
    )
    assert redactor.text(f"no /APPS/{word}.") == "no /APPS/{api_key}."
    assert redactor.document({"api_key": word}) == {"api_key": "{core_key}"}
    assert why in redactor.plain["{core_secret}"]
    assert redactor.untold
    assert "core_secret is" in redactor.untold
    assert "api_key is" in redactor.untold


def test_a_credential_is_masked_as_a_whole_token_alone():
    redactor = Redactor()
    redactor.credentials("cloudpos", "tillkey", "tillsecret", ("$KEY", "$SECRET"))
    assert redactor.text("tillkey_discount_id tillkeys tillkey") == "tillkey_discount_id tillkeys {cloudpos_key}"
    assert redactor.untold is None


def test_an_external_id_is_masked_by_its_place_in_a_path_and_by_the_type_beside_it(knowing):
    url = "http://h/priv/v1/apps/k/external/users/un%20known-1?expand_incentives=true"
    assert knowing.url(url) == "http://h/priv/v1/apps/k/external/users/{external-id-2}?expand_incentives=true"
    assert knowing.text("no such path: /external/users/nobody-3") == "no such path: /external/users/{external-id-3}"
    payer = {"user_id": "L-1", "user_id_type": "External_ID", "amount": 5}
    assert knowing.document(payer) == {"user_id": "{external-id-4}", "user_id_type": "External_ID", "amount": 5}
    assert knowing.document({"user_id": "u-1", "user_id_type": "user_id"}) == {
        "user_id": "u-1",
        "user_id_type": "user_id",
    }


def test_external_ids_that_differ_in_letter_case_have_two_placeholders(knowing):
    assert knowing.document([{"external_id": "abcdef"}, {"external_id": "ABCDEF"}]) == [
        {"external_id": "{external-id-2}"},
        {"external_id": "{external-id-3}"},
    ]


def test_a_letter_that_folds_into_two_hides_nothing():
    redactor = Redactor()
    redactor.personal("name", "Straße")
    assert redactor.text("in der Straße, STRASSE, ﬁn") == "in der {name-1}, {name-1}, ﬁn"
