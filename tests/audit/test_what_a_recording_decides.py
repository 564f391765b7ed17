"""``contracts/recorded.json`` says which clauses a recording can decide: real audits find them kept, and broken."""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from pathlib import Path

import pytest

from benchmarks.clauses_of_recordings import Bench, recordings, wrong_ones
from offerproof import audit, judgement, traffic
from offerproof.contract import CLOCK_MOVES, NEVER_ANSWERED, UNANSWERED, by_recordings, load_contract
from offerproof.contract.requirements import RECORDED

_NEVER = {
    **dict.fromkeys(("FETCH-17", "ISSUE-7", "ISSUE-8", "LOCK-16"), "an id that nobody made may be from before"),
    "JOURN-1": "what has no clause of its own needs a user offer that surely does not exist",
    **dict.fromkeys(("LOAD-5", "LOAD-6", "LOAD-7"), "by the operations of a load run alone, no recording of calls"),
}
"""Clauses that the judges name, and no recording of calls can decide."""
_OF_WHO_SENDS = {UNANSWERED, NEVER_ANSWERED, CLOCK_MOVES}
"""What ``shapes`` may hold that only who sends the requests, and again, can see."""


def named_by_the_judges() -> set[str]:
    """All clauses whose ids stand in the code that rules on recorded calls, and those of the shapes of answers."""
    contract, found = load_contract().clauses, set()
    for package in (audit, judgement, traffic):
        for path in Path(package.__path__[0]).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in contract:
                    found.add(node.value)
    return found | {name for name, clause in contract.items() if set(clause.shapes) - _OF_WHO_SENDS}


def test_every_clause_that_the_judges_of_recordings_name_is_counted_or_has_a_reason():
    assert named_by_the_judges() - by_recordings() == set(_NEVER)


def test_no_clause_is_counted_that_the_judges_do_not_name():
    assert by_recordings() - named_by_the_judges() == set()


@pytest.mark.slow
def test_each_counted_clause_is_found_kept_and_broken_by_real_audits(tmp_path):
    shown: dict[str, set[str]] = defaultdict(set)
    for clause, name in json.loads(RECORDED.read_text("utf-8")).items():
        shown[name].add(clause)
    bench = Bench(tmp_path)
    for play, entries in recordings().items():
        bench.right(entries)
        for name, wrong in wrong_ones(play, entries):
            if name in shown:
                assert shown[name] - bench.wrong(wrong) == set(), name
                del shown[name]
    assert dict(shown) == {}, "python -m benchmarks.clauses_of_recordings measures anew"
    assert by_recordings() - bench.kept == set()
