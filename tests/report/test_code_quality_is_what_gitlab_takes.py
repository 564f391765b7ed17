"""GitLab takes an array of entries that its schema knows, and tells new from old by fingerprints that must not move."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from offerproof.findings import Run
from offerproof.report.formats import codequality

SEVERITIES = ("info", "minor", "major", "critical", "blocker")
MEMBERS = {"type", "check_name", "description", "fingerprint", "severity", "categories", "location"}
"""The documented members: GitLab's schema requires description, fingerprint, severity and location, the documentation
check_name as well; type and categories are required by the specification of Code Climate."""


def entries_of(run: Run) -> list[dict[str, Any]]:
    return list(json.loads(codequality.render(run)))


@pytest.mark.parametrize("which", ["conforming", "failing", "hostile", "unfinished"])
def test_every_entry_has_the_members_that_gitlab_asks_for(which: str, request: pytest.FixtureRequest) -> None:
    run = request.getfixturevalue("failing" if which == "unfinished" else which)
    run.footer = None if which == "unfinished" else run.footer
    document = entries_of(run)
    for entry in document:
        assert entry.keys() == MEMBERS
        assert all(type(entry[name]) is str for name in ("description", "fingerprint", "severity", "check_name"))
        assert re.fullmatch("[0-9a-f]{64}", entry["fingerprint"])
        assert entry["severity"] in SEVERITIES
        assert (entry["type"], entry["categories"]) == ("issue", ["Compatibility"])
        assert entry["location"] == {"path": "contracts/clauses.toml", "lines": {"begin": 1}}
        assert "\n" not in entry["description"]
    assert len({entry["fingerprint"] for entry in document}) == len(document)


def test_findings_against_the_target_are_entries_by_severity_and_nothing_else_is(failing: Run, conforming: Run) -> None:
    assert [(entry["check_name"], entry["severity"]) for entry in entries_of(failing)] == [
        ("LOCK-1", "critical"),
        ("LOCK-3", "minor"),
        ("LOCK-4", "info"),
    ]
    told = [entry["description"] for entry in entries_of(failing)]
    assert told[0] == (
        'LOCK-1 the Lock answer says INFO instead of LOCKED; expected { "status": "LOCKED", "amount": 5 };'
        ' observed { "status": "INFO", "amount": 5 }'
    )
    assert told[2].endswith("; waived: fixed in release 12 (till team, until 2018-12-31)")
    assert entries_of(conforming) == []


def test_what_is_red_for_the_same_reason_is_less_urgent_and_says_so(making: Any) -> None:
    clauses = [making.clause("FETCH-6"), making.clause("JOURN-7")]
    shared: dict[str, Any] = {"operation": "fetch_offer", "expected": "a", "observed": "b"}
    findings = [
        making.finding("FETCH-6", "fail", **shared),
        making.finding("JOURN-7", "fail", summary="custom_data of the fetched offer (FETCH-6), in a journey", **shared),
    ]
    run = making.run(clauses, findings)
    assert [[one.clause for one in cause.also] for cause in run.causes] == [["JOURN-7"]]
    assert [(entry["check_name"], entry["severity"]) for entry in entries_of(run)] == [
        ("FETCH-6", "critical"),
        ("JOURN-7", "major"),
    ]
    assert entries_of(run)[1]["description"].endswith("; probably for the same reason as FETCH-6")


def test_a_fingerprint_follows_from_the_identity_alone(making: Any) -> None:
    clause = making.clause("LOCK-1")
    seen = [
        making.run([clause], [making.finding("LOCK-1", verdict, identity="LOCK-1:lock:0f", summary=words)])
        for verdict, words in (("fail", "One."), ("fail", "Other."), ("warn", "One."))
    ]
    prints = [[entry["fingerprint"] for entry in entries_of(run)] for run in seen]
    assert prints == [["6a70f3c173006ef6288d22794ed74ff0ae18e35395a9eea13dfb4f990264d872"]] * 3


def test_one_identity_is_one_entry_the_more_urgent(making: Any) -> None:
    findings = [making.finding("LOCK-1", verdict, identity="same") for verdict in ("warn", "fail")]
    (entry,) = entries_of(making.run([making.clause("LOCK-1")], findings))
    assert entry["severity"] == "critical"
