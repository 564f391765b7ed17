"""What a profile does not declare is never called, by any command, whatever else the profile says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offerproof.cli import main
from offerproof.conformance import Options, certify, nonce, plan, runner
from offerproof.contract import Level
from offerproof.findings import Verdict, read_run
from offerproof.target import load_profile

CAPABILITIES = tuple(
    json.loads((Path(__file__).parents[2] / "schemas" / "target.json").read_text("utf-8"))["properties"][
        "capabilities"
    ]["properties"]
)
BY_CONTROL = ("clock", "reset", "ttl_code")
SOURCES = {
    "create": 'from = "create"',
    "control": 'from = "control"',
    "pool of customers": 'from = "pool"\nfile = "customers.jsonl"',
    "issue": 'from = "issue"',
    "earn": 'from = "earn"\ntype = "fixed_amount_check_discount"\nspend = "200.00"',
    "pool of user offers": 'from = "pool"\nfile = "user-offers.jsonl"',
}
FAULTS = (
    *("any-customer-will-do", "path-id-case-sensitive", "path-external-id-cut", "any-offer-type", "one-offer-each"),
    *("history-forgets-revoked", "shared-path-means-the-list", "unlock-of-nothing", "redeem-of-nothing"),
    "reinstate-of-nothing",
)
"""Planted defects that are found by calls that not every target has."""


@st.composite
def profiles(draw: st.DrawFn) -> tuple[dict[str, bool], dict[str, str | None]]:
    """What is declared, and the tables that say where things come from; without control there is no such table."""
    control = draw(st.booleans())
    has = st.sampled_from([True, True, False])
    declared = {name: draw(has) and (control or name not in BY_CONTROL) for name in CAPABILITIES}
    by_control = ["control"] if control else []
    customers = draw(st.sampled_from(["create", "pool of customers", *by_control]))
    offers = draw(st.sampled_from(["issue", "earn", "pool of user offers", *by_control]))
    tables: dict[str, str | None] = {"customers": SOURCES[customers], "offers": SOURCES[offers]}
    return declared, tables if control else tables | {"control": None}


def few(count: int) -> settings:
    """So many examples, always the same, of a test whose target is made anew for each."""
    return settings(
        max_examples=count, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )


@contextmanager
def without_http(target: Any) -> Iterator[None]:
    """Let the suite send to this target without HTTP."""
    with (
        patch.object(runner, "transport_for", lambda profile: target),
        patch.object(nonce, "transport_for", lambda profile: target),
    ):
        yield


@pytest.mark.slow
@few(16)
@given(drawn=profiles())
def test_by_certify_and_its_plan(counted: Any, undeclared: Any, tmp_path_factory: Any, drawn: Any) -> None:
    declared, tables = drawn
    target = counted()
    target.fill_pools()
    profile = load_profile(target.profile(declared, tables))
    options = Options(profile=profile, level=Level.GATE, out=tmp_path_factory.mktemp("runs"))
    with without_http(target):
        plan(options)
        assert not target.asked
        run = certify(options).run
    assert undeclared(declared, target.asked) == {}
    assert SOURCES["control"] in tables.values() or not target.asked["/_control/load"]
    barred = {f"no {name}" for name in CAPABILITIES}  # a check that tries what is barred: its clause says it needs it
    required = {one.clause.id for one in run.plan.clauses if one.required}
    tried = [name for name in required if run.standings[name].reason in barred]
    accused = [name for name, one in run.standings.items() if one.verdict in (Verdict.FAIL, Verdict.ERROR)]
    assert (tried, accused) == ([], [])


@pytest.mark.slow
def test_by_the_chapters_of_level_full(counted: Any, undeclared: Any, tmp_path: Path) -> None:
    declared = dict.fromkeys(CAPABILITIES, False)
    target = counted()
    tables = {"customers": SOURCES["control"], "offers": SOURCES["control"]}
    profile = load_profile(target.profile(declared, tables))
    with without_http(target):
        run = certify(Options(profile=profile, level=Level.FULL, only=("SURF", "REFUSE", "AUTH"), out=tmp_path)).run
    assert undeclared(declared, target.asked) == {}
    assert run.outcome.exit_code == 0
    assert sum(target.asked.values()) > 1_000


@pytest.fixture(scope="module")
def wrong_run(counted: Any, tmp_path_factory: Any) -> Path:
    """The folder of a run that found faults in calls that not every target has."""
    target = counted(*FAULTS)
    with without_http(target):
        profile = load_profile(target.profile({}, {}))
        return certify(Options(profile=profile, out=tmp_path_factory.mktemp("wrong"))).folder


@pytest.mark.slow
def test_by_replay(counted: Any, undeclared: Any, wrong_run: Path, tmp_path_factory: Any) -> None:
    found = [one.identity for one in read_run(wrong_run).findings if one.verdict is Verdict.FAIL]
    assert len(found) >= len(FAULTS)

    @few(8)  # what passes alone is asked for again among all checks: a run of the suite each
    @given(drawn=profiles(), finding=st.sampled_from(found))
    def replayed(drawn: Any, finding: str) -> None:
        declared, tables = drawn
        target = counted()
        target.fill_pools()
        profile = target.profile(declared, tables)
        out = tmp_path_factory.mktemp("runs")
        with without_http(target):
            code = main(["replay", str(wrong_run), finding, "--target", str(profile), "--out", str(out)])
        assert undeclared(declared, target.asked) == {}
        assert code != 1

    replayed()


@pytest.mark.slow
@few(8)
@given(drawn=profiles(), scenario=st.sampled_from(["checkout", "stampede", "browse", "earn", "day"]))
def test_by_load(counted: Any, undeclared: Any, tmp_path_factory: Any, drawn: Any, scenario: str) -> None:
    declared, tables = drawn
    target = counted()
    target.fill_pools()
    profile = target.profile(declared, tables)
    out = tmp_path_factory.mktemp("runs")
    command = ["load", "--target", str(profile), "--scenario", scenario, "--rate", "4", "--duration", "1s"]
    code = main([*command, "--slots", "4", "--stock", "10", "--out", str(out)])
    assert undeclared(declared, target.asked) == {}
    assert tables.get("control", "") is not None or not any("_control" in name for name in target.asked)
    assert (code == 2) == (not target.asked)
    assert code != 1
