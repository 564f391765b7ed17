"""What a profile does not declare is never called, by any command, whatever else the profile says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offerproof.conformance import Options, certify, nonce, plan, runner
from offerproof.contract import Level
from offerproof.findings import Verdict
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


@st.composite
def profiles(draw: st.DrawFn) -> tuple[dict[str, bool], dict[str, str | None], bool]:
    """What is declared, the tables of a profile, and whether it has a control interface."""
    control = draw(st.booleans())
    declared = {name: draw(st.booleans()) and (control or name not in BY_CONTROL) for name in CAPABILITIES}
    by_control = ["control"] if control else []
    customers = draw(st.sampled_from(["create", "pool of customers", *by_control]))
    offers = draw(st.sampled_from(["issue", "earn", "pool of user offers", *by_control]))
    tables: dict[str, str | None] = {"customers": SOURCES[customers], "offers": SOURCES[offers]}
    return declared, tables if control else tables | {"control": None}, "control" in (customers, offers)


FEW = settings(max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.mark.slow
@FEW
@given(drawn=profiles())
def test_by_certify(counted: Callable[[], Any], undeclared: Any, tmp_path_factory: Any, drawn: Any) -> None:
    declared, tables, loads = drawn
    target = counted()
    target.fill_pools()
    profile = load_profile(target.profile(declared, tables))
    with (
        patch.object(runner, "transport_for", lambda profile: target),
        patch.object(nonce, "transport_for", lambda profile: target),
    ):
        options = Options(profile=profile, level=Level.GATE, out=tmp_path_factory.mktemp("runs"))
        plan(options)
        assert not target.asked
        run = certify(options).run
    assert undeclared(declared, target.asked) == {}
    assert loads or not target.asked["/_control/load"]
    barred = {f"no {name}" for name in CAPABILITIES}  # a check that tries what is barred: its clause says it needs it
    required = {one.clause.id for one in run.plan.clauses if one.required}
    tried = [name for name in required if run.standings[name].reason in barred]
    accused = [name for name, one in run.standings.items() if one.verdict in (Verdict.FAIL, Verdict.ERROR)]
    assert (tried, accused) == ([], [])
