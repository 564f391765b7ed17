"""Workloads, arrivals, think times and the capacity search: all literal."""

from __future__ import annotations

import random
from itertools import islice, pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest

from offerproof.errors import Misuse
from offerproof.loadtest.capacity import CapacitySearch
from offerproof.loadtest.plan.workload import Phase, Think, Workload, from_table, seconds, steady
from offerproof.toml_file import Document


@pytest.mark.parametrize(
    ("text", "value"), [("30s", 30), ("1m30s", 90), ("250ms", 0.25), ("2h", 7200), ("1.5s", 1.5), (12, 12), ("7", 7)]
)
def test_durations_are_read_as_they_are_usually_written(text, value):
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "soon", "3x", "-1", "5s5", "nan", "8d", "200h"])
def test_what_is_no_duration_is_misuse(text):
    with pytest.raises(Misuse, match="not a duration"):
        seconds(text)


def test_constant_arrivals_are_evenly_spaced():
    assert list(steady("open", 4, 1.0).arrivals()) == [0.0, 0.25, 0.5, 0.75]


def test_workers_share_the_arrivals_without_overlap():
    workload = Workload("open", (Phase(3, 10, 40), Phase(2, 40, 40), Phase(1, 40, 0)))
    whole = list(workload.arrivals())
    parts = [list(workload.arrivals(part=part, parts=3)) for part in range(3)]
    assert sorted(at for part in parts for at in part) == pytest.approx(whole)
    assert {len(part) for part in parts} <= {len(whole) // 3, len(whole) // 3 + 1}


def test_a_ramp_has_as_many_arrivals_as_its_area_and_ever_smaller_gaps():
    arrivals = list(Workload("open", (Phase(10, 0, 20),)).arrivals())
    assert len(arrivals) == 100
    assert arrivals[25] == pytest.approx(5.0)  # a quarter of them in the first half: area grows with the square
    gaps = [later - earlier for earlier, later in pairwise(arrivals[1:])]
    assert gaps == sorted(gaps, reverse=True)


def test_a_ramp_down_to_nothing_ends():
    arrivals = list(Workload("open", (Phase(10, 20, 0),)).arrivals())
    assert len(arrivals) == 100
    assert arrivals[75] == pytest.approx(5.0)
    assert arrivals[-1] < 10


def test_a_pause_has_no_arrivals():
    workload = Workload("open", (Phase(1, 10, 10), Phase(5, 0, 0), Phase(1, 10, 10)))
    arrivals = list(workload.arrivals())
    assert len(arrivals) == 20
    assert not [at for at in arrivals if 1.0 <= at < 6.0]


def test_poisson_arrivals_have_the_rate_and_the_spread_of_chance():
    workload = steady("open", 100, 100, spacing="poisson")
    parts = [list(workload.arrivals(part=part, parts=2, seed=7)) for part in range(2)]
    together = sorted(at for part in parts for at in part)
    gaps = [later - earlier for earlier, later in pairwise(together)]
    assert len(together) == pytest.approx(10_000, rel=0.04)
    assert mean(gaps) == pytest.approx(0.01, rel=0.04)
    assert median(gaps) == pytest.approx(0.00693, rel=0.06)  # ln 2 of the mean: exponential
    assert workload.due(0, 50, parts=2, seed=7) == len([at for at in together if at < 50])
    assert list(workload.arrivals(seed=7)) == list(workload.arrivals(seed=7))
    assert list(islice(workload.arrivals(seed=7), 5)) != list(islice(workload.arrivals(seed=8), 5))


def test_a_level_is_known_at_every_instant():
    workload = Workload("closed", (Phase(10, 0, 10, warm_up=True), Phase(5, 10, 10), Phase(5, 10, 0)))
    assert [workload.level(t) for t in (0, 5, 12, 17.5, 30)] == [0, 5, 10, 5, 0]
    assert (workload.duration, workload.warm_up, workload.peak) == (20, 10, 10)
    assert workload.area() == pytest.approx(125)
    assert workload.area(10, 15) == pytest.approx(50)


def checked(table: dict[str, Any]) -> Any:
    """The table as its schema allows it, defaults filled in."""
    return Document({"workload": table}, Path("profile.toml")).checked("load_profile").values["workload"]


def test_a_profile_table_becomes_a_workload():
    table: dict[str, Any] = {
        "model": "open",
        "arrivals": "poisson",
        "phases": [{"for": "5s", "at": 10, "warm_up": True}, {"for": "1m", "from": 10, "to": 50}],
    }
    workload = from_table(checked(table))
    assert workload.phases == (Phase(5, 10, 10, warm_up=True), Phase(60, 10, 50))
    assert workload.spacing == "poisson"


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"phases": []},
        {"phases": [{"for": "5s"}]},
        {"phases": [{"for": "5s", "at": 1, "to": 2, "from": 1}]},
        {"phases": [{"for": "5s", "at": "many"}]},
        {"phases": [{"for": "5s", "at": -1}]},
        {"phases": [{"for": "5s", "at": 5, "warm_up": True}]},
        {"phases": [{"for": "5s", "at": 5}, {"for": "5s", "at": 5, "warm_up": True}]},
        {"phases": [{"for": "5s", "at": 5}], "model": "ajar"},
        {"phases": [{"for": "5s", "at": 5}], "speed": 3},
    ],
)
def test_a_table_that_is_no_workload_is_misuse(table):
    with pytest.raises(Misuse):
        from_table(checked(table))


@pytest.mark.parametrize(
    ("text", "low", "middle", "high"),
    [
        ("none", 0, 0, 0),
        ("constant(2s)", 2, 2, 2),
        ("uniform(1s, 3s)", 1, 2, 3),
        ("exponential(2s)", 0, 1.386, 20),
        ("lognormal(2s, 0.5)", 0, 2, 20),
    ],
)
def test_think_times_follow_their_distribution(text, low, middle, high):
    rng = random.Random(3)
    think = Think(text)
    draws = [think.draw(rng) for _ in range(4000)]
    assert low <= min(draws)
    assert max(draws) <= high
    assert median(draws) == pytest.approx(middle, rel=0.08)


@pytest.mark.parametrize(
    "text", ["", "sometimes", "uniform(3s, 1s)", "uniform(1s)", "lognormal(1s, -2)", "constant(x)"]
)
def test_what_is_no_think_time_is_misuse(text):
    with pytest.raises(Misuse):
        Think(text)


def search_with_limit(limit: float) -> CapacitySearch:
    search = CapacitySearch(10, ceiling=1000)
    while (rate := search.rate) is not None:
        search.report(rate <= limit)
    return search


@pytest.mark.parametrize("limit", [10, 11, 137, 640, 999])
def test_the_search_comes_within_a_tenth_of_the_limit(limit):
    search = search_with_limit(limit)
    assert search.best is not None
    assert search.best <= limit
    assert search.broken is not None
    assert limit < search.broken <= search.best * 1.12


def test_a_target_that_holds_the_ceiling_has_no_broken_rate():
    search = search_with_limit(5000)
    assert (search.best, search.broken) == (1000, None)


def test_a_target_slower_than_the_start_is_found_below_it():
    search = search_with_limit(3)
    assert search.best is not None
    assert 2.6 <= search.best <= 3


def test_a_generator_at_its_limit_ends_the_search_without_blaming_the_target():
    search = CapacitySearch(100, ceiling=1000)
    tried = []
    for met in (True, None):
        tried.append(search.rate)
        search.report(met)
    assert [*tried, search.rate] == [100, 200, None]
    assert (search.best, search.broken) == (100, None)
