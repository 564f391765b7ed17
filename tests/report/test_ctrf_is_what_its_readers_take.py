"""CTRF readers refuse a document with a member that the published schema does not know; what they take says all."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from offerproof.findings import Audit, Run, Verdict
from offerproof.report.formats import ctrf

# As the schema of ctrf-io/ctrf has them, of all its versions: required members, and those that may stand beside them.
MEMBERS: dict[str, tuple[dict[str, type], dict[str, type]]] = {
    "document": (
        {"reportFormat": str, "specVersion": str, "results": dict},
        {"timestamp": str, "generatedBy": str, "extra": dict},
    ),
    "results": ({"tool": dict, "summary": dict, "tests": list}, {"environment": dict, "extra": dict}),
    "tool": ({"name": str}, {"version": str, "extra": dict}),
    "summary": (
        dict.fromkeys(("tests", "passed", "failed", "skipped", "pending", "other", "start", "stop"), int),
        {"suites": int, "extra": dict},
    ),
    "environment": (
        {},
        {"reportName": str, "appName": str, "testEnvironment": str, "healthy": bool, "extra": dict},
    ),
    "test": (
        {"name": str, "status": str, "duration": int},
        {
            "id": str,
            "suite": list,
            "message": str,
            "trace": str,
            "rawStatus": str,
            "tags": list,
            "extra": dict,
        },
    ),
}


@pytest.fixture
def load(making: Any) -> Run:
    audits = [
        Audit(question=f"Is it {verdict}?", verdict=Verdict(verdict), clause="LOAD-5", observed="seen")
        for verdict in ("fail", "unknown", "skip", "pass")
    ]
    run: Run = making.run([making.clause("LOAD-1")], [making.finding("LOAD-1", "pass"), *audits], kind="load")
    return run


def told_of(run: Run) -> dict[str, dict[str, Any]]:
    return {test["name"].split(" What")[0]: test for test in json.loads(ctrf.render(run))["results"]["tests"]}


@pytest.mark.parametrize("which", ["conforming", "failing", "hostile", "load", "unfinished"])
def test_every_member_is_one_that_every_reader_knows(which: str, request: pytest.FixtureRequest) -> None:
    run = request.getfixturevalue("failing" if which == "unfinished" else which)
    run.footer = None if which == "unfinished" else run.footer
    document = json.loads(ctrf.render(run))
    results = document["results"]
    parts = [("document", document), ("results", results), *(("test", test) for test in results["tests"])]
    parts += [(name, results[name]) for name in ("tool", "summary", "environment")]
    for name, part in parts:
        required, allowed = MEMBERS[name]
        assert required.keys() <= part.keys() <= required.keys() | allowed.keys()
        for member, value in part.items():
            assert type(value) is (required | allowed)[member], (name, member)
    for test in results["tests"]:
        assert test["name"]
        assert test["status"] in ("passed", "failed", "skipped", "pending", "other")
        assert str(UUID(test["id"])) == test["id"]
        assert all(type(word) is str for word in (*test["suite"], *test.get("tags", ())))
    assert (document["reportFormat"], document["specVersion"]) == ("CTRF", "0.0.0")


def test_each_verdict_has_its_status_and_its_own_word_beside_it(failing: Run) -> None:
    assert {name: (test["status"], test["rawStatus"]) for name, test in told_of(failing).items()} == {
        "SMOKE-1": ("passed", "pass"),
        "LOCK-1 The Lock answer carries the status LOCKED.": ("failed", "fail"),
        "LOCK-2 A lock held by another transaction refuses a second lock with a clear error.": ("passed", "pass"),
        "LOCK-3": ("passed", "warn"),
        "LOCK-4": ("skipped", "waived"),
        "REDEEM-1": ("failed", "unknown"),
        "REDEEM-2": ("failed", "error"),
        "TIME-1": ("skipped", "skip"),
    }


def test_what_went_wrong_is_told_with_what_was_asked_and_answered(failing: Run) -> None:
    tests = told_of(failing)
    broken = tests["LOCK-1 The Lock answer carries the status LOCKED."]
    assert broken["message"] == "the Lock answer says INFO instead of LOCKED"
    assert "seen 14 times" in broken["trace"]
    assert "#12 POST /api/2.0/Lock → 200 (2 ms)" in broken["trace"]
    assert (broken["suite"], broken["tags"], broken["duration"]) == (["Lock"], ["LOCK", "must"], 7)
    assert tests["LOCK-4"]["message"] == "waived: fixed in release 12 (till team, until 2018-12-31)"
    assert tests["TIME-1"]["message"] == "skip: no clock"
    assert "observed: after 1.9 s" in tests["LOCK-3"]["trace"]
    assert "message" not in tests["SMOKE-1"]


def test_the_summary_counts_what_is_there_and_the_environment_says_the_verdict(failing: Run) -> None:
    results = json.loads(ctrf.render(failing))["results"]
    assert results["summary"] == {
        "tests": 8,
        "passed": 3,
        "failed": 3,
        "skipped": 2,
        "pending": 0,
        "other": 0,
        "suites": 4,
        "start": 1_536_336_000_000,
        "stop": 1_536_336_012_400,
    }
    assert results["environment"]["healthy"] is False
    assert results["environment"]["appName"] == "staging-eu"
    assert results["extra"]["offerproof.report"]["verdict"] == "fails"
    assert results["extra"]["offerproof.report"]["exit_code"] == 1


def test_the_questions_of_an_audit_are_tests(load: Run) -> None:
    assert {name: test["status"] for name, test in told_of(load).items()} == {
        "LOAD-1": "passed",
        "Is it fail?": "failed",
        "Is it unknown?": "failed",
        "Is it skip?": "skipped",
        "Is it pass?": "passed",
    }


def test_a_clause_is_the_same_test_in_every_run_however_it_is_worded(making: Any) -> None:
    runs = [making.run([making.clause("LOCK-1", sentence=sentence)], []) for sentence in ("One.", "Other.")]
    ids = [json.loads(ctrf.render(run))["results"]["tests"][0]["id"] for run in runs]
    assert ids == ["39db5ea0-6346-5162-800e-0bc59e085d06"] * 2
