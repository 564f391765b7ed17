"""The registry of planted defects is sound, and each clause that a run judges has a defect of its own."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from offerproof.contract import Clause, Strength, load_contract
from offerproof.defects import FAMILIES, Defect, chapters, registry

WITHOUT_A_DEFECT = {
    "AVAIL-1": "no rewrite of an answer takes it away; tests/conformance/test_no_answer_is_no_breach.py does",
}
"""Clauses that have a check and no defect, none of them a must: clause → why. Best kept short."""


@pytest.fixture(scope="module")
def known() -> dict[str, Defect]:
    return registry()


@pytest.fixture(scope="module")
def clauses() -> dict[str, Clause]:
    return dict(load_contract().clauses)


def _checked(clause: Clause) -> bool:
    return bool(clause.shapes) or clause.unchecked is None


def test_there_are_at_least_four_hundred_and_most_work_before_any_server(known):
    kinds = Counter(one.kind for one in known.values())
    assert len(known) >= 400
    assert kinds["wire rewrite"] >= 390
    assert set(kinds) == {"wire rewrite", "program patch"}


def test_each_family_has_a_defect_and_each_defect_a_family(known):
    assert {one.family for one in known.values()} == set(FAMILIES)


def test_names_are_words_with_dashes(known):
    assert [name for name in known if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []


def test_each_defect_says_in_a_sentence_of_its_own_what_is_wrong(known):
    summaries = [one.summary for one in known.values()]
    assert len(set(summaries)) == len(summaries)
    assert [text for text in summaries if len(text) < 20 or text.endswith(".")] == []


def test_each_defect_names_a_clause_that_judges(known, clauses):
    judging = {clause.id for clause in clauses.values() if clause.strength is not Strength.INFO}
    assert {one.clause for one in known.values()} - judging == set()


def test_each_defect_stands_in_the_module_of_its_clauses_chapter(known, clauses):
    told = [
        (file.stem, clause)
        for file in Path(chapters.__path__[0]).glob("*.py")
        for clause in re.findall(r'"([A-Z]+-[0-9]+)"', file.read_text("utf-8"))
        if clause in clauses
    ]
    assert {clause for _, clause in told} == {one.clause for one in known.values()}
    assert [(stem, clause) for stem, clause in told if stem.split("_")[0].upper() != clauses[clause].chapter] == []


def test_program_patches_keep_to_public_names():
    sources = {file.stem: file.read_text("utf-8") for file in Path(chapters.__path__[0]).glob("*.py")}
    assert {stem: found for stem, source in sources.items() if (found := re.findall(r"\w\._[a-z]\w*", source))} == {}


def test_each_checked_clause_that_judges_has_a_defect_or_a_stated_reason(known, clauses):
    wanted = {one.id for one in clauses.values() if one.strength is not Strength.INFO and _checked(one)}
    assert wanted - {one.clause for one in known.values()} == set(WITHOUT_A_DEFECT)
    assert [name for name in WITHOUT_A_DEFECT if clauses[name].strength is Strength.MUST] == []


def test_clauses_with_a_defect_and_without_a_check_are_those_of_load(known, clauses):
    assert {clauses[one.clause].chapter for one in known.values() if not _checked(clauses[one.clause])} <= {"LOAD"}
