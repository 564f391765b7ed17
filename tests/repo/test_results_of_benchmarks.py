"""``make bench``: every program of ``benchmarks/`` is measured, or it is said why not; ratios stand first."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import peers
from benchmarks.results import LEFT_OUT, MEASUREMENTS, Measurement, Outcome, measured, of_load, of_peers, page

RATES = json.dumps({"offerproof simulate": 400.0, "Prism": 20.0, "k6": peers.LACKING})


def test_every_program_of_the_folder_is_measured_or_left_out_for_a_reason(root: Path) -> None:
    programs = {path.stem for path in (root / "benchmarks").glob("*.*") if path.suffix in (".py", ".sh")}
    parts = {part for one in MEASUREMENTS for part in one.command[1:]}
    run = {part.removeprefix("benchmarks.").removeprefix("benchmarks/").removesuffix(".py") for part in parts}
    assert programs - run <= set(LEFT_OUT), "measure it in benchmarks/results.py, or say there why not"
    assert set(LEFT_OUT) <= programs


def test_ratios_come_of_one_run_and_who_lacks_is_named() -> None:
    told = f"a table\n{RATES}"
    assert list(of_peers("offerproof simulate")(told)) == [
        ("offerproof simulate beside Prism", "20.00 x"),
        ("offerproof simulate beside k6", "not to be had here"),
    ]
    figures = {"per_core": {"offerproof": [30.0, 10.0, 20.0], "wrk": [40.0]}}
    figures["requests_per_second"] = {"offerproof": [2.0]}
    assert list(of_load(json.dumps(figures))) == [
        ("offerproof load beside wrk, requests a second of processor time", "0.50 x")
    ]


def test_the_page_has_ratios_machine_and_what_each_figure_does_not_say() -> None:
    one = Measurement("mocks", "The simulator beside mock servers", ["python", "-m", "x"], "Nothing of a network.")
    failed = Measurement("watch", "What watch adds", ["python", "-m", "y"], "Nothing else.")
    outcomes = [
        Outcome(one, ["python", "-m", "x"], f"a table\n{RATES}", 0, 2.0, [("ours beside Prism", "20.00 x")]),
        Outcome(failed, ["python", "-m", "y"], "", 2, 1.0),
    ]
    text = page(outcomes, quick=True)
    titles = [line for line in text.splitlines() if line.startswith("#")]
    assert titles[:5] == ["# What was measured", "## Ratios", "## The machine", "## How to read it", f"## {one.title}"]
    for shown in ("| ours beside Prism | 20.00 x |", "What it does not say: Nothing of a network.", "worth little"):
        assert shown in text
    assert "**It did not come to its end: exit code 2.**" in text
    assert RATES not in text


@pytest.mark.parametrize(("code", "ratios"), [('print(\'{"a": 2.0, "b": 1.0}\')', 1), ("raise SystemExit(4)", 0)])
def test_a_measurement_is_a_process_of_its_own(tmp_path: Path, code: str, ratios: int) -> None:
    one = Measurement("x", "X", [sys.executable, "-c", code], "", ratios=of_peers("a"))
    outcome = measured(one, quick=True, temporary=tmp_path)
    assert (len(outcome.ratios), outcome.code) == (ratios, 0 if ratios else 4)


def test_what_no_index_has_is_not_to_be_had() -> None:
    lacking = {name for name, one in peers.CLIENTS.items() if isinstance(one.source, peers.Nowhere)}
    assert lacking == {"k6", "vegeta", "Gatling"}
    assert [peers.CLIENTS[name].source.get() for name in sorted(lacking)] == [None, None, None]
