"""The score: what is killed among what a clause could find, and nothing else."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EXPLAINED = """
[[reasons]]
kind = "equivalent"
why = "Nobody reads it."
faults = ["program.points f: a => b"]

[[reasons]]
kind = "not judged"
why = "The documents leave it open."
faults = ["program.points f: c => d", "program.points f: e => f"]
"""


@pytest.fixture
def scoring(mutator: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    module = importlib.import_module("tests.mutation.scoring")
    (tmp_path / "explained.toml").write_text(EXPLAINED)
    monkeypatch.setattr(module, "EXPLAINED", tmp_path / "explained.toml")
    return module


def _judged(scoring: Any, verdict: str, before: str = "x", after: str = "y") -> Any:
    fault = scoring.Mutant("program.points", 1, "constant", 7, "f", before, after)
    return scoring.Judged(fault, verdict, "", "", 10, 0.5)


def test_strictly_only_what_no_call_can_tell_is_left_out(scoring: Any) -> None:
    results = [
        _judged(scoring, "killed"),
        _judged(scoring, "killed", "e", "f"),
        _judged(scoring, "warned"),
        _judged(scoring, "survived"),
        _judged(scoring, "survived", "a", "b"),
        _judged(scoring, "unjudged", "c", "d"),
        _judged(scoring, "not viable"),
    ]
    found = scoring.score(results)
    assert (found.faults, found.killed, found.warned, found.equivalent, found.open) == (5, 2, 1, 1, 1)
    assert found.share == 0.4
    assert found.share_of_rules == 0.5


def test_both_scores_are_told_apart(scoring: Any) -> None:
    results = [
        *[_judged(scoring, "killed")] * 3,
        _judged(scoring, "survived"),
        _judged(scoring, "survived", "a", "b"),
        _judged(scoring, "survived", "c", "d"),
        _judged(scoring, "warned", "e", "f"),
    ]
    told = scoring.summary(results)
    assert "7 faults; no call can tell 1 of them; 6 change what a target does" in told
    assert "strict score: 3 of 6 killed: 50.0%; with 1 that were warned of: 66.7%" in told
    assert "without 2 that the documents leave open: 3 of 4 killed: 75.0%; with those warned of: 75.0%" in told


def test_the_page_lists_each_survivor_under_its_reason(scoring: Any) -> None:
    results = [
        _judged(scoring, "survived"),
        _judged(scoring, "survived", "a", "b"),
        _judged(scoring, "killed", "k", "l"),
    ]
    page = scoring.markdown(results, 1, "full")
    counted, _, excused = page.partition("## Equivalent")
    assert "- survived: program.points, f: `x` → `y`" in counted
    assert "Nobody reads it.\n\n- program.points, f: `a` → `b`" in excused
    assert "`k`" not in page
