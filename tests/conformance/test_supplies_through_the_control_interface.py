"""``from = "control"``: customers, offers and user offers are loaded in bulk, and the checks cannot tell."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from offerproof.conformance import Options, certify
from offerproof.contract import Level
from offerproof.findings import Verdict
from offerproof.target import CustomerSource, OfferSource, load_profile

TAKES = """
@clause("LOCK-1", customers=2, offers={"any": 3, "percent_check_discount": 2}, requests=7)
def test_it(expect, given):
    people = [given.customer(), given.customer()]
    held = [given.user_offer() for _ in range(3)] + [given.user_offer("percent_check_discount", people[0])]
    held.append(given.user_offer("percent_check_discount"))
    expect.equal(len({one.user_offer_id for one in held}), 5, what="user offers")
    expect.equal(len({one.customer.user_id for one in held} | {one.user_id for one in people}), 6, what="customers")
    expect.equal([one.kind for one in held[3:]], ["percent_check_discount"] * 2, what="types")
"""


@pytest.fixture
def loads(target):
    seen = []

    def answer(body):
        seen.append(body)
        return 200, {name: [one["id"] for one in things] for name, things in body.items()}

    target.answers["/_control/load"] = answer
    return seen


@pytest.fixture
def profile(make_profile, control):
    sources = {"customers": CustomerSource("control"), "offers": OfferSource("control"), "capabilities": {}}
    return make_profile("simulator", control=control, **sources)


def test_what_the_plan_foresees_is_loaded_in_bulk(bench, loads, profile, target):
    run = bench.run(TAKES, profile).run
    assert run.standings["LOCK-1"].verdict is Verdict.PASS, run.standings["LOCK-1"].reason
    sizes = [{name: len(things) for name, things in body.items()} for body in loads]
    assert sizes == [
        {"customers": 2},
        {"offers": 1},
        {"customers": 3, "user_offers": 3},
        {"offers": 1},
        {"user_offers": 1},
        {"customers": 2, "user_offers": 2},
    ]
    assert not any(path.endswith(("/users", "/create", "/issue")) for _, path, _ in target.asked)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((401, {"status": "error"}), "the control interface refuses /_control/load: HTTP 401"),
        ((200, {"customers": []}), "the control interface did not load 2 customers"),
        ((200, b"<html>"), "the control interface answers no JSON to /_control/load"),
    ],
)
def test_a_control_interface_that_does_not_load_leaves_the_clause_unknown(bench, profile, target, answer, says):
    target.answers["/_control/load"] = answer
    run = bench.run(TAKES, profile).run
    assert run.standings["LOCK-1"].verdict is Verdict.UNKNOWN
    assert says in str(run.standings["LOCK-1"].reason)


def test_a_target_without_writes_is_not_loaded_either(bench, loads, profile):
    run = bench.run(TAKES, replace(profile, allow_writes=False)).run
    assert run.standings["LOCK-1"].verdict is Verdict.UNKNOWN
    assert loads == []


@pytest.mark.slow
def test_the_suite_is_green_on_the_simulator_with_everything_loaded(simulate, tmp_path):
    with simulate("--control") as file:
        profile = load_profile(file)
        without = {"create_customer": False, "create_offer": False, "issue": False}
        loaded = replace(
            profile,
            customers=CustomerSource("control"),
            offers=OfferSource("control"),
            capabilities={**profile.capabilities, **without},
        )
        done = certify(
            Options(profile=loaded, level=Level.GATE, only=("LOCK", "WALLET", "HIST"), out=tmp_path / "runs")
        )
    told = [f"{name}: {one.reason}" for name, one in done.run.standings.items() if one.verdict is Verdict.UNKNOWN]
    assert told == []
    assert int(done.run.outcome.exit_code) == 0, done.run.outcome.reasons
    verdicts = Counter(one.verdict for one in done.run.standings.values() if one.clause.chapter == "LOCK")
    assert verdicts[Verdict.PASS] > 10
    sent = {exchange.operation for exchange in done.run.exchanges.values()}
    assert not sent & {"create_customer", "create_offer", "issue_offer"}
    assert "example.com" not in json.dumps([one.reason for one in done.run.standings.values()])
