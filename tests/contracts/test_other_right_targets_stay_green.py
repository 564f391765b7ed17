"""No false alarm: other readings of the open questions, and other dialects of right answers, turn nothing red."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

READINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "points on items": (('base = "items_after_discounts"', 'base = "items"'),),
    "points on payments": (('base = "items_after_discounts"', 'base = "payments"'),),
    "points on the subtotal": (('base = "items_after_discounts"', 'base = "subtotal"'),),
    "points rounded up": (('rounding = "down"', 'rounding = "up"'),),
    "points with fractions": (("fraction_digits = 0", "fraction_digits = 2"), ('rate = "1"', 'rate = "2.75"')),
    "the first payer gets all": (('split = "share"', 'split = "first"'),),
    "fourteen days of return": (("return_period_days = 30", "return_period_days = 14"),),
    "return period from the opening": (('return_period_starts = "loaded"', 'return_period_starts = "opened"'),),
    "available with escrow": (('available_points = "spendable" ', 'available_points = "spendable_and_escrow" '),),
    "Lookup shows the total": (('lookup_points = "available"', 'lookup_points = "total"'),),
    "lifetime moves": (('escrow_life_time = "keeps"', 'escrow_life_time = "moves"'),),
    "balances may go negative": (("may_go_negative = false", "may_go_negative = true"),),
    "qualifying points restart": (("yearly_restart = false", "yearly_restart = true"),),
    "tiers for a year": (('kind = "end_of_following_year"', 'kind = "days"\ndays = 365'),),
    "Base shows no target": (('unenrolled_and_base_show = "next_target"', 'unenrolled_and_base_show = "nothing"'),),
    "one text": (
        ('fetch_texts = "all"', 'fetch_texts = "best"'),
        ('last_fall_back = "first"', 'last_fall_back = "none"'),
    ),
    "issues unpublished offers": (('issue_unpublished = "refuse"', 'issue_unpublished = "allow"'),),
    "each item discounted": (('item_discount = "dearest"', 'item_discount = "each"'),),
    "locks for ten minutes": (("lock_seconds = 0 ", "lock_seconds = 600 "),),
    "locked offers leave": (('locked_in_lookup = "stays"', 'locked_in_lookup = "leaves"'),),
    "locked offers are listed": (('locked_in_get_user_offers = "leaves"', 'locked_in_get_user_offers = "stays"'),),
    "plain offers are not eligible": (("plain_offers_eligible = true", "plain_offers_eligible = false"),),
    "lenient clerks": (
        ('unlock_unlocked = "refuse"', 'unlock_unlocked = "ignore"'),
        ('revoke_revoked = "refuse"', 'revoke_revoked = "ignore"'),
        ('reinstate_issued = "refuse"', 'reinstate_issued = "ignore"'),
    ),
    "strict revoke": (('revoke_locked = "allow"', 'revoke_locked = "refuse"'),),
    "nobody answered otherwise": (
        ('unknown_customer_lookup = "refuse"', 'unknown_customer_lookup = "empty"'),
        ('unknown_customer_history = "empty"', 'unknown_customer_history = "refuse"'),
        ('unknown_customer_get_user_offers = "empty"', 'unknown_customer_get_user_offers = "refuse"'),
    ),
    "other states": (
        ('locked = { code = 2, description = "Locked" }', 'locked = { code = 12, description = "In use" }'),
        (
            'redeemed = { code = 3, description = "Redeemed" }',
            'redeemed = { code = 0, description = "Offer Redeemed" }',
        ),
        ('expired = { code = 4, description = "Expired" }', 'expired = { code = 99, description = "EXPIRED" }'),
    ),
    "strict tills": (
        ('stale = "ignore"', 'stale = "refuse"'),
        ('unknown_payer = "nobody"', 'unknown_payer = "refuse"'),
    ),
    "lenient tills": (
        ('reopening = "refuse"', 'reopening = "allow"'),
        ('is_closed_missing = "open"', 'is_closed_missing = "closed"'),
        ('bad_discount = "refuse"', 'bad_discount = "ignore"'),
        ("void_reinstates = true", "void_reinstates = false"),
        ('late_return = "final_account"', 'late_return = "ignore"'),
    ),
    "no request ids": (("[requests]                     # request_id\nenabled = true", "[requests]\nenabled = false"),),
    "request ids for all operations": (('scope = ["store", "client", "operation"]', 'scope = ["store", "client"]'),),
    "request ids of reads": (
        ('other_body = "refuse"', 'other_body = "stored_answer"'),
        ("reads_counted = false", "reads_counted = true"),
    ),
    "refusals not stored": (("refusals_stored = true", "refusals_stored = false"),),
    "small pages": (("default_take = 100", "default_take = 2"), ("max_take = 1000", "max_take = 40")),
    "small pages, strictly": (
        ("default_take = 100", "default_take = 2"),
        ("max_take = 1000", "max_take = 40"),
        ('above_max = "cap"', 'above_max = "refuse"'),
    ),
    "other labels": (('label = ""', 'label = "Escrow"'),),
    "shared numbers find the newest": (('shared_mobile_number = "refuse"', 'shared_mobile_number = "newest"'),),
}
"""Changes of the program file, each a reading that the documents leave open."""

ARGUMENTS: dict[str, list[dict[str, Any]]] = {
    "test_another_services_pair_is_refused_with_401": [{"operation": "lookup"}],
    "test_a_header_that_is_no_basic_pair_is_refused_with_401": [{"header": "Basic !!!"}],
}
TOO_LONG = {"test_long_journeys"}
"""Thousands of steps each; the short journeys are the same check, and tests/journeys has the rest."""
PROGRAM = Path(__file__).resolve().parents[2] / "src" / "offerproof" / "simulator" / "acme.toml"
FREE = {"validity_errors", "validation_errors", "profile_fields", "point_accounts", "user_profile", "errors"}
MONEY = {"amount", "available_balance", "life_time_value", "AvailableBalance", "LifeTimeValue", "total_points"}
POINTS = {"life_time_points", "available_points", "tier_points", "next_tier_points", "tier_ends_value", "points"}
GUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _all_red(bench: Any, rewrite: Any = None) -> dict[str, list[str]]:
    red = {}
    for name in [one for one in bench.checks if one not in TOO_LONG]:
        for arguments in ARGUMENTS.get(name, [{}]) if bench.can(name) else []:
            run = bench.run(name, rewrite, **arguments)
            if run.problems or run.shapes:
                red[name] = [*run.problems, *run.shapes]
    return red


@pytest.mark.slow
@pytest.mark.parametrize("reading", READINGS)
def test_another_reading_of_what_is_open_stays_green(reading: str, make_bench: Any, tmp_path: Path) -> None:
    program = PROGRAM.read_text(encoding="utf-8")
    for documented, other in READINGS[reading]:
        assert documented in program, f"the program file no longer says {documented}"
        program = program.replace(documented, other)
    file = tmp_path / "program.toml"
    file.write_text(program, encoding="utf-8")
    assert _all_red(make_bench(file)) == {}


def _each_object(value: Any, change: Callable[[dict[str, Any]], None]) -> None:
    if isinstance(value, list):
        for one in value:
            _each_object(one, change)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in FREE:
                _each_object(inner, change)
        change(value)


def _successes(change: Callable[[dict[str, Any]], None]) -> Any:
    def rewrite(called: str, asked: bytes, status: int, body: bytes) -> tuple[int, bytes]:
        document = json.loads(body)
        if status == 200 and document["status"].lower() in ("ok", "success"):
            change(document)
        return status, json.dumps(document).encode()

    return rewrite


def _extra(document: dict[str, Any]) -> None:
    _each_object(document, lambda one: one.update(x_extra={"note": [1, None, "é"]}))


def _decimals(document: dict[str, Any]) -> None:
    def change(one: dict[str, Any]) -> None:
        for name in (MONEY | POINTS) & set(one):
            if isinstance(one[name], int | float) and not isinstance(one[name], bool):
                one[name] = float(one[name])

    _each_object(document, change)


def _reversed_lists(document: dict[str, Any]) -> None:
    def change(one: dict[str, Any]) -> None:
        for name in ("offers", "accounts", "details", "rules", "offer_text", "identifiers", "discounted_line_ids"):
            if isinstance(one.get(name), list):
                one[name].reverse()

    _each_object(document, change)


def _pictures(document: dict[str, Any]) -> None:
    def change(one: dict[str, Any]) -> None:
        if "image_url" in one:
            one["image_url"] = "https://cdn.example.com/picture.png"

    _each_object(document, change)


def _seven_digits(called: str, asked: bytes, status: int, body: bytes) -> tuple[int, bytes]:
    return status, re.sub(
        rb"(T[0-9:]{8})(?:[.]([0-9]{1,7}))?Z", lambda m: m[1] + b"." + (m[2] or b"").ljust(7, b"0") + b"Z", body
    )


def _no_optionals(document: dict[str, Any]) -> None:
    def change(one: dict[str, Any]) -> None:
        if "available_points" in one:
            for name in ("gender", "dob", "address", "address2", "city", "zip", "dma", "state", "country"):
                one.pop(name, None)
                one["current_zip"] = None

    _each_object(document, change)


def _status_of_refusals(code: int) -> Any:
    def rewrite(called: str, asked: bytes, status: int, body: bytes) -> tuple[int, bytes]:
        return (code if status >= 400 and status != 401 else status), body

    return rewrite


def _upper(called: str, asked: bytes, status: int, body: bytes) -> tuple[int, bytes]:
    return status, GUID.sub(lambda found: found[0].upper(), body)


def _chained(*rewrites: Any) -> Any:
    def rewrite(called: str, asked: bytes, status: int, body: bytes) -> tuple[int, bytes]:
        for one in rewrites:
            status, body = one(called, asked, status, body)
        return status, body

    return rewrite


DIALECTS: dict[str, Any] = {
    "GUIDs in capitals": _upper,
    "unknown extra keys": _successes(_extra),
    "decimal numbers": _successes(_decimals),
    "other orders of lists": _successes(_reversed_lists),
    "images": _successes(_pictures),
    "seven fractional digits": _seven_digits,
    "no optional attributes": _successes(_no_optionals),
    "errors absent": _successes(lambda document: document.pop("errors", None)),
    "errors null": _successes(lambda document: document.update(errors=None)),
    "errors empty": _successes(lambda document: document.update(errors={})),
    "other case of status words": _successes(lambda document: document.update(status=document["status"].swapcase())),
    "200 with error": _status_of_refusals(200),
    "422 for every refusal": _status_of_refusals(422),
}
DIALECTS["all of them"] = _chained(
    *(rewrite for name, rewrite in DIALECTS.items() if name not in ("errors absent", "errors null", "200 with error"))
)


SPEAKS_OTHERWISE = (
    "answers.members",
    "answers.values",
    "refusals.answers",
    "create_customer.attributes",
    "create_offer.media",
)
"""Questions of the profile that some of these dialects answer otherwise than our simulator."""


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_another_dialect_of_right_answers_stays_green(
    dialect: str, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = 0
    if dialect in ("no optional attributes", "images", "200 with error", "422 for every refusal", "all of them"):
        told = {name: said for name, said in bench.profile.behaviours.items() if name not in SPEAKS_OTHERWISE}
        monkeypatch.setattr(bench, "profile", replace(bench.profile, behaviours=told))

    def counted(called: str, asked: bytes, status: int, body: bytes) -> tuple[int, bytes]:
        nonlocal changed
        rewritten: tuple[int, bytes] = DIALECTS[dialect](called, asked, status, body)
        before = json.dumps(json.loads(body)).encode()
        after = json.dumps(json.loads(rewritten[1])).encode()
        changed += (status, before) != (rewritten[0], after)
        return rewritten

    assert _all_red(bench, counted) == {}
    assert changed > 20


BARE = ("redemption_start_date", "redemption_end_date", "description")


def _bare_records(document: dict[str, Any]) -> None:
    """Offers of others, without end and without words: nothing to show of them is nothing to be accused of."""

    def change(one: dict[str, Any]) -> None:
        for name in BARE if "status_description" in one else BARE[2:] if "culture" in one else ():
            one.pop(name, None)

    _each_object(document, change)


def _no_level_below_base(document: dict[str, Any]) -> None:
    def change(one: dict[str, Any]) -> None:
        if one.get("tier_levels") and one["tier_levels"][0]["tier_overview"]["rank"] <= 1:
            one["tier_levels"] = []

    _each_object(document, change)


def test_an_offer_without_words_and_window_is_described_rightly(bench: Any) -> None:
    run = bench.run("test_every_issued_offer_has_one_record_that_describes_it", _successes(_bare_records))
    assert [*run.problems, *run.shapes] == []
    assert {run.verdicts["HIST-5"], run.verdicts["HIST-6"]} == {"pass"}


def test_who_is_in_no_tier_is_not_judged_by_one(bench: Any) -> None:
    run = bench.run(
        "test_the_identities_hold_for_a_new_customer_and_after_a_purchase", _successes(_no_level_below_base)
    )
    assert run.shapes == []
    assert "fail" not in run.verdicts.values()
    assert run.verdicts["LOYAL-1"] == "pass"
    assert run.verdicts["LOYAL-9"] == "unknown"
