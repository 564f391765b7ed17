"""A measure of thresholds is declared once: what judges, tells and describes it takes it from there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import offerproof.cli.load
from offerproof.contract import load_contract
from offerproof.loadtest.figures import Series
from offerproof.loadtest.plan import measures
from offerproof.loadtest.plan.measures import MEASURES, SeriesReading, measure, measure_of, measures_told
from offerproof.loadtest.plan.thresholds import Threshold, parse_thresholds, to_abort

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ("thresholds", "load_profile")


@pytest.fixture
def slowest_share() -> Iterator[str]:
    """One more measure, declared as a file of the package would."""

    @measure("over_N_ms", unit="share", clause="LOAD-1", about="at most; the share that took longer than N ms")
    def _over(reading: SeriesReading, number: float) -> float:
        return sum(n for us, n in reading.series.latency.items() if us > number * 1000) / reading.series.count

    yield "over_N_ms"
    del MEASURES["over_N_ms"]


def series(*milliseconds: int) -> Series:
    made = Series()
    for one in milliseconds:
        made.latency[one * 1000] = made.latency.get(one * 1000, 0) + 1
    return made


def described(schema: str) -> dict[str, Any]:
    """The measures that a schema of a TOML file names: plain names, and patterns."""
    bounds = json.loads((ROOT / "schemas" / f"{schema}.json").read_text("utf-8"))["$defs"]["bounds"]
    plain = {f"^{re.escape(name)}(?!\n)$" for name in bounds["properties"] if name != "abort_on_fail"}
    return {"patterns": plain | set(bounds["patternProperties"]), "hint": bounds["x-hint"]}


def documented() -> list[tuple[str, str]]:
    page = (ROOT / "docs" / "load-runs.md").read_text("utf-8")
    table = page.partition("| measure |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `(\S+)` \| (.+) \|$", table, flags=re.MULTILINE)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_schemas_of_the_files_allow_each_measure_and_no_other(schema):
    assert described(schema)["patterns"] == {one.pattern for one in MEASURES.values()}
    assert all(one.name.replace("N", "95") in described(schema)["hint"] for one in MEASURES.values())


def test_the_documents_have_a_row_for_each_measure():
    assert documented() == measures_told()


def test_help_has_a_row_for_each_measure():
    shown = " ".join(CliRunner().invoke(offerproof.cli.load.command, ["--help"]).output.split())
    for name, told in measures_told():
        assert f"{name} {told}" in shown


@pytest.mark.parametrize("name", MEASURES)
def test_each_measure_names_a_clause_has_a_unit_and_can_be_read(name):
    one = MEASURES[name]
    assert one.clause in {clause.id for clause in load_contract().of_chapter("LOAD")}
    assert one.unit in {"ms", "share", "1/s"}
    assert one.about.startswith("at least; " if one.at_least else "at most; ")
    assert measure_of(name.replace("N", "99")) == (one, 99.0 if "N" in name else 0.0)
    value = one.value(SeriesReading(series(1, 2), finished=2, elapsed=1, due=2), 50.0)
    assert value is not None
    assert value >= 0


@pytest.mark.parametrize("name", MEASURES)
def test_nothing_is_known_of_what_nobody_measured(name):
    row = Threshold("lock", name.replace("N", "99"), 0.5)
    found = row.held_against(SeriesReading(Series()))
    assert (found.met, found.excused) == (None, True)


@pytest.mark.parametrize("name", ["p99", "P99_ms", "p99_ms\n", "p100_ms", "p9.1234_ms", "median_ms", ""])
def test_other_names_are_no_measures(name):
    with pytest.raises(KeyError):
        measure_of(name)


def test_a_measure_is_declared_once():
    with pytest.raises(RuntimeError, match="rate is declared twice"):
        measure("rate", unit="1/s", clause="LOAD-3", about="again")(measures._rate)


def test_one_more_measure_is_judged_and_told_and_every_guard_asks_for_its_rows(slowest_share):
    (row,) = parse_thresholds({"call": {"lock": {"over_40_ms": 0.25, "abort_on_fail": True}}})
    assert row.held_against(SeriesReading(series(10, 20, 30, 50))).met is True
    assert row.held_against(SeriesReading(series(10, 20, 50, 50))).met is False
    assert row.sentence == "over_40_ms of lock at most 0.25"
    assert row.declared.clause == "LOAD-1"
    assert to_abort((row,), {"lock": series(*[50] * 20)}) == row
    shown = " ".join(CliRunner().invoke(offerproof.cli.load.command, ["--help"]).output.split())
    assert "over_N_ms at most; the share that took longer than N ms; share, LOAD-1" in shown
    told_nowhere_yet = MEASURES[slowest_share].pattern
    assert {one.pattern for one in MEASURES.values()} - described("thresholds")["patterns"] == {told_nowhere_yet}
    assert {name for name, _ in measures_told()} - {name for name, _ in documented()} == {"over_N_ms"}
