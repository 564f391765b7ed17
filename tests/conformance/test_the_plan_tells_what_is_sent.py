"""``certify --plan``: requests by kind and the time they take at a round trip; for people and for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.requests_of_checks import kind_of
from offerproof.cli import main
from offerproof.conformance import Options, certify, estimate, plan, plugin
from offerproof.conformance.clause_plan import FoundCheck
from offerproof.conformance.estimate import SentByCheck
from offerproof.conformance.marks import Consumption, Turn
from offerproof.selfcheck.in_process_simulator import in_process_simulator

STAGING = str(Path(__file__).resolve().parents[2] / "examples" / "staging.toml")
TEN = SentByCheck(chain=10, waits=0.0, sends={"lookup": 10}, sets_up={"create_customer": 2})
WAITS = SentByCheck(chain=4, waits=2.0, sends={"lookup": 4}, sets_up={})


def check(name: str, turn: Turn = "any") -> FoundCheck:
    return FoundCheck(name, ("LOCK-1",), None, (), turn=turn, consumes=Consumption(requests=7, customers=1))


@pytest.mark.parametrize(
    ("names", "changes", "kinds", "seconds"),
    [
        (["ten"], {}, {"lookup": 11, "create_customer": 2}, 4 * 0.1 + 12 * 0.1 / 8 + 7 / 8 * 10 * 0.1),
        (["ten"] * 100, {}, {"lookup": 1001, "create_customer": 200}, 4 * 0.1 + 1200 * 0.1 / 8 + 7 / 8 * 10 * 0.1),
        (["waits", "waits"], {}, {"lookup": 9}, 4 * 0.1 + 8 * 0.1 / 8 + 7 / 8 * (4 * 0.1 + 2 * 3.0)),
        (["waits", "waits"], {"connections": 1}, {"lookup": 9}, 4 * 0.1 + 2 * (4 * 0.1 + 2 * 3.0)),
        (["ten"], {"rate": 2.0}, {"lookup": 11, "create_customer": 2}, 15 / 2.0),
        (["mine"], {}, {"by checks that were not measured": 7}, 4 * 0.1 + 7 * 0.1 / 8 + 7 / 8 * 7 * 0.1),
    ],
)
def test_time_follows_from_round_trips_connections_settle_time_and_rate(
    make_profile: Any,
    monkeypatch: pytest.MonkeyPatch,
    names: list[str],
    changes: dict[str, Any],
    kinds: dict[str, int],
    seconds: float,
) -> None:
    monkeypatch.setattr(estimate, "measurements", lambda: {"ten": TEN, "waits": WAITS})
    profile = make_profile("sandbox")
    timing = replace(profile.timing, settle_ms=3_000)
    profile = replace(profile, limits=replace(profile.limits, **{"rate": None, **changes}), timing=timing)
    told = estimate.estimate([check(name) for name in names], profile, 0.1)
    assert {name: told.kinds[name] for name in kinds} == kinds
    assert told.seconds == pytest.approx(seconds)


def test_a_run_sends_what_its_plan_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    begin = plugin.RunContext.begin

    def counting(context: plugin.RunContext) -> None:
        context.api.wire.observers.append(lambda exchange: sent.append(kind_of(exchange, context.api)))
        begin(context)

    monkeypatch.setattr(plugin.RunContext, "begin", counting)
    with in_process_simulator() as simulator:
        options = Options(profile=simulator.profile, only=("LOCK", "WALLET"), out=tmp_path)
        planned = plan(options).estimate
        certify(options)
    assert planned.requests == pytest.approx(len(sent), rel=0.05)
    assert planned.kinds["lookup"] == pytest.approx(sent.count("lookup"), rel=0.1)
    assert planned.kinds["issue_offer"] == pytest.approx(sent.count("issue_offer"), rel=0.1)


def test_nearly_every_check_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "--target", STAGING, "--plan", "--json", "--level", "full", "--rtt", "20"]) == 0
    told = json.loads(capsys.readouterr().out)
    requests = told["requests"]
    assert sum(requests["kinds"].values()) == requests["about"] > 10_000
    assert requests["kinds"].get("by checks that were not measured", 0) < 0.02 * requests["about"]
    assert (told["rtt_ms"], told["clauses"]["all"] > 400, told["user_offers"]["any"] > 50) == (20, True, True)
    assert told["seconds"] >= 0.99 * requests["about"] / 20, "the example allows 20 requests a second"


def test_people_read_kinds_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "--target", STAGING, "--plan", "--level", "smoke"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.endswith("  lookup") for line in lines)
    assert any(line.startswith("time          about ") and line.endswith(" at 50 ms a round trip") for line in lines)


def test_json_without_a_plan_says_where_a_run_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "--json"]) == 2
    assert "offerproof report latest --format json" in capsys.readouterr().err
