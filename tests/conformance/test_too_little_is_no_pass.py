"""A whole run has a floor: when too few must-clauses were exercised, nothing is certified."""

from __future__ import annotations

from dataclasses import replace

import pytest

from offerproof.conformance import Options, certify, clause_plan
from offerproof.contract import Level
from offerproof.target import load_profile


@pytest.fixture
def judge(simulate, tmp_path):
    with simulate("--control") as file:
        profile = load_profile(file)
        yield lambda **options: certify(Options(profile=profile, out=tmp_path / "runs", **options)).run


@pytest.fixture
def floor_of_smoke(monkeypatch):
    def put(floor):
        allowance = replace(clause_plan.ALLOWANCES[Level.SMOKE], must_floor=floor)
        monkeypatch.setitem(clause_plan.ALLOWANCES, Level.SMOKE, allowance)

    return put


def test_a_run_below_the_floor_is_not_judged(judge, floor_of_smoke):
    floor_of_smoke(7)
    run = judge(level=Level.SMOKE)
    assert int(run.outcome.exit_code) == 3
    assert run.outcome.reasons == ("coverage floor missed: must-clauses exercised 6 of 7",)


def test_a_run_at_the_floor_conforms(judge, floor_of_smoke):
    floor_of_smoke(6)
    assert int(judge(level=Level.SMOKE).outcome.exit_code) == 0


def test_who_asks_for_one_clause_asks_for_no_floor(judge):
    run = judge(only=("SMOKE-3",))
    assert int(run.outcome.exit_code) == 0
    assert all(cell.floor is None for cell in run.coverage)


def test_every_level_has_a_floor_and_none_is_lower_than_the_one_before():
    floors = [clause_plan.ALLOWANCES[level].must_floor for level in Level]
    assert floors[0] > 0
    assert floors == sorted(floors)
