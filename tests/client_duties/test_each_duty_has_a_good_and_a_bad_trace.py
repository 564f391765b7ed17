"""Each clause of chapter TILL: a good trace is silent, a bad one names its clause, a cut one accuses nobody."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from offerproof.client_duties import CHAPTER
from offerproof.contract import Strength, load_contract

TRACES: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "traces.toml").read_text("utf-8"))
CLAUSES = {clause.id: clause for clause in load_contract().of_chapter(CHAPTER)}
DOUBTFUL = {"TILL-10"}
"""Musts whose bad trace leaves a doubt, and so is a warning; the hard case has a test of its own."""


def test_every_clause_has_its_traces() -> None:
    assert set(TRACES) == set(CLAUSES)


@pytest.mark.parametrize("clause", TRACES)
def test_a_good_trace_accuses_nobody(clause, judged):
    notes = judged(TRACES[clause]["good"])
    assert (notes.breaches, notes.words) == ([], [])


@pytest.mark.parametrize("clause", TRACES)
def test_a_bad_trace_names_its_clause_and_at_most_what_follows_from_it(clause, judged):
    notes = judged(TRACES[clause]["bad"])
    must = CLAUSES[clause].strength is Strength.MUST
    expected = clause + ("?" if clause in DOUBTFUL else "")
    assert expected in notes.breaches if must else clause in {one.rstrip("?") for one in notes.breaches}
    others = {one.rstrip("?") for one in notes.breaches} - {clause}
    assert {one for one in others if clause not in CLAUSES[one].follows_from} == set(), notes.words


@pytest.mark.parametrize("clause", sorted(name for name, one in CLAUSES.items() if one.strength is not Strength.INFO))
def test_a_good_trace_shows_that_the_duty_was_kept(clause, judged):
    assert clause in judged(TRACES[clause]["good"]).kept
