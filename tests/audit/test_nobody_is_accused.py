"""Whatever happens to a recording of a right target, it is accused of nothing; and races are told in any order."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from benchmarks.recorded_walk import RecordedSimulator, long_walk, short_walk
from offerproof.client import bodies
from offerproof.simulator.answers import Service


def moved(entry: dict[str, Any], at: datetime) -> None:
    entry["startedDateTime"] = at.isoformat()


def begin_cut(entries: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    return entries[rng.randrange(len(entries)) :]


def whole_seconds(entries: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    for one in entries:
        moved(one, datetime.fromisoformat(one["startedDateTime"]).replace(microsecond=0))
    return entries


def no_ends(entries: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    for one in entries:
        one["timings"]["wait"] = -1
    return entries


def overlapping(entries: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    for one in entries:
        moved(one, datetime.fromisoformat(one["startedDateTime"]) - timedelta(milliseconds=rng.randrange(60)))
        one["time"] += rng.randrange(60, 120)
    return entries


def answers_lost(entries: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    for one in entries:
        if rng.random() < 0.1:
            one["response"].update(status=0, content={}, headers=[])
    return entries


def bodies_lost(entries: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    for one in entries:
        if rng.random() < 0.1:
            one["response"]["content"] = {"size": 0}
        elif rng.random() < 0.05 and "postData" in one["request"]:
            one["request"]["postData"]["text"] = ""
    return entries


def shuffled(entries: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    rng.shuffle(entries)
    return entries


def calls_lost(entries: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    return [one for one in entries if rng.random() > 0.1]


def repeated_while_pending(entries: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    told = json.dumps({"status": "error", "payload": None, "errors": [{"code": "request_pending", "message": "wait"}]})
    further = []
    for one in entries:
        if '"request_id"' in one["request"].get("postData", {}).get("text", ""):
            again = json.loads(json.dumps(one))
            end = datetime.fromisoformat(one["startedDateTime"]) + timedelta(milliseconds=one["time"])
            reads = one["request"]["url"].endswith("Lookup")
            moved(again, end + timedelta(milliseconds=0 if reads else rng.randrange(1, 1_000)))
            again["response"]["status"], again["response"]["content"]["text"] = 409, told
            further.append(again)
    return entries + further


@pytest.mark.parametrize(
    ("change", "creator", "complete"),
    [
        (begin_cut, "mitmproxy", True),
        (whole_seconds, "mitmproxy", True),
        (no_ends, "Playwright", True),
        (overlapping, "mitmproxy", True),
        (answers_lost, "mitmproxy", True),
        (bodies_lost, "WebInspector", True),
        (repeated_while_pending, "mitmproxy", True),
        (shuffled, "harfile", None),
        (calls_lost, "chrome-har", None),
        (calls_lost, "somebody", None),
    ],
)
def test_a_right_target_is_accused_of_nothing(change, creator, complete, desk):
    for seed in range(2):
        simulator = RecordedSimulator(seed)
        long_walk(simulator)
        short_walk(simulator)
        run = desk.audit(change(simulator.entries, random.Random(seed)), creator, complete=complete).run
        assert run.failures == []
        assert sum(one.verdict == "pass" for one in run.standings.values()) > 15


@pytest.mark.parametrize(("defect", "clauses"), [(None, set()), ("both-terminals-lock", {"LOCK-12"})])
def test_of_ten_tills_that_lock_at_once_one_may_win(defect, clauses, desk):
    simulator = RecordedSimulator(0, defect)
    user_id, _, _ = simulator.customer()
    held = simulator.issue(user_id, simulator.offer())
    begin = len(simulator.entries)
    for _ in range(10):
        simulator.lock(held, simulator.basket(user_id))
    entries = json.loads(json.dumps(simulator.entries))
    for one in entries[begin:]:
        one["startedDateTime"], one["time"] = entries[begin]["startedDateTime"], 300
    run = desk.audit(entries).run
    assert {one.clause for one in run.failures} == clauses


@pytest.mark.parametrize("named", [{"user_id": "7c1e57a0-0000-4000-8000-00000000000a"}, {"external_customer_id": ""}])
def test_a_lookup_of_nobody_may_find_nobody_instead_of_being_refused(named, desk):
    simulator = RecordedSimulator(0)
    simulator.till("Lookup", named)
    answer = simulator.entries[-1]["response"]
    answer["status"], answer["content"]["text"] = 200, json.dumps({"status": "ok", "payload": [], "errors": None})
    run = desk.audit(simulator.entries).run
    assert [(one.clause, one.summary) for one in run.failures] == []


def test_an_offer_for_some_only_may_be_refused_and_missing(desk):
    """Another store's offer, or a basket that does not qualify: reasons that no recording shows."""

    def played(**changes: Any) -> set[str]:
        simulator = RecordedSimulator(0)
        user_id, external_id, _ = simulator.customer()
        offer = bodies.offer(
            "fixed_amount_check_discount", "Offer", simulator.at, simulator.app.settings.retailer_id, changes
        )
        made = simulator.call(Service.OFFERS, "POST", "/api/2.0/offers/management/create", offer)
        held = simulator.issue(user_id, made["payload"]["offer_id"])
        simulator.lock(simulator.issue(user_id, simulator.offer()), simulator.basket(user_id))  # this till is known
        simulator.lock(held, simulator.basket(user_id))
        simulator.till("Lookup", {"external_customer_id": external_id})
        refused, wallet = simulator.entries[-2:]
        refused["response"]["status"] = 400
        refusal = {
            "status": "error",
            "payload": None,
            "errors": [{"code": "not_here", "message": "not for this basket"}],
        }
        refused["response"]["content"]["text"] = json.dumps(refusal)
        shown = json.loads(wallet["response"]["content"]["text"])
        shown["payload"][0]["offers"] = [one for one in shown["payload"][0]["offers"] if one["reference_id"] != held]
        wallet["response"]["content"]["text"] = json.dumps(shown)
        return {one.clause for one in desk.audit(simulator.entries).run.failures}

    assert played() == {"LOCK-1", "ISSUE-1"}
    assert played(location_restrictions=[{"store_id": "another"}]) == set()
    assert played(common_config={"reward_store": True}) == set()


@pytest.mark.parametrize("place", [("offer_type",), ("common_config", "validity_unit"), ("publish",), ("text_config",)])
@pytest.mark.parametrize("odd", [{}, [[]], None])
def test_members_of_another_type_are_read_and_accuse_nobody(place, odd, desk):
    simulator = RecordedSimulator()
    short_walk(simulator)
    (made,) = (one for one in simulator.entries if one["request"]["url"].endswith("management/create"))
    body = json.loads(made["request"]["postData"]["text"])
    inner = body
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = odd
    made["request"]["postData"]["text"] = json.dumps(body)
    assert desk.audit(simulator.entries).run.counts["fail"] == 0
