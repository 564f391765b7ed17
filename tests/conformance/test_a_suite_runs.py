"""What a check does becomes the verdict on its clauses, whatever way the check ends."""

from __future__ import annotations

import os
import stat

import pytest

from offerproof.conformance.runner import Waivers
from offerproof.errors import ContentMissing, Misuse
from offerproof.findings import (
    CheckFinished,
    CheckStarted,
    Finding,
    FindingMade,
    LimitReached,
    PlanMade,
    RunFinished,
    RunStarted,
    RunWriter,
    Verdict,
    Waiver,
    read_run,
)
from offerproof.findings.runfile import CannotWrite
from offerproof.target import Limits

OK = {"status": "OK", "payload": {"status": "LOCKED", "amount": 5}, "errors": None}


def check(body: str, marks: str = '"LOCK-1"', fixtures: str = "api, expect, given, settle, clock, profile") -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"@clause({marks})\ndef test_it({fixtures}):\n{lines}\n"


LOCKED = 'seen = expect.success(api.lock("c", api.transaction()))\n'


@pytest.mark.parametrize(
    ("body", "verdict", "code"),
    [
        (LOCKED + 'expect.equal(seen["status"], "LOCKED", what="status")', "pass", 0),
        (LOCKED + 'expect.equal(seen["status"], "INFO", what="status")', "fail", 1),
        (LOCKED + 'seen["nothing"]', "fail", 1),
        (LOCKED + 'expect.unknown("not to be seen")', "unknown", 3),
        (LOCKED + "raise RuntimeError('our mistake')", "error", 3),
        (LOCKED + "assert seen['status'] == 'INFO'", "error", 3),
        (LOCKED + "pytest.skip('no')", "unknown", 3),
        (LOCKED + "raise SystemExit(0)", "error", 3),
        ("api.lock('c', {})", "error", 3),
        ("given.customer()", "error", 3),
        ("clock.advance(days=1)", "unknown", 3),
    ],
)
def test_how_a_check_ends_is_the_verdict(bench, target, body, verdict, code):
    target.answers["/Lock"] = 200, OK
    run = bench.run(check(body)).run
    assert (run.standings["LOCK-1"].verdict, int(run.outcome.exit_code)) == (verdict, code)


def test_a_should_clause_only_warns(bench, target):
    target.answers["/Lock"] = 200, OK
    run = bench.run(check(LOCKED + 'expect.that(False, what="x")'), strength="should").run
    assert (run.standings["LOCK-1"].verdict, int(run.outcome.exit_code)) == ("warn", 0)


def test_an_info_clause_observes_and_never_judges(bench, target):
    target.answers["/Lock"] = 200, OK
    run = bench.run(check(LOCKED + 'expect.equal(seen["amount"], 7, what="amount")'), strength="info").run
    assert (run.standings["LOCK-1"].verdict, int(run.outcome.exit_code)) == ("pass", 0)
    assert [(one.question, one.reading) for one in run.observations] == [("amount", "5")]


def test_a_failure_names_what_was_expected_and_seen_and_how_to_see_it_again(bench, target):
    target.answers["/Lock"] = 200, OK
    done = bench.run(check(LOCKED + 'expect.equal(seen["status"], "INFO", what="status of the discount")'))
    finding = done.run.failures[0]
    assert (finding.summary, finding.expected, finding.observed) == ("status of the discount", "INFO", "LOCKED")
    assert finding.operation == "lock"
    assert finding.replay == f"offerproof replay {done.folder} {finding.identity}"
    transcript = done.run.transcript(finding)
    assert transcript[-1].url.endswith("/api/2.0/Lock")
    assert transcript[-1].curl.startswith("curl -i -X POST")


def test_blocks_judge_their_own_clauses_and_the_check_goes_on(bench, target):
    target.answers["/Lock"] = 200, OK
    body = LOCKED + (
        "with expect.clause('LOCK-2'):\n    expect.equal(seen['amount'], 7, what='amount')\n"
        "with expect.clause('LOCK-3'):\n    expect.unknown('cannot be seen')\n"
        "expect.equal(seen['status'], 'LOCKED', what='status')\n"
    )
    marks = '"LOCK-1", "LOCK-2", "LOCK-3", "LOCK-4"'
    run = bench.run(check(body, marks), ids=("LOCK-1", "LOCK-2", "LOCK-3", "LOCK-4")).run
    verdicts = {name: standing.verdict.value for name, standing in run.standings.items()}
    assert verdicts == {"LOCK-1": "pass", "LOCK-2": "fail", "LOCK-3": "unknown", "LOCK-4": "unknown"}


