"""Targets that are not ours to steer: no control interface, other ways to get customers and offers, other visitors."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from offerproof.client import Api, Minter, Wire, transport_for
from offerproof.conformance import Options, certify, plan
from offerproof.contract import Level, load_contract
from offerproof.target import CustomerSource, OfferSource, Profile

SWEEP = bool(os.environ.get("OFFERPROOF_DIALECT_SWEEP"))
"""The long sweep runs level full."""
KINDS = (
    "fixed_amount_check_discount",
    "fixed_amount_item_discount",
    "percent_check_discount",
    "percent_item_discount",
    "manual_fulfillment",
)
MADE_ELSEWHERE = ("create_offer", "create_customer", "issue", "revoke")


CHAPTERS = load_contract().side(client=False).chapters
WITHOUT_JOURNEYS = tuple(name for name in CHAPTERS if name != "JOURN")


def foreign(profile: Profile, **changes: Any) -> Profile:
    """The same target as a stranger knows it: nothing to control, no reading of an open question known."""
    lacking = dict.fromkeys(("clock", "reset", "ttl_code"), False)
    able = {**profile.capabilities, **lacking, **changes.pop("capabilities", {})}
    timing = replace(profile.timing, settle_ms=200)
    known = {"name": "foreign", "environment": "staging", "behaviours": {}, "capabilities": able, "timing": timing}
    return replace(profile, control=None, **{**known, **changes})


def lines(path: Path, entries: Iterable[Mapping[str, str]]) -> Path:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path


def make_customer(api: Api, number: int) -> dict[str, str]:
    entry = {
        "external_id": f"pool-{api.minter.word('customer')}",
        "email": f"pool-{number}-{api.minter.word('mail')}@example.com",
        "phone": api.minter.digits(),
    }
    wanted = {"email": entry["email"], "external_id": entry["external_id"], "mobile_number": entry["phone"]}
    made = api.create_customer({**wanted, "first_name": "First", "last_name": "Last", "opted_in": True})
    return {"user_id": made.answer["user"]["id"], **entry}


@pytest.fixture
def somebody(simulators: Any, request: pytest.FixtureRequest) -> Api:
    """Whoever prepared the target, long before us; the tests share it, so each makes people of its own."""
    profile = simulators.profile({})
    return Api(Wire(profile, transport_for(profile), minter=Minter(99, f"before {request.node.name}")))


@pytest.fixture
def pools(somebody: Api, simulators: Any, tmp_path: Path) -> tuple[Path, Path]:
    """A pool of customers, and one of user offers, enough for two runs: most customers have one, some have six."""
    target = foreign(simulators.profile({}), capabilities=dict.fromkeys(MADE_ELSEWHERE, False))
    needs = plan(Options(profile=target, level=Level.GATE, only=WITHOUT_JOURNEYS)).plan.needs
    customers = [make_customer(somebody, number) for number in range(needs.customers * 2)]
    offers = {kind: somebody.create_offer(somebody.offer(kind)).answer["payload"]["offer_id"] for kind in KINDS}
    user_offers = []

    def issue(owner: dict[str, str], kind: str) -> None:
        issued = somebody.issue_offer(owner["user_id"], offers[kind]).answer["payload"]["status_list"][0]
        entry = {"user_id": owner["user_id"], "user_offer_id": issued["user_offer_id"]}
        user_offers.append({**entry, "offer_id": offers[kind], "type": kind})

    for number in range(sum(needs.user_offers.values()) * 2):
        customers.append(make_customer(somebody, 1000 + number))
        issue(customers[-1], KINDS[0] if number % 2 else KINDS[number // 2 % 5])
    for number in range(40):
        customers.append(make_customer(somebody, 2000 + number))
        for kind in (*KINDS, KINDS[0]):
            issue(customers[-1], kind)
    return lines(tmp_path / "customers.jsonl", customers), lines(tmp_path / "offers.jsonl", user_offers)


def red(run: Any) -> list[str]:
    return [
        f"{one.clause} {one.verdict}: {one.summary}" for one in run.findings if one.verdict in ("fail", "warn", "error")
    ]


@pytest.mark.slow
def test_a_target_that_cannot_be_steered_conforms_with_a_smaller_scope(simulators: Any, tmp_path: Path) -> None:
    level = Level.FULL if SWEEP else Level.GATE
    run = certify(Options(profile=foreign(simulators.profile({})), level=level, out=tmp_path / "runs")).run
    assert red(run) == []
    assert int(run.outcome.exit_code) == 0
    assert {one.outside for one in run.plan.clauses if one.scope} >= {"no end of the return period", "no ttl_code"}


@pytest.mark.slow
def test_user_offers_and_customers_from_pools_are_used_once_each(
    simulators: Any, pools: tuple[Path, Path], tmp_path: Path
) -> None:
    profile = foreign(
        simulators.profile({}),
        customers=CustomerSource("pool", pools[0]),
        offers=OfferSource("pool", pools[1]),
        capabilities=dict.fromkeys(MADE_ELSEWHERE, False),
    )
    runs = [
        certify(Options(profile=profile, only=WITHOUT_JOURNEYS, out=tmp_path / "runs", seed=seed)).run
        for seed in (1, 2)
    ]
    for run in runs:
        assert red(run) == []
        assert [f"{one.clause} {one.verdict}: {one.summary}" for one in run.findings if one.verdict == "unknown"] == []
    for name in ("customers", "user-offers"):
        used = (tmp_path / "runs" / f"used-{name}-foreign.jsonl").read_text(encoding="utf-8").splitlines()
        ids = [json.loads(line)["id"] for line in used]
        assert len(ids) == len(set(ids)) > 10


def with_a_past(api: Api, customer: dict[str, str], offer_id: str) -> dict[str, str]:
    """Let a customer have bought, and hold, have redeemed and have lost user offers."""
    user_id = customer["user_id"]
    basket = api.transaction(items=api.items("300.00"), user_id=user_id, is_closed=True)
    assert api.send_transaction(basket).status == 200
    kept, used, lost = (
        api.issue_offer(user_id, offer_id).answer["payload"]["status_list"][0]["user_offer_id"] for _ in range(3)
    )
    assert api.redeem(used, api.transaction(user_id=user_id)).status == 200
    assert api.revoke_offer(lost).status == 200
    assert kept
    return customer


@pytest.mark.slow
def test_customers_of_a_pool_who_have_a_past_accuse_nobody(somebody: Api, simulators: Any, tmp_path: Path) -> None:
    chapters = ("CUST", "LOYAL", "ISSUE", "WALLET", "HIST", "ISOL", "POINTS", "DECL", "JOURN")
    races = ("CONC-4", "CONC-5", "CONC-7", "CONC-8")
    told = simulators.profile({}).behaviours | {"issue_rule.fires": "once", "paging.maximum_take": "8"}
    target = foreign(simulators.profile({}), behaviours=told, capabilities={"create_customer": False})
    needed = plan(Options(profile=target, level=Level.GATE, only=chapters)).plan.needs.customers + 60
    offer_id = somebody.create_offer(somebody.offer(KINDS[0])).answer["payload"]["offer_id"]
    people = [with_a_past(somebody, make_customer(somebody, 5000 + number), offer_id) for number in range(needed)]
    profile = replace(target, customers=CustomerSource("pool", lines(tmp_path / "customers.jsonl", people)))
    for level, only in ((Level.GATE, chapters), (Level.FULL, races)):
        run = certify(Options(profile=profile, level=level, only=only, out=tmp_path / "runs")).run
        loud = [f"{one.clause} {one.verdict}: {one.summary}" for one in run.findings if one.verdict != "pass"]
        assert [one for one in loud if " skip:" not in one] == []


@pytest.mark.slow
def test_user_offers_are_earned_where_nobody_may_issue(simulators: Any, tmp_path: Path) -> None:
    profile = foreign(
        simulators.profile({}),
        offers=OfferSource("earn", type="fixed_amount_check_discount", spend=Decimal("200.00")),
        capabilities=dict.fromkeys(("create_offer", "issue", "revoke"), False),
    )
    run = certify(Options(profile=profile, level=Level.GATE, out=tmp_path / "runs")).run
    assert red(run) == []
    assert int(run.outcome.exit_code) == 0
    assert sum(one.verdict == "pass" for one in run.findings) > 50


@pytest.mark.slow
def test_two_runs_at_once_do_not_disturb_each_other(simulators: Any, tmp_path: Path) -> None:
    profile = simulators.profile({})
    known = re.sub("(clock|reset|ttl_code) = true", r"\1 = false", profile.source.read_text(encoding="utf-8"))
    file = profile.source.with_name("shared.toml")
    file.write_text(re.sub(r"\[control\][^\[]*", "", known), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "offerproof",
        "certify",
        "--target",
        str(file),
        "--level",
        "full" if SWEEP else "gate",
    ]
    running = [
        subprocess.Popen(
            [*command, "--seed", str(seed), "--out", str(tmp_path / str(seed))],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for seed in (1, 1)
    ]
    for process in running:
        told, _ = process.communicate(timeout=120)
        assert "CONFORMS" in told, told
        assert process.returncode == 0, told
