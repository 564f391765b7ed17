"""``offerproof check`` finds what certify's preflight finds, goes on behind it, and changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from offerproof.cli import main
from offerproof.cli.check import walk
from offerproof.contract import OPERATIONS, SPELLINGS
from offerproof.target import Limits

WRITES = {name for name, known in OPERATIONS.items() if known.writes}


def looked(profile: Any) -> dict[tuple[str, str], Any]:
    """What was looked at, by step and what it is about; each thing once."""
    steps = list(walk(profile))
    found = {(one.step, one.about): one for one in steps}
    assert len(found) == len(steps)
    return found


def told(profile: Any) -> dict[tuple[str, str], str]:
    """Of what is wrong, the sentence and the hint."""
    return {key: f"{one.problem.message} ({one.problem.hint})" for key, one in looked(profile).items() if one.problem}


@pytest.fixture
def whole(make_profile):
    return make_profile(capabilities={known.capability: True for known in OPERATIONS.values() if known.capability})


def test_a_right_target_is_tried_in_every_call_and_nothing_of_it_changes(simulate, tmp_path, capsys):
    log = tmp_path / "log.jsonl"
    with simulate("--log", str(log), "--log-format", "json", "--clock", "2018-09-07T16:00:00Z", "--frozen") as profile:
        line = ["check", "--target", str(profile), "--out", str(tmp_path / "runs")]
        assert main([*line, "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        asked = [json.loads(one) for one in log.read_text("utf-8").splitlines()]
        assert main(line) == 0
    paths = {step["about"]: step["status"] for step in document["steps"] if step["step"] == "path"}
    assert paths == dict.fromkeys(OPERATIONS, "ok")
    assert {one["call"] for one in asked} == set(OPERATIONS)
    assert [one for one in asked if one["call"] in WRITES and one["status"] < 400] == []
    (clock,) = [step["told"] for step in document["steps"] if step["step"] == "clock"]
    assert clock.endswith("s behind ours: periods end by the target's")
    assert [level["missing"] for level in document["levels"].values()] == [[], [], []]
    shown = capsys.readouterr().out
    assert "✓ path         issue_offer                  POST /api/2.0/offers/acquisition/issue\n" in shown
    assert "  full         at most 50,000 requests, about " in shown
    assert shown.endswith("nothing keeps us from judging\n")
    assert not (tmp_path / "runs").exists()


def test_where_nothing_may_be_written_writing_calls_are_not_tried(whole, target):
    found = looked(replace(whole, allow_writes=False))
    assert {about for (_, about), one in found.items() if one.told == "not tried: no writes"} == WRITES
    assert [path for _, path, body in target.asked if body == {}] == []


def test_production_gets_the_four_reads_that_it_always_gets(whole, target):
    found = looked(replace(whole, environment="production"))
    assert {about for (step, about), one in found.items() if step == "path" and one.tried} == {
        "search_customers",
        "fetch_offer",
        "lookup",
        "user_offer_history",
    }
    assert len(target.asked) == 4


def test_each_service_that_refuses_us_is_named_and_the_others_are_looked_at(whole, target):
    target.pairs |= {"/fetch_offer": "core"}
    problems = told(whole)
    assert problems == {
        ("credentials", "offers"): "offers refuses our credentials: HTTP 401 "
        "(the profile uses OFFERS_KEY and OFFERS_SECRET)"
    }
    found = looked(whole)
    assert ("path", "lock") in found
    assert ("path", "issue_offer") not in found
    assert ("ids", "ids.retailer") not in found


@pytest.mark.parametrize("operation", ["lookup", "lock", "get_user_offers", "revoke_offer"])
def test_a_call_that_is_spelled_otherwise_is_named_with_the_key(whole, target, operation):
    path = OPERATIONS[operation].path
    target.answers[path] = 404, b"<html>not here</html>"
    ((key, problem),) = told(whole).items()
    assert key == ("path", operation)
    assert f"does not know POST {path}: HTTP 404" in problem
    assert f'(spell the call as the target does: [paths] {operation} = "…"' in problem
    assert [one for one in SPELLINGS.get(operation, ()) if f'"{one}"' not in problem] == []


def test_a_customer_who_is_not_there_may_look_like_a_wrong_path_and_is_not_called_one(whole, target):
    target.answer = lambda path, body: (404, b"gone") if "/users/" in path and "search" not in path else (400, REFUSED)
    found = looked(whole)
    for operation in ("get_customer", "get_customer_by_external_id"):
        assert (found["path", operation].tried, found["path", operation].problem) == (False, None)


def test_wrong_ids_of_ours_are_all_named(whole, target):
    said = {"status": "error", "payload": None, "errors": {"message": "unknown store, unknown client"}}
    target.answers["/Lookup"] = 400, said
    assert [key for _, key in told(whole)] == ["ids.store", "ids.client"]


def test_a_target_that_is_not_there_is_said_once_for_each_service_and_exits_with_3(whole, make_profile, target):
    services = {name: replace(one, base_url="http://127.0.0.1:1") for name, one in whole.services.items()}
    problems = told(replace(whole, services=services))
    assert list(problems) == [("reachable", "core"), ("reachable", "offers"), ("reachable", "cloudpos")]
    assert target.asked == []


def test_a_step_that_fails_is_the_exit_code_and_a_wrong_profile_another_one(tmp_path, capsys, monkeypatch):
    profile = tmp_path / "nowhere.toml"
    services = "".join(
        f'[services.{name}]\nbase_url = "http://127.0.0.1:1"\n' for name in ("core", "offers", "cloudpos")
    )
    services = services.replace('1"\n', '1"\napi_key_env = "CHECK_API_KEY"\n', 1)
    monkeypatch.setenv("CHECK_API_KEY", "key-of-the-check")
    profile.write_text(f'schema = 1\nname = "nowhere"\nenvironment = "sandbox"\n{services}', encoding="utf-8")
    assert main(["check", "--target", str(profile), "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == 3
    assert {step["status"] for step in document["steps"] if step["step"] == "reachable"} == {"failed"}
    assert all(step["hint"] for step in document["steps"] if step["status"] == "failed")
    assert main(["check", "--target", str(profile)]) == 3
    shown = capsys.readouterr().out
    assert "hint: allow_writes is false: set it, if the target's owner agrees; else name pools: [customers]" in shown
    assert shown.count("missing, here and below: a customer is needed") == 1
    profile.write_text(f'schema = 1\nnmae = "nowhere"\nenvironment = "sandbox"\n{services}', encoding="utf-8")
    assert main(["check", "--target", str(profile)]) == 2
    assert "nmae" in capsys.readouterr().err


REFUSED = {"status": "error", "payload": None, "errors": {"code": "not_found", "message": "not found"}}


def test_a_target_that_hangs_up_instead_of_refusing_is_given_nothing_to_keep(make_profile, target):
    made = OPERATIONS["create_offer"].path
    ends = {known.path.rpartition("/")[2] for known in OPERATIONS.values()}
    target.hangs_up = tuple(ends - {made.rpartition("/")[2]})
    profile = make_profile(limits=Limits(wrong_credentials=False))
    found = looked(profile)
    assert [body for _, path, body in target.asked if path == made and body] == []
    assert found["reachable", "cloudpos"].problem is not None
