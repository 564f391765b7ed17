"""The program file: the default is complete, everything has a default, every mistake is one line that names its key."""

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from offerproof.errors import ExitCode, Misuse
from offerproof.program.model import UserOfferState

NEEDED = ("schema", "retailer", "accounts", "families", "tier_systems")


def changed(document: Any, path: Any, value: Any) -> Any:
    """The document with one member changed; path steps are keys and indices, value ``...`` takes the member away."""
    document = copy.deepcopy(document)
    *steps, last = path
    place = document
    for step in steps:
        place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return document


def test_the_default_program_is_the_documented_one(acme, settings_of):
    settings: Any = settings_of(acme)
    assert settings.name == "ACME"
    assert [(account.name, account.label) for account in settings.accounts] == [
        ("ACME Spendable Account", "Spend"),
        ("ACME Spendable Escrow Account", ""),
        ("ACME Tier-Qualifying Account", "Tier"),
        ("ACME Tier-Qualifying Escrow Account", ""),
    ]
    (system,) = settings.tiers.systems
    assert [(level.name, level.rank, level.threshold, level.expires) for level in system.levels] == [
        ("UNENROLLED", 0, 0, False),
        ("BASE", 1, 0, False),
        ("SILVER", 2, 2000, True),
        ("GOLD", 3, 10000, True),
    ]
    assert system.expiry_days is None
    assert settings.points.return_period == 30 * 86_400_000_000
    assert settings.user_offers.lock_life is None
    assert settings.user_offers.states[UserOfferState.ISSUED].code == 1
    assert settings.user_offers.states[UserOfferState.ISSUED].description == "Issued"
    (rule,) = settings.issue_rules
    assert (rule.points, rule.repeats) == (200, True)
    assert (settings.paging.default_take, settings.paging.max_take) == (100, 1000)
    assert settings.tiers.discriminators.balance_rule == 2048


def test_what_is_left_out_has_the_value_of_the_default_program(acme, settings_of):
    full = settings_of(acme)
    minimal = {key: acme[key] for key in (*NEEDED, "issue_rules")}
    minimal["offers"] = {"prepared": acme["offers"]["prepared"]}
    assert settings_of(minimal) == full


def test_lists_that_are_left_out_are_empty(acme, settings_of):
    settings = settings_of({key: acme[key] for key in NEEDED})
    assert (settings.promotions, settings.issue_rules, settings.offers.prepared) == ((), (), ())


def test_exact_numbers_and_instants_are_read(acme, settings_of):
    start = datetime(2019, 5, 1, tzinfo=UTC)
    promotion = {"name": "x", "multiplier": "1.25", "starts_at": start, "channels": ["STORE"]}
    parsed: Any
    (parsed,) = settings_of({**acme, "promotions": [promotion]}).promotions
    assert (parsed.multiplier, parsed.starts_at, parsed.channels) == (Decimal("1.25"), 1556668800000000, {"store"})
    assert parsed.families == {0, 1}
    assert settings_of(changed(acme, ["points", "fraction_digits"], 2)).points.step == Decimal("0.01")
    assert settings_of(changed(acme, ["transactions", "fold_after_days"], 1)).transactions.fold_after == 86_400_000_000


