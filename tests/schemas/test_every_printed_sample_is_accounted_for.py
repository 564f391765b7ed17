"""The samples of the sources: as printed, as repaired, and every claim that the ledger makes about them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

SOURCES = {"Core Loyalty Data": 7, "Offer Management": 12}  # samples printed in each
VERDICTS = ("valid", "valid-after-repairs", "contradictory")
KINDS = ("misprint", "variation", "contradiction")


@pytest.fixture
def printed(tools: Any) -> Callable[[str], str]:
    return lambda name: (tools.schemas / "samples" / f"{name}.txt").read_text(encoding="utf-8")


@pytest.fixture
def sound(tools: Any) -> Callable[[str], Any]:
    return lambda name: tools.parse((tools.schemas / "samples" / f"{name}.json").read_text(encoding="utf-8"))


def test_every_sample_file_stands_in_the_ledger_and_the_other_way_round(ledger, tools):
    samples = {entry["name"] for entry in ledger["sample"]}
    passages = {entry["name"] for entry in ledger["passage"]}
    files = {path.name for path in (tools.schemas / "samples").iterdir()}
    expected = {f"{name}.txt" for name in samples | passages} | {f"{name}.json" for name in samples} | {"ledger.toml"}
    assert files == expected


def test_both_sources_are_covered(ledger):
    counts = {source: sum(entry["source"] == source for entry in ledger["sample"]) for source in SOURCES}
    assert counts == SOURCES


def test_no_sample_is_json_as_it_is_printed(sample, printed, tools):
    assert sample["verdict"] in VERDICTS
    assert sample["verdict"] != "valid"
    with pytest.raises(ValueError, match=r"Expecting|Extra data|Invalid"):
        tools.parse(printed(sample["name"]))


def test_the_named_repairs_yield_the_repaired_json(sample, printed, sound, tools):
    assert tools.repaired(printed(sample["name"]), sample["repairs"]) == sound(sample["name"])


def test_no_repair_is_named_in_vain(sample, printed, sound, tools):
    for index, step in enumerate(sample["repairs"]):
        rest = sample["repairs"][:index] + sample["repairs"][index + 1 :]
        if step["repair"] in tools.value_repairs:
            continue
        try:
            found = tools.repaired(printed(sample["name"]), rest)
        except (ValueError, IndexError, AssertionError):
            continue  # cannot be read without this repair
        assert found != sound(sample["name"]), f"{step['repair']} changes nothing"


def test_a_repaired_sample_is_valid(sample, sound, tools):
    assert tools.accepts(sample["schema"], tools.at(sound(sample["name"]), sample["at"]))


def test_a_value_is_repaired_only_where_the_schema_refuses_it(sample, printed, tools):
    for index, step in enumerate(sample["repairs"]):
        if step["repair"] in tools.value_repairs:
            rest = sample["repairs"][:index] + sample["repairs"][index + 1 :]
            document = tools.repaired(printed(sample["name"]), rest)
            assert not tools.accepts(sample["schema"], tools.at(document, sample["at"]))


def test_a_sample_is_called_contradictory_when_a_contradiction_names_it(sample, ledger):
    named = any(d["kind"] == "contradiction" and sample["name"] in d["samples"] for d in ledger["defect"])
    assert (sample["verdict"] == "contradictory") == named
    assert sample["reason"]


def test_a_defect_can_be_seen_where_the_ledger_says(defect, printed):
    texts = {name: printed(name) for name in defect["samples"]}
    assert defect["kind"] in KINDS
    assert defect["what"]
    for quote in defect["quotes"]:
        assert any(quote in text for text in texts.values()), f"{quote!r} stands in none of {list(texts)}"
    for name, text in texts.items():
        assert any(quote in text for quote in defect["quotes"]), f"nothing quoted stands in {name}"


def test_the_excerpts_of_core_loyalty_data_make_one_customer(sound, tools):
    customer = {
        **sound("user"),
        "tier_details": {**sound("tier-levels")["tier_details"], **sound("point-account-balances")},
    }
    assert tools.accepts("user.json#/$defs/with_tier_details", customer)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z")[:19].replace(" ", "T"))


def days(later: str, earlier: str) -> int:
    return (instant(later) - instant(earlier)) // timedelta(days=1)


def total(basket: Any) -> Decimal:
    return sum((Decimal(item["subtotal"]) for item in basket["items"]), Decimal(0))


class Facts:
    """What the samples say, each under a short name."""

    def __init__(self, sound: Callable[[str], Any], printed: Callable[[str], str]) -> None:
        self.text = printed
        self.user = sound("user")
        self.rule = sound("tier-levels")["tier_details"]["tier_levels"][0]["tier_progress"][0]["rules"][0]
        self.rules = sound("tier-levels")["tier_details"]["tier_levels"][0]["tier_progress"][0]["rules"]
        self.accounts = sound("point-account-balances")["point_account_balances"]["details"]
        self.create = sound("create-offer-request")
        self.fetched = sound("fetch-offer-answer")["payload"]["offer"]
        self.lookup = sound("lookup-answer")["payload"][0]
        self.past = sound("user-offer-history-answer")["payload"]["results"][0]
        self.basket = sound("lock-request")["request_payload"]["transaction"]
        self.lock = sound("lock-answer")["payload"]
        self.sent = sound("send-transaction-request")["request_payload"]
        self.given = self.sent["discounts"][0]
        self.words = [sound(n)["status"] for n in ("create-offer-answer", "lookup-answer", "lock-answer")]
        self.asked = sound("user-offer-history-request")["user_ids"][0]


HOLDS: dict[str, Callable[[Facts], bool]] = {
    "tier-qualifying-hyphen": lambda f: (
        [a["account_name"][:15] for a in f.accounts][2:] == ["ACME Tier Quali", "ACME Tier-Quali"]
    ),
    "tax-total-spelling": lambda f: "TaxTotal" in f.basket and "tax_total" in f.sent and "tax_total" not in f.basket,
    "lock-takes-more-than-the-basket": lambda f: total(f.basket) == 11 and f.lock["amount"] == 12,
    "discount-on-a-line-that-is-not-there": lambda f: (
        not {i["line_id"] for i in f.sent["items"]} & set(f.given["discounted_line_ids"])
    ),
    "redemption-before-acquisition": lambda f: days(f.past["acquire_date"], f.past["redemption_start_date"]) == 3,
    "one-year-for-a-hundred": lambda f: (
        days(f.past["redemption_end_date"], f.past["acquire_date"]) == 365
        and f.create["common_config"]["validity_period"] == 100
    ),
    "redemption-after-the-offers-end": lambda f: (
        days(f.past["redemption_end_date"], f.fetched["end_date"]) == 156 and not f.fetched["valid_after_end_date"]
    ),
    "tier-expiry": lambda f: (
        days(f.user["tier_resets_at"], f.user["tier_entered_at"]) == 365 and f.user["tier_resets_at"] < "2020-12-31"
    ),
    "success-words": lambda f: f.words == ["ok", "success", "OK"],
    "path-spellings": lambda f: (
        "2.0/Lookup" not in f.text("uri-rows") and "get_user_offers" not in f.text("lookup-request")
    ),
    "method-of-lock": lambda f: "PATCH" in f.text("uri-rows") and "PATCH" not in f.text("lock-request"),
    "points-without-escrow": lambda f: (
        days(f.user["updated_at"], f.user["created_at"]) < 30
        and f.accounts[0]["available_balance"] == 2000
        and f.accounts[1]["user_point_account_id"] == ""
    ),
    "account-of-the-constraint": lambda f: (
        not set(f.rule["rule"]["constraints"][0]["point_accounts"].values()) & {a["account_name"] for a in f.accounts}
    ),
    "parent-that-is-not-there": lambda f: f.rule["parent_id"] not in {r["rule_id"] for r in f.rules},
    "terms-differ": lambda f: f.create["text_config"][0]["terms_and_conditions"] != f.fetched["offer_text"][0]["terms"],
    "names-of-the-discounts": lambda f: (
        (f.lock["display_name"], f.lock["amount"], f.given["display_name"], f.given["amount"])
        == ("$20 coupon", 12, "10$", 1)
    ),
    "payment-not-lowered": lambda f: (
        Decimal(f.sent["payments"][0]["amount"]) == total(f.sent) + Decimal(f.sent["tax_total"])
        and f.given["amount"] > 0
    ),
    "lock-without-quantities": lambda f: (
        "discounted_line_id_quantities" in f.lookup["offers"][0] and "discounted_line_id_quantities" not in f.lock
    ),
    "manual-fulfillment-with-a-discount": lambda f: f.create["discount_config"] == {} and f.lock["amount"] > 0,
    "subtotal-with-and-without-tax": lambda f: (
        Decimal(f.basket["subtotal"]) == total(f.basket) + Decimal(f.basket["TaxTotal"])
        and Decimal(f.sent["subtotal"]) == total(f.sent)
    ),
    "discount-of-another-customer": lambda f: f.given["user_id"] != f.sent["payments"][0]["user_id"],
    "points-of-the-lookup": lambda f: f.lookup["points"] == 0 and f.lookup["accounts"][0]["AvailableBalance"] == 10,
    "case-of-guids": lambda f: f.asked != f.past["user_id"] and f.asked.lower() == f.past["user_id"].lower(),
    "locked-long-after-the-basket": lambda f: (
        days(f.lock["applied_time"], "2018-06-10 09:30:00") == 89
        and f.basket["modified_time"] == "2018-06-10 9:30:00.000"
    ),
    "locked-before-the-basket": lambda f: days(f.sent["open_time"], f.given["applied_time"]) == 3,
    "discount-is-not-the-locks": lambda f: (
        f.given["reference_id"] != f.lock["reference_id"]
        and f.lock.keys() - f.given.keys() == {"pos_discount_id", "image_url"}
    ),
    "channel-case": lambda f: (f.basket["channel"], f.sent["channel"]) == ("STORE", "Store"),
    "paging-inside-each-result": lambda f: (f.past["skip"], f.past["take"]) == (0, 1),
    "scheme-of-the-offers-service": lambda f: (
        "http://offers-client" in f.text("fetch-offer-request")
        and "http://offers-client" not in f.text("create-offer-request")
    ),
}


def test_every_contradiction_and_variation_is_proved(ledger):
    assert {d["id"] for d in ledger["defect"] if d["kind"] != "misprint"} == set(HOLDS)


def test_a_contradiction_holds_between_the_repaired_samples(defect, sound, printed):
    if defect["kind"] != "misprint":
        assert HOLDS[defect["id"]](Facts(sound, printed))


def test_the_ledger_knows_every_defect_once(ledger):
    ids = [d["id"] for d in ledger["defect"]]
    assert len(ids) == len(set(ids)) == 46


def test_the_repaired_files_are_plain_json(sample, tools):
    text = (tools.schemas / "samples" / f"{sample['name']}.json").read_text(encoding="utf-8")
    assert "\u00a0" not in text
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
