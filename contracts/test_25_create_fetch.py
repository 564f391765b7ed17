"""Create offer and get its details: what was created comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Expect, Given, clause
from offerproof.conformance.reading import is_success
from offerproof.exchange import Exchange
from offerproof.target import Profile

ACCEPTED = ("CREATE-1", "CREATE-2", "CREATE-3", "CREATE-4", "CREATE-5", "CREATE-6", "CREATE-9")
RETURNED = (
    *("FETCH-1", "FETCH-2", "FETCH-3", "FETCH-4", "FETCH-5", "FETCH-6", "FETCH-7", "FETCH-8", "FETCH-9"),
    *("FETCH-10", "FETCH-11", "FETCH-12", "FETCH-13", "FETCH-15", "FETCH-18"),
)
DISCOUNTS = (
    "fixed_amount_check_discount",
    "percent_check_discount",
    "fixed_amount_item_discount",
    "percent_item_discount",
)
CUSTOM_DATA = {"CustomAttribute": "CustomValue", "n": [1, 2], "size": 7, "flag": True, "none": None, "in": {"n": 0.5}}
TITLE, DESCRIPTION, TERMS = "Contract check", "An offer to be fetched back", "Subject to availability"

AWKWARD = "Fish & chips <b>½ price</b>, 'now' or \"never\" \\ 100% 漢字 🎁"
LONG_TERMS = "Subject to availability. " * 240 + "End."


def _text(culture: str, title: str = TITLE, description: str = DESCRIPTION) -> dict[str, str]:
    return {"title": title, "description": description, "terms_and_conditions": TERMS, "culture": culture}


def _documented(api: Api) -> dict[str, Any]:
    """The documented creation, with dates and texts that cannot come back by accident."""
    return api.offer(
        "manual_fulfillment",
        publish="true",
        text_config=[_text("en")],
        common_config={
            "acquisition_start_date": "2020-02-29 00:00:00.0",
            "acquisition_end_date": "2096-12-31 23:59:00.0",
            "does_not_expire": False,
            "valid_after_end_date": False,
            "reward_store": False,
            "validity_unit": "years",
            "validity_period": 7,
            "custom_data": json.dumps(CUSTOM_DATA),
        },
    )


def _objections(exchange: Exchange) -> Any:
    """The validation_errors of an answer."""
    payload = exchange.answer.get("payload") if isinstance(exchange.answer, Mapping) else None
    return payload.get("validation_errors") if isinstance(payload, Mapping) else None


def _is_taken(exchange: Exchange) -> bool:
    return is_success(exchange) and not _objections(exchange)


def _refused(expect: Expect, exchange: Exchange) -> None:
    """An offer is refused by an error, or by validation_errors that say what is wrong with it."""
    if _objections(exchange):
        expect.that(True, what="validation_errors say what is wrong")
        return
    expect.refusal(exchange)


@clause("CREATE-7", requests=2)
def test_publish_may_be_a_text(api: Api, expect: Expect) -> None:
    created = expect.success(api.create_offer(api.offer("manual_fulfillment", publish="true")))
    plain = expect.success(api.create_offer(api.offer("manual_fulfillment", publish=True)))
    published = {1, plain["new_status"]}
    expect.one_of(created["new_status"], published, what='new_status after publish "true", as after publish true')


@clause(*ACCEPTED, requests=2)
def test_creating_the_documented_offer_publishes_a_first_version(api: Api, expect: Expect) -> None:
    created = expect.success(api.create_offer(_documented(api)))
    expect.present(created, "offer_id")
    with expect.clause("CREATE-2"):
        expect.same_id(created["root_offer_id"], created["offer_id"], what="root_offer_id of a first version")
    with expect.clause("CREATE-3"):
        errors = created.get("validation_errors")
        expect.that(not errors, what="validation_errors are empty", expected="empty", observed=errors)
    with expect.clause("CREATE-4"):
        expect.equal(created["revisioned"], False, what="revisioned")
    with expect.clause("CREATE-5"):
        expect.equal(created["new_status"], 1, what="new_status of a published offer")
    with expect.clause("CREATE-6"):
        expected = "created_new-(unknown_status>published)"
        expect.equal(created["state_transition"], expected, what="state_transition")
    with expect.clause("CREATE-9"):
        again = expect.success(api.create_offer(_documented(api)))
        different = again["offer_id"].lower() != created["offer_id"].lower()
        expect.that(different, what="the second creation has an offer_id of its own")


@clause("CREATE-8", requests=1)
def test_publish_may_be_a_json_value(api: Api, expect: Expect) -> None:
    created = expect.success(api.create_offer(api.offer("manual_fulfillment", publish=True)))
    expect.equal(created["new_status"], 1, what="new_status after publish true")


@clause("CREATE-10", requests=8)
def test_every_documented_discount_can_be_created(api: Api, expect: Expect) -> None:
    for kind in DISCOUNTS:
        created = expect.success(api.create_offer(api.offer(kind)))
        fetched = expect.success(api.fetch_offer(created["offer_id"], culture="en"))
        expect.equal(fetched["offer"]["offer_type_id"], kind, what="offer_type_id of the offer created")


@clause("CREATE-11", requests=1)
def test_an_offer_type_that_does_not_exist_is_refused(api: Api, expect: Expect) -> None:
    kind = "no_such_offer_type"
    _refused(expect, api.create_offer(api.offer("manual_fulfillment", offer_type=kind, offer_config={"type": kind})))


@clause("CREATE-12", requests=2)
def test_an_offer_without_type_or_text_is_refused(api: Api, expect: Expect) -> None:
    without_type = api.offer("manual_fulfillment", offer_config={})
    del without_type["offer_type"]
    _refused(expect, api.create_offer(without_type))
    _refused(expect, api.create_offer(api.offer("manual_fulfillment", text_config=[])))


@clause("CREATE-13", requests=1)
def test_an_acquisition_that_ends_before_it_starts_is_refused(api: Api, expect: Expect) -> None:
    offer = _documented(api)
    offer["common_config"]["acquisition_start_date"] = "2031-01-01 00:00:00.0"
    offer["common_config"]["acquisition_end_date"] = "2030-01-01 00:00:00.0"
    _refused(expect, api.create_offer(offer))


@clause("CREATE-14", requests=1)
def test_an_offer_for_an_unknown_retailer_is_refused(api: Api, expect: Expect) -> None:
    _refused(expect, api.create_offer(api.offer("manual_fulfillment", retailer_id=api.fresh_id())))


@clause("CREATE-15", requests=2)
def test_an_offer_that_is_not_published_has_another_status(api: Api, expect: Expect) -> None:
    created = expect.success(api.create_offer(api.offer("manual_fulfillment", publish="false")))
    status = created["new_status"]
    expect.that(status != 1, what="new_status of an offer not published", expected="not 1", observed=status)
    fetched = api.fetch_offer(created["offer_id"])
    if is_success(fetched):  # whether it can be fetched at all is left open
        shown = expect.success(fetched)["offer"]["status"]
        expect.that(
            shown != 1, what="status of a fetched offer that is not published", expected="not 1", observed=shown
        )


@clause(*RETURNED, requests=5)
def test_what_was_created_comes_back(api: Api, expect: Expect) -> None:
    body = _documented(api)
    created = expect.success(api.create_offer(body))
    offer_id = created["offer_id"]
    fetched = expect.success(api.fetch_offer(offer_id, culture="en"))
    offer = fetched["offer"]
    expect.same_id(offer["id"], offer_id, what="id of the offer fetched")
    for text in offer.get("offer_text") or []:
        if text.get("offer_id"):
            expect.same_id(text["offer_id"], offer_id, what="offer_id of a text of the offer fetched")
    with expect.clause("FETCH-2"):
        expect.equal(offer["title"], TITLE, what="title of the offer")
    _texts_came_back(expect, offer)
    with expect.clause("FETCH-5"):
        expect.same_instant(offer["acquisition_start_date"], "2020-02-29T00:00:00Z", what="acquisition_start_date")
        expect.same_instant(offer["acquisition_end_date"], "2096-12-31T23:59:00Z", what="acquisition_end_date")
    with expect.clause("FETCH-6"):
        try:
            custom = json.loads(offer["custom_data"])
        except (TypeError, ValueError):
            custom = offer["custom_data"]
        expect.equal(custom, CUSTOM_DATA, what="value of custom_data")
    with expect.clause("FETCH-7"):
        expect.same_number(offer["validity_period"], 7, what="validity_period")
        expect.equal(str(offer["validity_unit"]).lower(), "years", what="validity_unit")
    with expect.clause("FETCH-8"):
        expect.equal(offer["reward_store"], False, what="reward_store")
        expect.equal(offer["valid_after_end_date"], False, what="valid_after_end_date")
    with expect.clause("FETCH-9"):
        expect.equal(offer["offer_type_id"], "manual_fulfillment", what="offer_type_id")
    with expect.clause("FETCH-10"):
        expect.same_id(offer["retailer_id"], body["retailer_id"], what="retailer_id of the offer")
    with expect.clause("FETCH-11"):
        expect.same_id(offer["root_offer_id"], created["root_offer_id"], what="root_offer_id of the offer")
    with expect.clause("FETCH-12"):
        expect.equal(offer["status"], 1, what="status of a published offer")
    with expect.clause("FETCH-15"):
        expect.same_instant(offer["start_date"], "2020-02-29T00:00:00Z", what="start_date")
        expect.same_instant(offer["end_date"], "2096-12-31T23:59:00Z", what="end_date")
    with expect.clause("FETCH-13"):
        american = expect.success(api.fetch_offer(offer_id, culture="en-us"))["offer"]
        expect.equal(american["title"], TITLE, what="title asked for in en-us")
        expect.contains([text["title"] for text in american["offer_text"]], TITLE, what="texts asked for in en-us")
    with expect.clause("FETCH-18"):
        shouted = expect.success(api.fetch_offer(offer_id.upper(), culture="en"))["offer"]
        expect.same_id(shouted["id"], offer_id, what="id of the offer asked for in capitals")


def _texts_came_back(expect: Expect, offer: Mapping[str, Any]) -> None:
    english = next((text for text in offer["offer_text"] if text["culture"].lower() == "en"), None)
    with expect.clause("FETCH-3"):
        cultures = [text.get("culture") for text in offer["offer_text"]]
        what = "offer_text holds the text of the culture en"
        expect.that(english is not None, what=what, expected="contains en", observed=cultures)
        expect.equal(english and english["description"], DESCRIPTION, what="description of the text")
        expect.equal(english and english["title"], TITLE, what="title of the text")
    with expect.clause("FETCH-4"):
        expect.equal(english and english["terms"], TERMS, what="terms of the text")


@clause("FETCH-5", requests=4)
def test_a_date_with_an_offset_comes_back_as_the_same_instant(api: Api, expect: Expect) -> None:
    for spelled, meant in (
        ("2020-02-29T02:30:00+02:00", "2020-02-29T00:30:00Z"),
        ("2020-02-28T20:15:00-0345", "2020-02-29T00:00:00Z"),
    ):
        created = api.create_offer(api.offer("manual_fulfillment", common_config={"acquisition_start_date": spelled}))
        if not _is_taken(created):  # no document spells a date so: it may be refused, but not be understood otherwise
            _refused(expect, created)
            continue
        fetched = api.fetch_offer(expect.at(created, "payload.offer_id"))
        started = expect.success(fetched)["offer"]["acquisition_start_date"]
        expect.same_instant(started, meant, what=f"acquisition_start_date given as {spelled}")


@clause("FETCH-5", "FETCH-7", "FETCH-8", requests=4)
def test_other_settings_come_back_too(api: Api, expect: Expect) -> None:
    offer = _documented(api)
    offer["common_config"] |= {
        "acquisition_start_date": "2024-12-31 23:59:59.0",
        "acquisition_end_date": "2088-06-15 12:30:15.0",
        "validity_unit": "days",
        "validity_period": 45,
        "reward_store": True,
        "valid_after_end_date": True,
    }
    created = expect.success(api.create_offer(offer))
    fetched = expect.success(api.fetch_offer(created["offer_id"], culture="en"))["offer"]
    expect.same_instant(fetched["acquisition_start_date"], "2024-12-31T23:59:59Z", what="acquisition_start_date")
    expect.same_instant(fetched["acquisition_end_date"], "2088-06-15T12:30:15Z", what="acquisition_end_date")
    with expect.clause("FETCH-7"):
        expect.same_number(fetched["validity_period"], 45, what="validity_period")
        expect.equal(str(fetched["validity_unit"]).lower(), "days", what="validity_unit")
        offer["common_config"] |= {"validity_unit": "months", "validity_period": 13}
        in_months = expect.success(api.create_offer(offer))
        shown = expect.success(api.fetch_offer(in_months["offer_id"], culture="en"))["offer"]
        expect.same_number(shown["validity_period"], 13, what="validity_period of 13 months")
        expect.equal(str(shown["validity_unit"]).lower(), "months", what="validity_unit of 13 months")
    with expect.clause("FETCH-8"):
        expect.equal(fetched["reward_store"], True, what="reward_store")
        expect.equal(fetched["valid_after_end_date"], True, what="valid_after_end_date")


@clause("FETCH-14", "FETCH-16", "FETCH-21", "DECL-52", requests=3)
def test_texts_beyond_ascii_and_in_two_cultures_come_back(api: Api, expect: Expect, profile: Profile) -> None:
    texts = [_text("en", "Café 5 € — ½ price"), _text("fr", "Thé à moitié prix 🍵", "Déjà vu: «Ça» 茶")]
    created = expect.success(api.create_offer(api.offer("manual_fulfillment", text_config=texts)))
    english = expect.success(api.fetch_offer(created["offer_id"], culture="en"))["offer"]
    expect.equal(english["title"], "Café 5 € — ½ price", what="title beyond ASCII")
    french = expect.success(api.fetch_offer(created["offer_id"], culture="fr"))["offer"]
    spoken = {text["culture"].lower(): text for text in french["offer_text"]}
    expect.contains(sorted(spoken), "fr", what="cultures of offer_text asked for in fr")
    expect.equal(spoken["fr"]["description"], "Déjà vu: «Ça» 茶", what="description beyond ASCII")
    with expect.clause("FETCH-16"):
        expect.equal(french["title"], "Thé à moitié prix 🍵", what="title asked for in fr")
    with expect.clause("FETCH-21"):
        expect.present(french, "offer_text")
        expect.observe("offer_text", "all cultures" if "en" in spoken else "the culture asked for")
    with expect.clause("DECL-52"):
        wanted = ["en", "fr"] if profile.behaviour("offer_text.cultures") == "all" else ["fr"]
        expect.equal(sorted(spoken), wanted, what="cultures of offer_text asked for in fr")


@clause("FETCH-2", "FETCH-3", "FETCH-4", "FETCH-6", requests=2)
def test_long_and_difficult_values_come_back_whole(api: Api, expect: Expect) -> None:
    texts = {"title": AWKWARD, "description": f"{AWKWARD}\n{'long ' * 500}end", "terms_and_conditions": LONG_TERMS}
    custom = {"list": [{"n": number, "price": 2.5, "none": None, "text": "Grüße ☕ 🎁"} for number in range(60)]}
    body = api.offer("manual_fulfillment", text_config=[{**texts, "culture": "en"}])
    body["common_config"]["custom_data"] = json.dumps(custom, ensure_ascii=False)
    made = api.create_offer(body)
    if not _is_taken(made):  # a limit that is told is no loss
        for name in ("FETCH-2", "FETCH-3", "FETCH-4", "FETCH-6"):
            with expect.clause(name):
                expect.observe("long texts and 4 kB of custom_data", "refused", on=made)
        return
    offer = expect.success(api.fetch_offer(expect.at(made, "payload.offer_id"), culture="en"))["offer"]
    expect.equal(offer["title"], AWKWARD, what="title of quotes, tags, a backslash and letters of many kinds")
    spoken = {text["culture"].lower(): text for text in offer["offer_text"]}
    english = spoken.get("en", {})
    with expect.clause("FETCH-3"):
        expect.equal(english.get("description"), texts["description"], what="description of 2,500 characters")
    with expect.clause("FETCH-4"):
        expect.equal(english.get("terms"), LONG_TERMS, what="terms of 6,000 characters")
    with expect.clause("FETCH-6"):
        try:
            came = json.loads(offer["custom_data"])
        except (TypeError, ValueError):
            came = offer["custom_data"]
        expect.equal(came, custom, what="value of 4 kB of custom_data")


@clause("FETCH-13", "FETCH-16", requests=3)
def test_a_culture_finds_its_language_and_not_the_first_text(api: Api, expect: Expect) -> None:
    texts = [_text("fr", "À moitié prix"), _text("en", "Half price"), _text("de", "Zum halben Preis")]
    created = expect.success(api.create_offer(api.offer("manual_fulfillment", text_config=texts)))
    american = expect.success(api.fetch_offer(created["offer_id"], culture="en-us"))["offer"]
    expect.equal(american["title"], "Half price", what="title asked for in en-us, beside French and German")
    with expect.clause("FETCH-16"):
        german = expect.success(api.fetch_offer(created["offer_id"], culture="de"))["offer"]
        expect.equal(german["title"], "Zum halben Preis", what="title asked for in de, the third of three texts")


@clause("FETCH-17", requests=1)
def test_an_offer_nobody_knows_is_refused(api: Api, expect: Expect) -> None:
    expect.refusal(api.fetch_offer(api.fresh_id()))


@clause("FETCH-19", requests=2)
def test_a_request_without_an_offer_id_is_refused(api: Api, expect: Expect) -> None:
    asked = api.example("fetch_offer")
    expect.refusal(api.send("fetch_offer", {k: v for k, v in asked.items() if k != "offer_id"}))
    expect.refusal(api.send("fetch_offer", {**asked, "offer_id": ""}))


@clause("FETCH-20", requests=2)
def test_an_offer_is_not_fetched_for_another_retailer(api: Api, expect: Expect) -> None:
    created = expect.success(api.create_offer(api.offer("manual_fulfillment")))
    asked = {"retailer_id": api.fresh_id(), "offer_id": created["offer_id"], "culture": "en"}
    expect.refusal(api.send("fetch_offer", asked))


@clause("FETCH-23", "FETCH-24", requests=3, needs=("create_offer",))
def test_instants_and_ids_are_written_as_printed(api: Api, given: Given, expect: Expect) -> None:
    """Every answer of a run is judged for it; this check alone brings one with instants and ids."""
    shown = expect.success(api.fetch_offer(given.shared_offer().offer_id))["offer"]
    expect.present(shown, "acquisition_start_date")
    with expect.clause("FETCH-24"):
        expect.present(shown, "root_offer_id")
