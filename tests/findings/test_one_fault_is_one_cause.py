"""Findings that are probably one fault stand together: what to repair first, what follows beneath, nothing lost."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from offerproof.contract import Clause
from offerproof.findings import Finding, Verdict, causes_of

_CONTRACT = (
    {"id": "SMOKE-4", "general": True},
    {"id": "CUST-1"},
    {"id": "CUST-8"},
    {"id": "LOCK-1"},
    {"id": "LOCK-3"},
    {"id": "LOCK-4"},
    {"id": "LOCK-13", "follows_from": ("REDEEM-2",)},
    {"id": "LOCK-26", "strength": "should"},
    {"id": "LOCK-32", "shapes": ("lock",), "follows_from": ("REFUSE-11",)},
    {"id": "WALLET-28", "shapes": ("lookup",), "follows_from": ("REFUSE-11",)},
    {"id": "REDEEM-1", "follows_from": ("LOCK-3",)},
    {"id": "REDEEM-2", "follows_from": ("REDEEM-1",)},
    {"id": "REFUSE-11"},
    {"id": "JOURN-1", "general": True},
)
_CLAUSES = {
    str(entry["id"]): msgspec.convert(
        {"sentence": "x", "source": "Offer Management", "section": "Step 5", "strength": "must"} | entry, Clause
    )
    for entry in _CONTRACT
}


def found(clause: str, summary: str, *, verdict: str = "fail", steps: int = 3, **changes: object) -> Finding:
    values: dict[str, Any] = {
        "clause": clause,
        "check": f"check of {clause}",
        "verdict": Verdict(verdict),
        "identity": f"{clause}:{summary}",
        "summary": summary,
        "operation": "lock",
        "expected": f"what {clause} says",
        "observed": "something else",
        "exchanges": tuple(range(1, steps + 1)),
    }
    return Finding(**{**values, **changes})


def shape(clause: str, pointer: str, keyword: str, expected: str, observed: str, operation: str = "lock") -> Finding:
    detail = {"pointer": pointer, "keyword": keyword}
    summary = f"shape of {operation}'s answer at {pointer}"
    return found(clause, summary, steps=1, operation=operation, expected=expected, observed=observed, detail=detail)


def told(*findings: Finding, **verdicts: Verdict) -> list[tuple[str, list[str]]]:
    """The causes of findings in any order, as clauses: the one to repair, and those beneath it."""
    broken = [(one, verdicts.get(one.clause.replace("-", "_"), one.verdict)) for one in findings]
    answers = set()
    for seed in range(6):
        random.Random(seed).shuffle(broken)
        causes = causes_of(broken, _CLAUSES)
        assert sorted(id(one) for cause in causes for one in cause.findings) == sorted(id(one) for one in findings)
        answers.add(tuple((cause.primary.clause, tuple(one.clause for one in cause.also)) for cause in causes))
    assert len(answers) == 1, "the order in which findings were made decides nothing"
    return [(primary, list(also)) for primary, also in answers.pop()]


def test_faults_that_nothing_links_stay_apart_in_the_order_of_the_contract() -> None:
    assert told(found("LOCK-4", "amount"), found("CUST-1", "found", operation="search")) == [
        ("CUST-1", []),
        ("LOCK-4", []),
    ]


def test_what_the_contract_says_follows_is_put_beneath_also_by_way_of_a_clause_that_holds() -> None:
    # LOCK-13 follows from REDEEM-2, and that from REDEEM-1, which nobody saw broken.
    assert told(found("LOCK-13", "redeems", operation="history"), found("LOCK-3", "user_id of the discount")) == [
        ("LOCK-3", ["LOCK-13"])
    ]


def test_the_same_call_that_fails_in_the_same_way_is_one_fault_however_many_checks_meet_it() -> None:
    refused: dict[str, Any] = {"expected": "2xx", "operation": "search"}
    first = found("CUST-8", "HTTP status of search", observed='HTTP 404: {"id": 1}', steps=4, **refused)
    second = found("CUST-1", "HTTP status of search", observed='HTTP 404: {"id": 2}', steps=2, **refused)
    broken = found("LOCK-1", "HTTP status of search", observed="HTTP 500: ", steps=2, **refused)
    assert told(first, second, broken) == [("CUST-1", ["CUST-8"]), ("LOCK-1", [])]


def test_two_bad_requests_that_are_let_in_are_two_faults() -> None:
    let_in: dict[str, Any] = {"expected": "a status that is not success", "observed": "HTTP 200: {}"}
    assert told(found("LOCK-1", "refusal of lock", **let_in), found("LOCK-4", "refusal of lock", **let_in)) == [
        ("LOCK-1", []),
        ("LOCK-4", []),
    ]


def test_a_journey_that_names_a_clause_goes_beneath_it() -> None:
    journey = found("JOURN-1", "user_id of a lock (LOCK-3), in a journey", operation="lookup")
    assert told(journey, found("LOCK-3", "user_id"), found("CUST-1", "found", operation="search")) == [
        ("CUST-1", []),
        ("LOCK-3", ["JOURN-1"]),
    ]


def test_general_chapters_come_last_and_go_beneath_what_broke_on_the_same_call() -> None:
    smoke = found("SMOKE-4", "the offer is locked", steps=2)
    search = found("CUST-1", "found", operation="search")
    assert told(smoke, found("LOCK-4", "amount"), search) == [("CUST-1", []), ("LOCK-4", ["SMOKE-4"])]
    apart = found("JOURN-1", "in a journey", operation="history")
    assert told(apart, search) == [("CUST-1", ["JOURN-1"])], "there is nothing else it could follow from"
    assert told(apart, found("LOCK-4", "amount"), search) == [("CUST-1", []), ("LOCK-4", []), ("JOURN-1", [])]


def test_a_member_that_is_missing_is_the_cause_of_what_could_not_be_read() -> None:
    schema = shape("LOCK-32", "/payload", "required", "required: amount", "{}")
    read = {"shapes": [schema.identity]}
    literal = found("LOCK-4", "member payload.amount of lock's answer", expected="present", detail=read)
    assert told(literal, schema) == [("LOCK-32", ["LOCK-4"])]


def test_a_value_that_is_wrong_breaks_the_literal_clause_first_and_the_schema_beneath_it() -> None:
    schema = shape("LOCK-32", "/payload/status", "pattern", "breaks pattern", "INFO")
    literal = found("LOCK-1", "status of the discount", observed="INFO", detail={"shapes": [schema.identity]})
    assert told(schema, literal) == [("LOCK-1", ["LOCK-32"])]


@pytest.mark.parametrize("keyword", ["required", "pattern"])
def test_a_schema_that_another_member_breaks_is_a_fault_of_its_own(keyword: str) -> None:
    schema = shape("LOCK-32", "/payload/applied_time", keyword, "breaks it", "yesterday")
    literal = found("LOCK-4", "amount of the discount", observed="7", detail={"shapes": [schema.identity]})
    assert told(schema, literal) == [("LOCK-4", []), ("LOCK-32", [])]


def test_one_clause_about_every_refusal_explains_the_schemas_of_all_calls() -> None:
    lock = shape("LOCK-32", "/errors/stack_trace", "maxLength", "breaks maxLength: 0", "at line 3")
    lookup = shape("WALLET-28", "/errors/stack_trace", "maxLength", "breaks maxLength: 0", "at line 3", "lookup")
    literal = found("REFUSE-11", "stack trace of a refusal", detail={"shapes": [lookup.identity]})
    assert told(lock, lookup, literal) == [("REFUSE-11", ["LOCK-32", "WALLET-28"])]
    amount = shape("LOCK-32", "/payload/amount", "type", "must be number, is string", "5")
    assert told(amount, literal) == [("REFUSE-11", []), ("LOCK-32", [])], "a follower in name only"


def test_nothing_urgent_is_put_beneath_what_only_warns_or_is_waived() -> None:
    warning = found("LOCK-26", "HTTP status of lock", verdict="warn", steps=1, expected="2xx")
    failure = found("LOCK-4", "HTTP status of lock", expected="2xx")
    assert told(warning, failure) == [("LOCK-4", ["LOCK-26"])]
    refused = found("REDEEM-1", "HTTP status of send_transaction")
    assert told(found("LOCK-3", "user_id"), refused, LOCK_3=Verdict.WAIVED) == [("REDEEM-1", []), ("LOCK-3", [])]


@pytest.mark.slow
def test_a_target_that_keeps_nothing_is_sorted_without_losing_a_finding() -> None:
    many = [found(name, f"{name} at {place}") for name in _CLAUSES for place in range(200)]
    causes = causes_of([(one, one.verdict) for one in many], _CLAUSES)
    assert sum(len(cause.findings) for cause in causes) == len(many)
    assert causes_of([], _CLAUSES) == ()
