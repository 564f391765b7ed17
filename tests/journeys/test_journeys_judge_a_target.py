"""Journeys against the simulator: silent on a right one, loud and short on a wrong one, the same for the same seed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from offerproof.client.lines import AHEAD
from offerproof.conformance.journeys.travel import JourneyPlan, wanted_cells
from offerproof.exchange import Exchange

BRIEF = JourneyPlan(journeys=3, steps=20, shrinking=300)


@pytest.mark.parametrize("seed", range(8))
def test_a_right_target_is_never_accused(target, seed):
    done = target.journeys(seed, plan=BRIEF)
    assert {name: str(failure.broken.objection) for name, failure in done.failures.items()} == {}
    assert (done.stopped, done.missing(wanted_cells(target.profile))) == ("", [])
    assert done.journeys == 7
    assert done.steps > 150


@pytest.mark.slow
def test_a_long_journey_reaches_depth(target):
    done = target.journeys(99, plan=JourneyPlan(journeys=4, steps=50, shrinking=0))
    assert done.failures == {}
    assert len(done.cells) >= 45


def test_the_same_seed_sends_the_same_requests(target):
    sent = []
    for _ in range(2):
        target.journeys(3, plan=BRIEF)
        times = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+Z?")
        sent.append([times.sub(b"TIME", one) for one in target.transport.sent])
    assert len(sent[0]) > 250
    assert sent[0] == sent[1]


def test_of_journeys_the_one_with_the_most_before_it_goes_first(target):
    ahead: list[float] = []

    def watched(status: int, document: Any) -> tuple[int, Any]:
        ahead.append(AHEAD.get())
        return status, document

    target.journeys(3, plan=JourneyPlan(journeys=1, steps=20, shrinking=0), rewrite=watched)
    begins = [place for place in range(1, len(ahead)) if ahead[place] > ahead[place - 1]]
    assert len(begins) == 4, "within a journey it becomes less"
    assert max(ahead) > 300, "who waits for effects comes early"


@pytest.mark.slow
def test_another_seed_sends_other_requests(target):
    sent = []
    for seed in (3, 4):
        target.journeys(seed, plan=BRIEF)
        sent.append([re.sub(rb"[0-9a-f-]{8,}", b"ID", one) for one in target.transport.sent])
    assert sent[0] != sent[1]


CAUGHT = {
    "lock-is-stolen": ("JOURN-1", "LOCK-12"),
    "unknown-code-locks": ("JOURN-1", "LOCK-16"),
    "relock-refused": ("JOURN-1", "LOCK-10"),
    "any-credentials": ("JOURN-1", "AUTH-2"),
    "repeat-is-done-again": ("JOURN-1", "IDEM-1"),
    "wrong-type-breaks-it": ("JOURN-1", "SURF-1"),
    "open-transaction-redeems": ("JOURN-2", "REDEEM-3"),
    "closing-redeems-all-locks": ("JOURN-2", "LOCK-17"),
    "wallet-stops-at-2": ("JOURN-2", "ISSUE-1"),
    "total-points-forget-escrow": ("JOURN-3", "LOYAL-1"),
    "revoked-lock-in-wallet": ("JOURN-2", "JOURN-2"),
    "newer-same-earns-again": ("JOURN-4", "POINTS-6"),
    "later-pages-leak": ("JOURN-5", "HIST-10"),
    "unlock-gives-all-back": ("JOURN-6", "REDEEM-13"),
    "titles-are-escaped": ("JOURN-7", "FETCH-2"),
    "return-keeps-points": ("JOURN-4", "POINTS-3"),
    "offer-of-somebody": ("JOURN-5", "WALLET-5"),
    "redeemed-stays-in-wallet": ("JOURN-6", "WALLET-17"),
    "redeemed-offer-locks": ("JOURN-6", "LOCK-14"),
    "custom-data-lost": ("JOURN-7", "FETCH-6"),
    "done-before-checked": ("JOURN-8", "HIST-12"),
}


@pytest.mark.slow
@pytest.mark.parametrize("defect", CAUGHT)
def test_a_wrong_target_is_caught_and_its_journey_cut_down(target, defect):
    clause, rule = CAUGHT[defect]
    done = target.journeys(5, defect, plan=JourneyPlan(journeys=4, steps=30, shrinking=300))
    assert target.app.planting.hits[defect] > 0
    failure = done.failures[clause]
    assert failure.broken.objection.clause == rule
    assert len(failure.commands) <= 8
    assert failure.played >= len(failure.commands)


def test_a_failure_is_reported_while_its_shortest_replay_is_the_latest(target):
    told: list[tuple[str, list[str]]] = []
    marks: list[int] = []

    def report(failure: Any) -> None:
        told.append((failure.broken.objection.clause, [one.operation for one in target.seen[marks[-1] :]]))

    def forget() -> None:
        marks.append(len(target.seen))

    target.journeys(5, "lock-is-stolen", plan=BRIEF, forget=forget, report=report)
    clause, transcript = told[0]
    assert clause == "LOCK-12"
    assert transcript[-1] == "lock"
    assert transcript.count("lock") == 2
    assert len(transcript) <= 8


# Dialects: what may vary in a right answer


def _guids_in_capitals(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value):
        return value.upper()
    return value


def _mapped(change: Any, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _mapped(change, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(change, inner) for inner in value]
    return change(value)


def _reversed_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _reversed_lists(inner) for name, inner in reversed(value.items())}
    return [_reversed_lists(inner) for inner in reversed(value)] if isinstance(value, list) else value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None or name == "payload"}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _other_codes(document: Any) -> Any:
    for row in ((document.get("payload") or {}) if isinstance(document.get("payload"), dict) else {}).get(
        "results", []
    ):
        row["status"] = {"Redeemed": 17, "Locked": 5, "Revoked": 23}.get(row["status_description"], row["status"])
    return document


def _words(document: Any) -> Any:
    word = document["status"]
    return document | {"status": {"ok": "Success", "OK": "ok", "success": "OK"}.get(word, word)}


Dialect = Callable[[int, Any], tuple[int, Any]]
DIALECTS: dict[str, Dialect] = {
    "GUIDs in capitals": lambda status, document: (status, _mapped(_guids_in_capitals, document)),
    "numbers with decimals": lambda status, document: (
        status,
        _mapped(lambda one: float(one) if isinstance(one, int) and not isinstance(one, bool) else one, document),
    ),
    "lists and keys in another order": lambda status, document: (status, _reversed_lists(document)),
    "no nulls": lambda status, document: (status, _without_nulls(document)),
    "unknown keys": lambda status, document: (status, document | {"trace": {"id": 1}}),
    "200 with an error": lambda status, document: (200 if 400 <= status < 500 and status != 401 else status, document),
    "422 for every error": lambda status, document: (
        422 if 400 <= status < 500 and status != 401 else status,
        document,
    ),
    "refusals without errors, of calls seen live only": lambda status, document: (
        status,
        {"status": "error", "payload": None}
        if isinstance(document.get("errors"), dict) and document["errors"].get("code") == "revoked"
        else document,
    ),
    "errors empty on success": lambda status, document: (
        status,
        document if document.get("errors") else document | {"errors": {}},
    ),
    "other status codes": lambda status, document: (status, _other_codes(document)),
    "other success words": lambda status, document: (status, _words(document)),
}


@pytest.mark.parametrize("dialect", [*DIALECTS, "all"])
def test_every_dialect_of_a_right_target_is_accepted(target, dialect):
    def rewrite(status: int, document: Any) -> tuple[int, Any]:
        for change in DIALECTS.values() if dialect == "all" else [DIALECTS[dialect]]:
            status, document = change(status, document)
        return status, document

    done = target.journeys(11, plan=BRIEF, rewrite=rewrite)
    assert {name: str(failure.broken.objection) for name, failure in done.failures.items()} == {}
    assert done.missing(wanted_cells(target.profile)) == []


@pytest.mark.parametrize(
    ("call", "key", "member"), [("offer", "discount_config", "root_offer_id"), ("customer", "create_customer", "user")]
)
def test_a_set_up_that_is_refused_may_be_the_profiles_fault_and_breaks_nothing(target, call, key, member):
    def rewrite(status: int, document: Any) -> tuple[int, Any]:
        made = member in document or (isinstance(document.get("payload"), dict) and member in document["payload"])
        refused = {"status": "error", "payload": None, "errors": {"code": "validation", "message": "no such member"}}
        return (422, refused) if made else (status, document)

    done = target.journeys(2, plan=BRIEF, rewrite=rewrite)
    assert done.failures == {}
    assert f"set-up: create_{call} was refused: HTTP 422" in done.stopped
    assert f"is behaviour.{key} of the profile as this target has it?" in done.stopped


def test_a_target_that_says_nothing_of_itself_is_judged_more_leniently(target, monkeypatch):
    monkeypatch.setattr(target, "profile", _silent(target.profile))
    done = target.journeys(2, plan=BRIEF)
    assert done.failures == {}


def _silent(profile: Any) -> Any:
    return replace(profile, behaviours={})


def test_a_target_that_can_do_little_is_judged_on_that(target, monkeypatch):
    can = {name: name in ("create_customer", "create_offer", "issue") for name in target.profile.capabilities}
    monkeypatch.setattr(target, "profile", replace(target.profile, capabilities=can))
    done = target.journeys(2, plan=BRIEF)
    assert (done.failures, done.missing(wanted_cells(target.profile))) == ({}, [])
    used = {exchange.operation for exchange in target.seen if isinstance(exchange, Exchange)}
    assert used.isdisjoint({"unlock", "redeem", "reinstate", "revoke_offer", "get_user_offers"})
