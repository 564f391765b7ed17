"""Each expectation holds for what it says and fails for what it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from offerproof.conformance import Expect
from offerproof.conformance.checkrun import CheckRun
from offerproof.conformance.marks import Consumption
from offerproof.conformance.outcome import ExpectationFailed, Inconclusive
from offerproof.exchange import AsTravelled, Exchange, Redactor, parse_json
from offerproof.findings import Verdict


class Keeper:
    """Writes nothing down but what was observed."""

    def __init__(self) -> None:
        self.observed: list[tuple[str, str]] = []

    def failed(self, check: CheckRun, problem: ExpectationFailed) -> Verdict:
        return Verdict.FAIL

    def passed(self, check: CheckRun, clause: str) -> None:
        return

    def verdict(self, check: CheckRun, clause: str, verdict: Verdict, summary: str) -> None:
        return

    def observe(self, question: str, reading: str, clause: str | None, on: Exchange | None) -> None:
        self.observed.append((question, reading))


@pytest.fixture
def keeper():
    return Keeper()


@pytest.fixture
def check(keeper):
    return CheckRun("test_it", ("LOCK-1", "LOCK-2"), Consumption(), keeper)


@pytest.fixture
def expect(check):
    return Expect(check)


def answered(body: object, status: int | None = 200, service: str = "cloudpos", failure: str | None = None) -> Exchange:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Exchange(
        number=1,
        operation="search_customers" if service == "core" else "lock",
        service=service,
        method="POST",
        started=datetime(2026, 3, 1, tzinfo=UTC),
        duration_us=1,
        status=status,
        failure=failure,
        answer=parse_json(content),
        answer_headers={},
        redactor=Redactor(),
        raw=AsTravelled(
            url="http://127.0.0.1:1/x",
            headers={},
            body=b"",
            answer=content,
        ),
    )


def ok(**changes: object) -> dict[str, object]:
    return {"status": "OK", "payload": {"a": 1}, "errors": None} | changes


def test_in_doubt_what_does_not_hold_is_unknown_and_what_holds_still_counts(expect, check):
    with expect.clause("LOCK-1"):
        expect.equal(1, 1, what="number")
    expect.doubt("the period may be over")
    with expect.clause("LOCK-2"):
        expect.equal(1, 2, what="number")
    check.finish(None)
    assert check.concluded == {"LOCK-1": Verdict.PASS, "LOCK-2": Verdict.UNKNOWN}


@pytest.mark.parametrize(
    ("lasts", "verdict"),
    [(timedelta(seconds=2), Verdict.UNKNOWN), (timedelta(seconds=3), Verdict.FAIL), (None, Verdict.FAIL)],
)
def test_who_may_have_let_go_of_a_lock_by_now_is_not_accused(keeper, lasts, verdict):
    check = CheckRun("test_it", ("LOCK-1",), Consumption(), keeper, lasts)
    locked = answered(ok())
    check.exchanges += [locked, replace(locked, started=locked.started + timedelta(seconds=2))]
    with Expect(check).clause("LOCK-1"):
        Expect(check).equal("Issued", "Redeemed", what="state of the user offer")
    assert check.concluded == {"LOCK-1": verdict}


@pytest.mark.parametrize("word", ["ok", "OK", "success", "Success"])
@pytest.mark.parametrize("errors", [None, {}, []])
def test_success_in_any_legal_dialect(expect, word, errors):
    assert expect.success(answered(ok(status=word, errors=errors))) == {"a": 1}


def test_success_without_errors_of_core_is_its_user(expect):
    assert expect.success(answered({"status": "ok", "user": {"id": "u"}}, service="core"))["id"] == "u"


@pytest.mark.parametrize(
    ("exchange", "what"),
    [
        (answered(ok(status="error")), "status word of lock"),
        (answered(ok(status=None)), "status word of lock"),
        (answered(ok(), 201), None),
        (answered(ok(), 400), "HTTP status of lock"),
        (answered(ok(), 500), "HTTP status of lock"),
        (answered(ok(errors={"code": "x"})), "errors of lock's success"),
        (answered(ok(payload=[1])), "payload of lock"),
        (answered(ok(payload=None)), "payload of lock"),
        (answered(b"<html>"), "body of lock"),
        (answered([1]), "body of lock"),
        (answered(b"", None, failure="timeout"), "answer of lock"),
        (answered(b"", None, failure="closed"), "answer of lock"),
    ],
)
def test_what_is_a_success(expect, exchange, what):
    if what is None:
        expect.success(exchange)
        return
    with pytest.raises(ExpectationFailed) as caught:
        expect.success(exchange)
    assert caught.value.what == what


def test_an_unreachable_target_says_nothing_about_the_clause(expect):
    with pytest.raises(Inconclusive):
        expect.success(answered(b"", None, failure="unreachable"))


def test_a_payload_may_be_a_list_or_anything(expect):
    assert expect.success(answered(ok(payload=[1])), kind=list) == [1]
    assert expect.success(answered(ok(payload=None)), kind=None) is None


def test_a_look_up_of_what_is_not_there_is_an_expectation(expect):
    payload = expect.success(answered(ok(payload={"offers": [{"amount": 5}], "name": None})))
    assert payload["offers"][0]["amount"] == 5
    assert payload.get("nothing") is None
    with pytest.raises(ExpectationFailed, match=r"^member payload.nothing of lock's answer$"):
        payload["nothing"]
    with pytest.raises(ExpectationFailed, match=r"^member payload.offers.7 of lock's answer$"):
        payload["offers"][7]
    with pytest.raises(ExpectationFailed, match=r"^member payload.offers.amount of lock's answer$"):
        payload["offers"]["amount"]
    with pytest.raises(ExpectationFailed, match=r"^member payload.offers.\*.b of lock's answer$"):
        payload["offers"][0]["b"]


def test_a_path_leads_to_a_value_or_to_a_finding(expect):
    exchange = answered(ok(payload={"offers": [{"amount": 5}]}))
    assert expect.at(exchange, "payload.offers.0.amount") == 5
    for path in ("payload.offers.1", "payload.x", "payload.offers.amount", "errors.code"):
        with pytest.raises(ExpectationFailed):
            expect.at(exchange, path)


HOLDS = [
    ("equal", (5, Decimal("5.0"))),
    ("equal", ("a", "a")),
    ("same_id", ("2D5B", "2d5b")),
    ("same_number", ("7.00", 7)),
    ("same_instant", ("2018-06-10 9:20:00.000", "2018-06-10T09:20:00Z")),
    ("one_of", ("a", {"a", "b"})),
    ("contains", (["a"], "a")),
    ("excludes", (["a"], "b")),
]
FAILS = [
    ("equal", (True, 1)),
    ("equal", ("5", 5)),
    ("same_id", (None, "a")),
    ("same_number", ("x", "x")),
    ("same_number", (True, 1)),
    ("same_instant", ("2018-06-10 9:20:01", "2018-06-10T09:20:00Z")),
    ("same_instant", (None, None)),
    ("one_of", ("c", {"a", "b"})),
    ("contains", (["a"], "b")),
    ("excludes", (["a"], "a")),
]


@pytest.mark.parametrize(("name", "values"), HOLDS)
def test_what_holds_is_counted(expect, check, name, values):
    getattr(expect, name)(*values, what="it")
    assert check.counts == {"LOCK-1": 1}


@pytest.mark.parametrize(("name", "values"), FAILS)
def test_what_does_not_hold_fails(expect, check, name, values):
    with pytest.raises(ExpectationFailed):
        getattr(expect, name)(*values, what="it")
    assert check.counts == {}


def test_members_are_present_or_absent(expect):
    expect.present({"a": None}, "a")
    expect.absent({"a": None}, "b")
    with pytest.raises(ExpectationFailed):
        expect.absent({"a": None}, "a")
    with pytest.raises(ExpectationFailed):
        expect.present({"a": None}, "b")


def test_a_failure_inside_a_block_ends_the_block_only(expect, check):
    with expect.clause("LOCK-2"):
        expect.equal(1, 2, what="it")
        expect.equal(3, 3, what="what is not reached")
    expect.equal(1, 1, what="it")
    assert check.concluded == {"LOCK-2": Verdict.FAIL}
    assert check.counts == {"LOCK-1": 1}


def test_a_block_of_a_clause_the_check_does_not_name_is_our_mistake(expect):
    with pytest.raises(ValueError, match="does not name 'LOCK-3'"), expect.clause("LOCK-3"):
        pass


def test_an_observation_is_passed_on_and_counts(expect, check, keeper):
    expect.observe("points for 100", 100)
    assert keeper.observed == [("points for 100", "100")]
    assert check.counts == {"LOCK-1": 1}
