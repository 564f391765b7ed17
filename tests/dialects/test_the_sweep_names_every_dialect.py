"""The long sweep: which runs it makes, when a run is green, and what its table says."""

from __future__ import annotations

import importlib
from argparse import Namespace
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def sweep(combine: Any) -> ModuleType:
    """The command's module; asking for ``combine`` makes the root of the checkout importable."""
    return importlib.import_module("benchmarks.dialect_sweep")


def asked(**changes: Any) -> Namespace:
    plain = {"levels": ["gate", "full"], "what": ["singles"], "only": [], "beside": [], "combinations": 2, "seed": 7}
    return Namespace(**{**plain, **changes})


def test_each_dialect_and_reading_is_run_by_itself_at_each_level(sweep):
    made = list(sweep.jobs(asked()))
    assert len(made) == 2 * len(sweep.KNOWN)
    assert [one.name for one in made if one.level == "full"] == list(sweep.KNOWN)


def test_each_dialect_and_reading_is_in_one_handful(sweep):
    made = list(sweep.jobs(asked(what=["handfuls"], levels=["full"])))
    assert sorted(name for one in made for name in one.spoken) == sorted(sweep.KNOWN)


def test_one_seed_draws_one_combination(sweep):
    made = list(sweep.jobs(asked(what=["combinations"], levels=["gate"])))
    assert [one.seed for one in made] == [8, 9]
    assert made == list(sweep.jobs(asked(what=["combinations"], levels=["gate"])))
    assert made[0].spoken != made[1].spoken


def test_only_a_run_in_which_everything_was_kept_is_green(sweep):
    job = sweep.Job("dialect", "guids_in_capitals", ("guids_in_capitals",), "gate", 7)
    rows = [
        sweep.Row(job, exit_code=0, kept=300),
        sweep.Row(job, exit_code=0, kept=299, warned=1, red=["X-1 warn"]),
        sweep.Row(job, exit_code=3, kept=299, unknown=1, red=["X-1 unknown"]),
        sweep.Row(job, red=["the run broke with exit code -9: "]),
    ]
    assert [one.green for one in rows] == [True, False, False, False]
    assert rows[0].line().endswith("green")
    assert rows[2].line().endswith("RED, exit 3")
    told = sweep.summary(rows)
    assert "dialect      gate       4      1     898     0     1        1" in told
    assert told.endswith("1 of 4 runs of right targets are green")


def test_a_run_that_breaks_is_red_and_says_why(sweep, tmp_path):
    job = sweep.Job("dialect", "nonsense", ("no such dialect",), "gate", 7)
    row = sweep.heard(job, tmp_path)
    assert not row.green
    assert "no such dialect" in row.red[0]