def test_what_breaks_inside_a_block_is_the_blocks_and_not_the_clauses_before(bench, target):
    target.answers["/Lock"] = 200, OK
    body = LOCKED + "with expect.clause('LOCK-2'):\n    raise RuntimeError('our mistake')\n"
    run = bench.run(check(body, '"LOCK-1", "LOCK-2"'), ids=("LOCK-1", "LOCK-2")).run
    assert [standing.verdict.value for standing in run.standings.values()] == ["pass", "error"]


def test_what_a_failure_kept_from_being_reached_is_unknown(bench, target):
    target.answers["/Lock"] = 200, OK
    body = LOCKED + "expect.that(False, what='x')\nwith expect.clause('LOCK-2'):\n    expect.that(True, what='y')\n"
    run = bench.run(check(body, '"LOCK-1", "LOCK-2"'), ids=("LOCK-1", "LOCK-2")).run
    assert run.standings["LOCK-2"].verdict is Verdict.UNKNOWN
    assert run.standings["LOCK-2"].reason == "not reached: LOCK-1 did not hold"


def test_one_defect_seen_by_many_checks_is_one_finding(bench, target, make_profile):
    target.answers["/Lock"] = 200, OK
    checks = "@pytest.mark.parametrize('n', range(4))\n" + check(
        LOCKED + "expect.equal(seen['amount'], n, what=f'amount of offer {n}')", fixtures="api, expect, n"
    )
    run = bench.run(checks, make_profile(limits=Limits(connections=1))).run  # one by one: the first gives its words
    assert [(finding.summary, finding.count) for finding in run.failures] == [("amount of offer 0", 4)]


def test_findings_kept_are_bounded_and_the_bound_is_said(bench, target):
    target.answers["/Lock"] = 200, OK
    checks = "@pytest.mark.parametrize('n', ['a', 'b', 'c', 'd'])\n" + check(
        LOCKED + "expect.equal(seen['amount'], 7, what=f'amount {n}')", fixtures="api, expect, n"
    )
    run = bench.run(checks, findings_max=2).run
    assert len(run.failures) == 2
    assert [one.reading for one in run.observations] == ["2 further findings of LOCK-1, beyond the 2 kept"]
    assert any(isinstance(event, LimitReached) for event in bench.events)


def test_answers_of_the_wrong_shape_are_findings_of_the_clause_of_shapes(bench, target):
    target.answers["/fetch_offer"] = 200, {"status": "ok", "payload": {"offer": {"id": 7}}, "errors": None}
    shapes = 'shapes = ["fetch_offer"]\n'
    run = bench.run(
        check("expect.success(api.fetch_offer('x'))", '"LOCK-2"'), ids=("LOCK-2", "LOCK-1"), more=shapes
    ).run
    assert run.standings["LOCK-1"].verdict is Verdict.FAIL
    assert run.standings["LOCK-2"].verdict is Verdict.PASS
    assert all("fetch_offer" in finding.summary for finding in run.failures)


def test_a_server_error_is_never_a_right_answer_even_where_no_check_asks_for_another(bench, target):
    errors = {"code": "x", "type": "x", "message": "x"}
    target.answers["/fetch_offer"] = 500, {"status": "error", "payload": None, "errors": errors}
    looks_away = check("api.fetch_offer('x'); expect.that(True, what='x')", '"LOCK-2"')
    run = bench.run(looks_away, ids=("LOCK-2", "LOCK-1"), more='shapes = ["*"]\n').run
    assert run.standings["LOCK-2"].verdict is Verdict.PASS
    assert run.standings["LOCK-1"].verdict is Verdict.FAIL
    assert {(finding.expected, finding.observed) for finding in run.failures} == {("200 or 4xx", "500")}


