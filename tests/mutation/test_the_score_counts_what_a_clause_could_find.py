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


def test_what_is_explained_or_did_not_start_does_not_count_unless_it_was_killed(scoring: Any) -> None:
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
    assert (found.faults, found.killed, found.warned) == (4, 2, 1)
    assert found.share == 0.5
    assert found.excused == {"equivalent": 1, "not judged": 1}


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
