"""The judge of clients: every planted mistake of a till is told by its clause, and a right till is never accused."""

from __future__ import annotations

import json
import re

import pytest

from offerproof.cli import main
from offerproof.contract import Strength, load_contract
from offerproof.selfcheck.tills import MISTAKES, judge_till, judge_tills

MUSTS = {one.id for one in load_contract().of_chapter("TILL") if one.strength is Strength.MUST}


def test_every_must_has_a_planted_mistake_and_every_mistake_a_must():
    assert {one.clause for one in MISTAKES.values()} == MUSTS
    assert len({one.summary for one in MISTAKES.values()}) == len(MISTAKES)
    assert [name for name in MISTAKES if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name)] == []


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_by_its_clause(name):
    trial = judge_till(1, name)
    assert MISTAKES[name].clause in trial.broken, trial.told


@pytest.mark.slow
def test_fifty_right_tills_with_retries_time_outs_and_rivals_are_never_accused():
    trials = list(judge_tills((), 50))
    assert [(one.seed, one.told) for one in trials if one.broken or one.warned] == []
    assert len({one.requests for one in trials}) > 5
    assert set.intersection(*(set(one.kept) for one in trials)) >= MUSTS


def test_a_right_till_exercises_every_must():
    assert set(judge_till(1).kept) >= MUSTS


def test_the_same_seed_is_the_same_day():
    first, second = judge_till(3, "locks-left-behind"), judge_till(3, "locks-left-behind")
    assert (first.requests, first.broken, first.told) == (second.requests, second.broken, second.told)


def test_the_command_says_what_it_saw(tmp_path, capsys):
    kept = tmp_path / "tills.json"
    code = main(["selfcheck", "--tills", "--clause", "TILL-12", "--seeds", "1", "--json", str(kept)])
    told = capsys.readouterr().out
    assert code == 0
    assert "told      TILL-12  locks-left-behind" in told
    assert "1 of 1 planted mistakes told by their clause, 0 of 1 right tills accused" in told
    assert [one["name"] for one in json.loads(kept.read_text("utf-8"))] == ["locks-left-behind", "right till"]


def test_a_mistake_that_nobody_planted_is_refused(capsys):
    assert main(["selfcheck", "--tills", "--only", "none"]) == 2
    assert "there is no planted mistake 'none'" in capsys.readouterr().err
