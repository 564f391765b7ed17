"""Which part an account plays: by its label, by a name that says escrow, or by the names it is akin to."""

from __future__ import annotations

from offerproof.judgement.accounts import parts_of


def accounts(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"account_name": name, "grouping_label": label} for name, label in pairs]


def test_the_documented_accounts_are_known_by_label_and_name():
    documented = accounts(
        ("ACME Spendable Account", "Spend"),
        ("ACME Spendable Escrow Account", ""),
        ("ACME Tier Qualifying Account", "Tier"),
        ("ACME Tier-Qualifying Escrow Account", ""),
    )
    assert parts_of(documented) == ["spendable", "spendable_escrow", "tier", "tier_escrow"]


def test_where_no_name_says_escrow_an_account_belongs_to_the_one_it_is_akin_to():
    others = accounts(
        ("Sea Miles On Approach", ""), ("Sea Miles", "Tier"), ("Doubloons On Approach", ""), ("Doubloons", "Spend")
    )
    assert parts_of(others) == ["tier_escrow", "tier", "spendable_escrow", "spendable"]


def test_an_account_that_is_akin_to_both_or_neither_is_something_else():
    mixed = accounts(
        ("Club Coins", "Spend"), ("Club Miles", "Tier"), ("Club Gifts", ""), ("Raffle", ""), ("X", "Other")
    )
    assert parts_of(mixed) == ["spendable", "tier", "other", "other", "other"]