def test_shapes_that_fit_pass_with_the_number_of_answers(bench):
    shapes = 'shapes = ["fetch_offer"]\n'
    run = bench.run(
        check("expect.refusal(api.fetch_offer('x'))", '"LOCK-2"'), ids=("LOCK-2", "LOCK-1"), more=shapes
    ).run
    standing = run.standings["LOCK-1"]
    assert (standing.verdict, standing.findings[0].count) == (Verdict.PASS, 1)  # what the preflight sent is not judged


def test_misreading_an_answer_of_the_wrong_shape_is_not_our_error(bench, target):
    target.answers["/Lock"] = 200, {"status": "OK", "payload": {"amount": None}, "errors": None}
    run = bench.run(check(LOCKED + "seen['amount'] + 1\nexpect.that(True, what='x')")).run
    assert run.standings["LOCK-1"].verdict is Verdict.UNKNOWN
    assert "wrong shape" in str(run.standings["LOCK-1"].reason)


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (400, {"status": "error", "payload": None, "errors": {"code": "x"}}, "pass"),
        (200, {"status": "error", "payload": None, "errors": {"code": "x"}}, "pass"),
        (409, {"status": "error", "payload": None, "errors": None}, "fail"),
        (400, {"status": "ok", "payload": None, "errors": {"code": "x"}}, "fail"),
        (200, OK, "fail"),
        (500, {"status": "error", "payload": None, "errors": {"code": "x"}}, "fail"),
        (302, {"status": "error", "payload": None, "errors": {"code": "x"}}, "fail"),
        (400, b"<html>no</html>", "fail"),
        (400, [1], "fail"),
    ],
)
def test_what_is_a_clear_refusal(bench, target, status, body, verdict):
    target.answers["/Lock"] = status, body
    run = bench.run(check("expect.refusal(api.lock('c', {}), why='the offer is unknown')")).run
    assert run.standings["LOCK-1"].verdict == verdict


def test_a_fixture_that_does_not_exist_is_our_error(bench):
    run = bench.run(check("expect.that(True, what='x')", fixtures="expect, nonsense")).run
    assert run.standings["LOCK-1"].verdict is Verdict.ERROR
    assert int(run.outcome.exit_code) == 3


def test_a_check_without_a_clause_is_refused(bench):
    with pytest.raises(ContentMissing, match="names no clause"):
        bench.run("def test_it(): pass\n")


def test_a_check_of_an_unknown_clause_is_refused(bench):
    with pytest.raises(Misuse, match="there is no clause 'LOCK-9'"):
        bench.run(check("pass", '"LOCK-9"'))


def test_a_suite_that_cannot_be_loaded_is_refused(bench):
    with pytest.raises(ContentMissing, match="cannot be loaded"):
        bench.run("import nothing_of_this_name\n")


def test_ctrl_c_keeps_what_was_found_and_judges_nothing(bench, target):
    target.answers["/Lock"] = 200, OK
    checks = check(LOCKED, '"LOCK-1"') + check("raise KeyboardInterrupt", '"LOCK-2"').replace("test_it", "test_then")
    done = bench.run(checks, ids=("LOCK-1", "LOCK-2"))
    assert done.run.interrupted is not None
    assert done.run.interrupted.reason == "Ctrl-C"
    assert done.run.standings["LOCK-1"].verdict is Verdict.PASS
    assert int(done.run.outcome.exit_code) == 3
    assert read_run(done.folder) == done.run


def test_the_budget_of_requests_ends_in_unknown_and_is_said(bench, target, make_profile):
    target.answers["/Lock"] = 200, OK
    profile = make_profile(limits=Limits(requests=5))
    checks = "@pytest.mark.parametrize('n', range(4))\n" + check(LOCKED, fixtures="api, expect, n")
    run = bench.run(checks, profile).run
    assert run.footer is not None
    assert run.footer.requests == len(target.asked) == 5
    assert run.standings["LOCK-1"].verdict is Verdict.UNKNOWN
    assert "the budget of 5 requests is used up" in run.outcome.reasons[0]
    assert any(isinstance(event, LimitReached) for event in bench.events)


