"""Customers who exist, with points, tiers and offers, are read and judged, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.production_requests import of_standing
from offerproof.conformance import Options, certify
from offerproof.contract import OPERATIONS
from offerproof.errors import Misuse
from offerproof.findings import Run
from offerproof.provisioning import Pools
from offerproof.selfcheck.in_process_simulator import InProcessSimulator, in_process_simulator
from offerproof.target import Profile, load_profile

DAY = 86_400 * 1_000_000
SPENT = ("0", "2500.00", "12000.00", "50.00", "0", "2600.00", "13000.00", "60.00", "0")


@pytest.fixture(scope="module")
def simulator() -> Iterator[InProcessSimulator]:
    with in_process_simulator() as made:
        yield made


@pytest.fixture
def reading(simulator: InProcessSimulator, tmp_path: Path) -> Profile:
    """The simulator, as one of whom only some customers are known and nothing may be written."""
    return of_standing(simulator, tmp_path / "standing.jsonl", "staging")


def judged(profile: Profile, folder: Path, *only: str) -> Run:
    return certify(Options(profile=profile, only=only, out=folder / "runs")).run


def test_a_target_that_is_only_read_is_certified_by_them_alone(reading: Profile, tmp_path: Path) -> None:
    run = judged(reading, tmp_path)
    assert (run.outcome.reasons, int(run.outcome.exit_code)) == ((), 0)
    kept = {name for name, one in run.standings.items() if one.verdict == "pass"}
    assert len(kept) > 100
    assert {"LOYAL-3", "LOYAL-6", "LOYAL-12", "LOYAL-21", "CUST-2", "WALLET-23", "HIST-12", "PAGE-1"} <= kept
    asked = {cell.operation for cell in run.coverage} & set(OPERATIONS)
    assert not {name for name in asked if OPERATIONS[name].writes}
    assert "@" not in json.dumps([str(one.summary) + str(one.observed) for one in run.findings])


@pytest.mark.parametrize(
    ("defect", "clause"),
    [
        ("next-tier-points-stand-still", "LOYAL-6"),
        ("redeeming-empties-the-wallet", "HIST-12"),
    ],
)
def test_what_shows_only_above_zero_is_told(
    defect: str, clause: str, reading: Profile, simulator: InProcessSimulator, tmp_path: Path
) -> None:
    simulator.app.planting.plant([defect])
    assert judged(reading, tmp_path, clause).standings[clause].verdict == "fail"


def test_few_of_them_are_of_all_tiers(reading: Profile, tmp_path: Path) -> None:
    few = replace(reading, customers=replace(reading.customers, standing_max=3))
    run = judged(few, tmp_path, "LOYAL-9")
    users = [one.answer_body["user"] for one in run.exchanges.values() if one.operation == "search_customers"]
    told = next(one for one in run.findings if one.check.endswith("hold_for_customers_who_exist"))
    assert told.count == 3
    assert users


def test_who_is_named_and_not_there_is_no_breach(reading: Profile, tmp_path: Path) -> None:
    file = tmp_path / "standing.jsonl"
    file.write_text(file.read_text() + '{"email": "nobody@example.com"}\n')
    run = judged(reading, tmp_path, "CUST-1")
    assert run.standings["CUST-1"].verdict == "unknown"
    assert "1 of those it names are not found" in (run.standings["CUST-1"].reason or "")
    file.write_text('{"email": "nobody@example.com"}\n')
    reason = judged(reading, tmp_path, "CUST-1").standings["CUST-1"].reason or ""
    assert "customers.standing: none of 1 customers is found on the target" in reason


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{}", "line 1: it names nobody; it needs one of user_id, external_id, email, phone"),
        ('{"mail": "a@example.com"}', "unknown member 'mail'; did you mean 'email'?"),
        ('{"email": "a@example.com"}\n{"email": "A@example.com"}', "line 2: this email stands there twice"),
        ('{"phone": 5}', "phone is missing or not a text"),
        ("[", "not JSON"),
    ],
)
def test_a_file_that_is_not_right_is_refused(line: str, says: str, reading: Profile, tmp_path: Path) -> None:
    (tmp_path / "standing.jsonl").write_text(line + "\n")
    with pytest.raises(Misuse) as refused:
        Pools(reading, None)
    assert says in refused.value.message


def test_the_profile_names_the_key_that_is_wrong(reading: Profile, simulator: InProcessSimulator) -> None:
    text = (simulator.folder / "simulator.toml").read_text("utf-8")

    def refused(table: str) -> str:
        file = simulator.folder / "changed.toml"
        file.write_text(text.replace("[customers]\n", f"[customers]\n{table}\n"), "utf-8")
        with pytest.raises(Misuse) as told:
            load_profile(file)
        return told.value.message

    assert "customers.standing: there is no file 'nowhere.jsonl'" in refused('standing = "nowhere.jsonl"')
    assert "customers.standing_max: belongs to standing" in refused("standing_max = 7")


def test_a_plan_says_what_they_cost(reading: Profile, tmp_path: Path) -> None:
    from offerproof.conformance import plan

    def requests(profile: Profile) -> Any:
        return plan(Options(profile=profile, out=tmp_path / "runs")).plan.needs.requests

    fewer = replace(reading, customers=replace(reading.customers, standing_max=2))
    assert requests(reading) - requests(fewer) == 7 * 18
