"""Clauses and checks fit each other one to one, and every clause is a sentence with a source."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from offerproof import content
from offerproof.contract import Strength, load_contract

SRC = Path(content.__file__).parent

Clauses = dict[str, dict[str, Any]]
Checks = list[Any]

CHAPTER_OF_MODULE = {
    "test_00_smoke.py": {"SMOKE"},
    "test_05_put_aside.py": {"KEEP"},
    "test_10_authentication.py": {"AUTH"},
    "test_15_customer_search.py": {"CUST"},
    "test_16_identifiers.py": {"CUST", "FETCH", "HIST", "ISSUE", "LOCK", "POINTS", "REDEEM", "WALLET"},
    "test_20_loyalty.py": {"LOYAL"},
    "test_25_create_fetch.py": {"CREATE", "DECL", "FETCH"},
    "test_30_issue.py": {"ISSUE"},
    "test_35_wallet.py": {"WALLET"},
    "test_40_history.py": {"HIST"},
    "test_45_lock.py": {"LOCK"},
    "test_50_redeem.py": {"REDEEM"},
    "test_55_refusals.py": {"REFUSE"},
    "test_60_idempotency.py": {"IDEM"},
    "test_62_paging.py": {"PAGE"},
    "test_64_isolation.py": {"ISOL"},
    "test_66_points.py": {"POINTS"},
    "test_68_declared.py": {"DECL"},
    "test_68_declared_input.py": {"DECL"},
    "test_68_declared_refusals.py": {"DECL"},
    "test_68_declared_shown.py": {"DECL"},
    "test_68_declared_steps.py": {"DECL"},
    "test_69_declared_points.py": {"DECL"},
    "test_70_surface.py": {"SURF"},
    "test_80_concurrency.py": {"CONC"},
    "test_75_journeys.py": {"JOURN"},
    "test_90_kept.py": {"KEEP"},
    "test_90_time.py": {"DECL", "TIME"},
    "test_95_declared_time.py": {"DECL"},
}
DOCUMENTS = {
    "Core Loyalty Data",
    "Offer Management",
    "vendor documentation",
    "observed live",
    "good practice",
    "the run's thresholds",
    "the target's profile",
}
HEADINGS = {
    "Core Loyalty Data": {
        "Summary",
        "Step 1",
        "Step 2",
        "Point Accounts",
        "Tiers and Tier-Qualifying Points",
        "Point and Tier Data for the User Object",
        "Tier Level and Point Data for the Tier Levels Object",
        "Tier Level and Point Data for the Point Account Balances Object",
    },
    "Offer Management": {f"Step {number}" for number in range(1, 7)},
}


def test_every_clause_has_a_check_or_says_why_not(clauses: Clauses, checks: Checks) -> None:
    checked = {name for check in checks for name in check.clauses}
    silent = [
        name
        for name, clause in clauses.items()
        if name not in checked and not clause.get("shapes") and not clause.get("unchecked")
    ]
    assert silent == []


def test_no_clause_has_both_a_check_and_an_excuse(clauses: Clauses, checks: Checks) -> None:
    checked = {name for check in checks for name in check.clauses}
    assert [name for name in checked if clauses[name].get("unchecked")] == []


def test_every_check_names_clauses_that_exist(clauses: Clauses, checks: Checks) -> None:
    assert [check.name for check in checks if not check.clauses] == []
    assert {name for check in checks for name in check.clauses} - set(clauses) == set()


def test_every_clause_beyond_the_first_is_judged_by_a_block_of_its_own(checks: Checks) -> None:
    """The first id judges what stands outside blocks; each other one needs a block ``with expect.clause(id):``.

    Journeys open the block of whatever clause the oracle names; ``tests/journeys`` sees each of them turn red."""
    unproven = [
        f"{check.module}::{check.name} {name}"
        for check in checks
        for name in check.clauses[1:]
        if name not in check.used and check.module != "test_75_journeys.py"
    ]
    assert unproven == []


def test_no_must_waits_for_a_should_to_hold(clauses: Clauses, checks: Checks) -> None:
    """What fails outside blocks ends a check: a should that did would keep a right target from its certificate."""
    weak = [
        f"{check.module}::{check.name}"
        for check in checks
        if check.clauses
        and clauses[check.clauses[0]]["strength"] != "must"
        and any(clauses[name]["strength"] == "must" for name in check.clauses)
    ]
    assert weak == []


def test_a_check_stands_in_the_module_of_its_chapter(checks: Checks) -> None:
    strays = [
        f"{check.module}::{check.name}"
        for check in checks
        if check.module in CHAPTER_OF_MODULE
        and {name.rpartition("-")[0] for name in check.clauses} - CHAPTER_OF_MODULE[check.module]
    ]
    assert strays == []


def test_customers_have_no_word_of_ours_for_a_name() -> None:
    """A name is masked wherever it stands as a word: "the {name-32} 20 requests" tells nobody anything."""
    told = " ".join(
        file.read_text("utf-8") for folder in ("client", "conformance") for file in (SRC / folder).rglob("*.py")
    )
    words = set(re.findall(r"[a-z]+", told.lower()))
    given = [
        name.lower()
        for file in content.folder("contracts").glob("test_*.py")
        for name in re.findall(r'"(?:first|last)_name": "([A-Za-z]+)"', file.read_text("utf-8"))
    ]
    assert "last" in words
    assert given
    assert [name for name in given if name in words] == []


def test_names_of_checks_are_unique(checks: Checks) -> None:
    names = Counter(check.name for check in checks)
    assert [name for name, count in names.items() if count > 1] == []


def test_ids_are_unique_and_count_from_one_without_gaps(document: dict[str, Any]) -> None:
    """An id that is given up stays in the file, with the reason in ``unchecked``; so none is ever given again."""
    ids = [entry["id"] for entry in document["clauses"]]
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    for chapter in document["chapters"]:
        numbers = [int(name.rpartition("-")[2]) for name in ids if name.rpartition("-")[0] == chapter]
        assert numbers == list(range(1, len(numbers) + 1)), chapter


def test_every_clause_names_a_known_document_and_heading(clauses: Clauses) -> None:
    wrong = []
    for name, clause in clauses.items():
        if clause["source"] not in DOCUMENTS or not clause["section"].strip():
            wrong.append(name)
        for part in clause["section"].split("; "):
            document, _, heading = part.rpartition(", ")
            known = HEADINGS.get(document or clause["source"])
            if known is not None and heading not in known:
                wrong.append(f"{name}: {part}")
    assert wrong == []


def test_what_was_only_seen_live_or_is_good_practice_is_never_a_must(clauses: Clauses) -> None:
    weak = {"observed live", "good practice"}
    assert [n for n, c in clauses.items() if c["strength"] == "must" and c["source"] in weak] == []


@pytest.mark.parametrize("chapter", ["SMOKE", "LOCK", "REDEEM", "REFUSE"])
def test_chapters_have_musts(chapter: str, clauses: Clauses) -> None:
    assert any(c["strength"] == "must" for n, c in clauses.items() if n.startswith(f"{chapter}-"))


def test_sentences_are_short_plain_sentences_about_the_api(clauses: Clauses) -> None:
    wrong = []
    for name, clause in clauses.items():
        sentence = clause["sentence"]
        if not sentence.endswith(".") or len(sentence) > 140 or "  " in sentence or sentence != sentence.strip():
            wrong.append(name)
        if re.search(r"\b(simulator|mock|test suite|we|our)\b", sentence, re.IGNORECASE):
            wrong.append(f"{name} speaks of us")
        if re.search(r"\b(should|must|shall)\b", sentence):
            wrong.append(f"{name} says its strength")
    assert wrong == []
    assert len({clause["sentence"] for clause in clauses.values()}) >= len(clauses) - 3


def test_every_operation_that_is_in_use_has_its_shape_judged(clauses: Clauses) -> None:
    judged = {operation for clause in clauses.values() for operation in clause.get("shapes", ())}
    named = {operation for clause in clauses.values() for operation in clause.get("operations", ())}
    assert named - judged == set()


def test_clauses_of_operations_seen_only_live_need_a_capability(clauses: Clauses) -> None:
    optional = {
        "create_customer": "create_customer",
        "issue_offer": "issue",
        "revoke_offer": "revoke",
        "get_user_offers": "get_user_offers",
        "get_customer": "get_customer",
        "get_customer_by_external_id": "get_customer_by_external_id",
        "unlock": "unlock",
        "redeem": "redeem",
        "reinstate": "reinstate",
    }
    bare = [
        f"{name}: {operation}"
        for name, clause in clauses.items()
        for operation in clause.get("operations", ())
        if operation in optional
        and optional[operation] not in clause.get("needs", ())
        and not clause.get("shapes")
        and not clause.get("unchecked")
    ]
    assert bare == []


def test_a_clause_on_the_tier_that_time_moves_needs_tiers(clauses: Clauses) -> None:
    about = {
        name
        for name, clause in clauses.items()
        if name.startswith("TIME-") and re.search(r"\btier\b(?!-qualifying)", clause["sentence"])
    }
    assert about == {"TIME-4", "TIME-6", "TIME-7", "TIME-8", "TIME-17", "TIME-18", "TIME-19", "TIME-20"}
    assert [name for name in sorted(about) if "tiers" not in clauses[name]["needs"]] == []


def test_the_loader_reads_what_stands_there(clauses: Clauses) -> None:
    contract = load_contract()
    assert set(contract.clauses) == set(clauses)
    assert contract.clauses["LOCK-1"].strength is Strength.MUST


def test_what_a_clause_follows_from_is_another_clause_and_never_itself_by_any_way() -> None:
    clauses = load_contract().clauses
    for name in clauses:
        above, waiting = set[str](), list(clauses[name].follows_from)
        while waiting:
            one = waiting.pop()
            waiting += [further for further in clauses[one].follows_from if further not in above]
            above.add(one)
        assert name not in above, f"{name} follows from itself"
        assert clauses[name].general or clauses[name].shapes or not any(clauses[one].general for one in above), (
            f"{name} is literal and cannot follow from what only says it again"
        )