GUID = "11111111-1111-4111-8111-111111111111"
SYSTEM = ["tier_systems", 0]
MISTAKES = [
    (["schema"], ..., "schema", "missing"),
    (["schema"], 2, "schema", "is 2; this offerproof reads 1"),
    (["surprise"], 1, "surprise", "unknown key; known are accounts"),
    (["points", "rouding"], "up", "points.rouding", "did you mean 'rounding'?"),
    (["retailer"], [], "retailer", "is []; a table is due"),
    (["retailer", "name"], ..., "retailer.name", "missing"),
    (["retailer", "name"], "", "retailer.name", "is empty"),
    (["retailer", "id"], "r519hacf", "retailer.id", "GUID"),
    (["accounts"], [], "accounts", "at least 1"),
    (["accounts"], {}, "accounts", "an array is due"),
    (["accounts", 0], 7, "accounts[0]", "is 7; a table is due"),
    (["accounts", 0, "key"], "other", "accounts[0].key", "in no family"),
    (["accounts", 1, "key"], "spendable", "accounts[1].key", "two accounts"),
    (["accounts", 1, "id"], "657ebb21-af8a-48f1-86eb-3d239d7731ab", "accounts[1].id", "two accounts"),
    (["families", 0, "escrow"], "vault", "accounts[1].key", "in no family"),
    (["families", 1, "escrow"], "spendable", "families[1].escrow", "already"),
    (["families", 1, "name"], "spendable", "families[1].name", "two families"),
    (["families", 0, "rate"], "a lot", "families[0].rate", "number"),
    (["families", 0, "rate"], 0.5, "families[0].rate", "as text"),
    (["families", 0, "rate"], "-1", "families[0].rate", "negative"),
    (["families", 0, "rate"], "NaN", "families[0].rate", "negative"),
    (["families", 0, "cash_out"], "yes", "families[0].cash_out", "a boolean is due"),
    (["points", "base"], "everything", "points.base", "allowed are items_after_discounts, items"),
    (["points", "available_points"], "all", "points.available_points", "allowed are spendable, spendable_and_escrow"),
    (["points", "fraction_digits"], 5, "points.fraction_digits", "maximum of 4"),
    (["points", "return_period_days"], -1, "points.return_period_days", "minimum of 0"),
    (["points", "return_period_days"], True, "points.return_period_days", "is true; an integer is due"),
    (["promotions"], [{"name": "x"}], "promotions[0].multiplier", "needs"),
    (["promotions"], [{"name": "x", "multiplier": "0.5"}], "promotions[0].multiplier", "1 or more"),
    (["promotions"], [{"name": "x", "bonus": 1, "families": ["a"]}], "promotions[0].families", "no family"),
    (["promotions"], [{"name": "x", "bonus": 1, "starts_at": "2019"}], "promotions[0].starts_at", "an instant"),
    (
        ["promotions"],
        [
            {
                "name": "x",
                "bonus": 1,
                "starts_at": datetime(2019, 1, 1, tzinfo=UTC),
                "ends_at": datetime(2019, 1, 1, tzinfo=UTC),
            }
        ],
        "promotions[0].ends_at",
        "after the start",
    ),
    (["promotions"], [{"name": "x", "bonus": 1, "channels": "STORE"}], "promotions[0].channels", "an array is due"),
    (["promotions"], [{"name": "x", "bonus": 1, "channels": ["a", "a"]}], "promotions[0].channels", "twice"),
    (["tiers", "unenrolled_and_base_show"], 1, "tiers.unenrolled_and_base_show", "next_target"),
    (["tier_systems"], [], "tier_systems", "at least 1"),
    ([*SYSTEM, "accounts"], ["gold"], "tier_systems[0].accounts", "no account"),
    ([*SYSTEM, "expiry", "kind"], "never", "tier_systems[0].expiry.kind", "end_of_following_year"),
    ([*SYSTEM, "expiry", "days"], 365, "tier_systems[0].expiry.days", "belongs to"),
    ([*SYSTEM, "expiry"], {"kind": "days"}, "tier_systems[0].expiry.days", "missing"),
    ([*SYSTEM, "levels", 2, "rank"], 3, "tier_systems[0].levels[2].rank", "must be 2"),
    ([*SYSTEM, "levels", 1, "threshold"], 5, "tier_systems[0].levels[1].threshold", "must be 0"),
    ([*SYSTEM, "levels", 3, "threshold"], 2000, "tier_systems[0].levels[3].threshold", "more than"),
    ([*SYSTEM, "levels", 1, "expires"], True, "tier_systems[0].levels[1].expires", "do not expire"),
    ([*SYSTEM, "levels", 1, "rule_id"], "x", "tier_systems[0].levels[1].rule_id", "GUID"),
    ([*SYSTEM, "levels", 1, "id"], "33fe1242-dbae-4545-95e0-7c73740b7d61", "tier_systems[0].levels[2].id", "two"),
    (["customers", "required"], ["shoe_size"], "customers.required[0]", "allowed are external_id, email"),
    (["customers", "enrolled"], "later", "customers.enrolled", "opted_in, always, never"),
    (["offers", "prepared", 0, "type"], "gift", "offers.prepared[0].offer_type", "one of"),
    (["offers", "prepared", 0, "texts"], [], "offers.prepared[0].texts", "at least 1"),
    (["offers", "prepared", 0, "validity_unit"], "eons", "offers.prepared[0].validity_unit", "one of"),
    (["offers", "prepared", 0, "discount_config"], 5, "offers.prepared[0].discount_config", "a table"),
    (["offers", "prepared", 0, "discount_config"], {}, "offers.prepared[0].discount_config.amount", "missing"),
    (["offers", "prepared", 0, "id"], GUID, "issue_rules[0].offer_id", "not one of"),
    (["issue_rules", 0, "points"], 0, "issue_rules[0].points", "more than 0"),
    (["issue_rules", 0, "family"], "x", "issue_rules[0].family", "no family"),
    (["user_offers", "states", "locked", "code"], 1, "user_offers.states", "same code"),
    (["user_offers", "states", "lost"], {}, "user_offers.states.lost", "unknown key; known are expired"),
    (["user_offers", "lock_seconds"], "60", "user_offers.lock_seconds", "is '60'; an integer is due"),
    (["transactions", "stale"], "keep", "transactions.stale", "is 'keep'; allowed are ignore, refuse"),
    (["paging", "default_take"], 2000, "paging.default_take", "max_take"),
    (["requests", "scope"], ["country"], "requests.scope[0]", "allowed are store, client, operation"),
    (["requests", "kept"], 0, "requests.kept", "minimum of 1"),
    (["cash_out", "dates"], ["02-29"], "cash_out.dates[0]", "a day of every year, written MM-DD"),
    (["cash_out", "dates"], ["6-30"], "cash_out.dates[0]", "MM-DD"),
    (["cash_out", "value_per_point"], 0, "cash_out.value_per_point", "more than 0"),
    (["discriminators", "leaf"], "2", "discriminators.leaf", "an integer is due"),
]


@pytest.mark.parametrize(("path", "value", "key", "words"), MISTAKES, ids=lambda part: str(part)[:40])
def test_a_mistake_is_one_line_that_names_its_key(acme, settings_of, path, value, key, words):
    with pytest.raises(Misuse) as caught:
        settings_of(changed(acme, path, value))
    assert str(caught.value).startswith(f"program.toml: {key}: ")
    assert words in f"{caught.value.message} ({caught.value.hint})"
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code is ExitCode.MISUSE


def test_an_account_that_no_table_describes_is_named(acme, settings_of):
    with pytest.raises(Misuse, match='families: there is no account "tier_qualifying_escrow"'):
        settings_of({**acme, "accounts": acme["accounts"][:3]})