def test_requests_that_later_checks_need_are_set_aside(bench, make_profile):
    checks = """
    @clause("LOCK-1", requests=1)
    def test_first(api, expect):
        api.lookup(user_id="u")
        expect.equal(api.wire.budget.spare, 20 - 4 - 6, what="spare requests")
    @clause("LOCK-2", requests=2)
    def test_then(api, expect):
        expect.equal(api.wire.budget.spare, 20 - 4 - 4, what="spare requests")
    @clause("LOCK-3", requests=4)
    def test_last(api, expect):
        expect.equal(api.wire.budget.spare, 20 - 4, what="spare requests")
    """
    run = bench.run(
        checks, make_profile(limits=Limits(requests=20, connections=1)), ids=("LOCK-1", "LOCK-2", "LOCK-3")
    ).run
    assert run.counts["pass"] == 3


def test_nothing_of_the_users_pytest_takes_part(bench, target, monkeypatch, tmp_path):
    target.answers["/Lock"] = 200, OK
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only -k nothing")
    monkeypatch.setenv("PYTEST_PLUGINS", "a_plugin_that_does_not_exist")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --deselect contracts\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('the conftest of somebody else')")
    run = bench.run(check(LOCKED + 'expect.equal(seen["status"], "INFO", what="status")')).run
    assert int(run.outcome.exit_code) == 1
    assert os.environ["PYTEST_ADDOPTS"] == "--collect-only -k nothing"


def test_events_come_in_order_and_the_run_is_told_last(bench, target):
    target.answers["/Lock"] = 200, OK
    done = bench.run(check(LOCKED))
    kinds = [type(event) for event in bench.events]
    assert kinds[:3] == [RunStarted, PlanMade, CheckStarted]
    assert kinds[-2:] == [CheckFinished, RunFinished]
    assert bench.events[1].checks == {"LOCK": 1}
    assert bench.events[-1].run is done.run


def test_a_disk_that_is_full_ends_the_run_with_one_sentence(bench, target, monkeypatch, capfd):
    target.answers["/Lock"] = 200, OK

    def add(writer, record, added=RunWriter.add):
        if isinstance(record, Finding):
            raise CannotWrite("cannot write run.jsonl: No space left on device")
        added(writer, record)

    monkeypatch.setattr(RunWriter, "add", add)
    with pytest.raises(CannotWrite, match="No space left on device"):
        bench.run(check(LOCKED))
    assert "INTERNALERROR" not in capfd.readouterr().err


def test_the_runs_folder_is_private_and_new_each_time(bench, target):
    target.answers["/Lock"] = 200, OK
    first, second = bench.run(check(LOCKED)), bench.run(check(LOCKED))
    assert first.folder != second.folder
    assert stat.S_IMODE(first.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((first.folder / "private.env").stat().st_mode) == 0o600


def test_a_failure_that_somebody_answers_for_is_told_as_waived_and_stops_nothing(bench, target):
    target.answers["/Lock"] = 200, OK
    failing = check(LOCKED + "expect.that(False, what='x')")
    second = failing.replace("test_it", "test_then").replace("LOCK-1", "LOCK-2")
    waivers = (Waiver(clause="LOCK-1", reason="r", owner="o", expires="2999-01-01"),)
    run = bench.run(failing + second, ids=("LOCK-1", "LOCK-2"), waivers=Waivers(waivers), stop_first=True).run
    told = {one.finding.clause: one.verdict for one in bench.events if isinstance(one, FindingMade)}
    assert told == {"LOCK-1": Verdict.WAIVED, "LOCK-2": Verdict.FAIL}
    ended = {one.check: one.verdict for one in bench.events if isinstance(one, CheckFinished)}
    assert sorted(ended.values()) == [Verdict.FAIL, Verdict.WAIVED]
    assert {one.clause for one in run.failures} == {"LOCK-1", "LOCK-2"}


@pytest.mark.parametrize(("connections", "either"), [(1, {"x"}), (8, {"x", "y"})])
def test_a_run_can_stop_at_the_first_failure(bench, target, make_profile, connections, either):
    target.answers["/Lock"] = 200, OK
    failing = check(LOCKED + "expect.that(False, what='x')")
    checks = failing + failing.replace("test_it", "test_then").replace("what='x'", "what='y'")
    run = bench.run(checks, make_profile(limits=Limits(connections=connections)), stop_first=True).run
    (only,) = run.failures
    assert only.summary in either
    assert run.interrupted is None
