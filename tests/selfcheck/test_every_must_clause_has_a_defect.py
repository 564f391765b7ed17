"""The registry of planted defects is sound, and each must-clause that a run checks has a defect of its own."""

from __future__ import annotations

import re

import pytest

from offerproof.contract import Clause, Strength, load_contract
from offerproof.defects import FAMILIES, Defect, registry

WITHOUT_A_DEFECT: dict[str, str] = {}
"""Must-clauses that have a check and no defect: clause → why. Empty, and best kept so."""


@pytest.fixture(scope="module")
def known() -> dict[str, Defect]:
    return registry()


@pytest.fixture(scope="module")
def clauses() -> dict[str, Clause]:
    return dict(load_contract().clauses)


def _checked(clause: Clause) -> bool:
    return bool(clause.shapes) or clause.unchecked is None


def test_there_are_at_least_ninety_defects_in_at_least_ten_families(known):
    assert len(known) >= 90
    assert len({one.family for one in known.values()}) >= 10


def test_each_family_has_a_defect_and_each_defect_a_family(known):
    assert {one.family for one in known.values()} == set(FAMILIES)


def test_names_are_words_with_dashes(known):
    assert [name for name in known if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []


def test_each_defect_says_in_a_sentence_of_its_own_what_is_wrong(known):
    summaries = [one.summary for one in known.values()]
    assert len(set(summaries)) == len(summaries)
    assert [text for text in summaries if len(text) < 20 or text.endswith(".")] == []


def test_each_defect_names_a_clause_that_exists(known, clauses):
    assert {one.clause for one in known.values()} - set(clauses) == set()


def test_each_checked_must_clause_has_a_defect_or_a_stated_reason(known, clauses):
    wanted = {clause.id for clause in clauses.values() if clause.strength is Strength.MUST and _checked(clause)}
    assert wanted - {one.clause for one in known.values()} == set(WITHOUT_A_DEFECT)


def test_no_defect_names_a_clause_that_never_judges(known, clauses):
    judging = {clause.id for clause in clauses.values() if clause.strength is not Strength.INFO}
    assert {one.clause for one in known.values()} - judging == set()


def test_clauses_with_a_defect_and_without_a_check_are_those_of_load_or_of_chapters_to_come(known, clauses):
    unseen = {clauses[one.clause].chapter for one in known.values() if not _checked(clauses[one.clause])}
    assert unseen <= {"LOAD", "CONC", "JOURN", "SURF"}
