"""The table "verdict to exit code", row by row."""

from __future__ import annotations

import pytest

from offerproof.errors import Misuse
from offerproof.findings import MOST_URGENT_FIRST, Audit, Coverage, Interrupted, RunVerdict, Verdict, most_urgent


@pytest.mark.parametrize(
    ("strength", "verdict", "code"),
    [
        ("must", "pass", 0),
        ("must", "fail", 1),
        ("must", "unknown", 3),
        ("must", "error", 3),
        ("must", "skip", 0),
        ("should", "pass", 0),
        ("should", "warn", 0),
        ("should", "unknown", 0),
        ("should", "error", 3),
        ("info", "pass", 0),
        ("info", "unknown", 0),
    ],
)
def test_one_clause_decides(make, strength, verdict, code):
    run = make.run(make.planned("LOCK-1", strength), findings=(make.finding("LOCK-1", verdict),))
    assert int(run.outcome.exit_code) == code


@pytest.mark.parametrize(
    ("verdicts", "stands"),
    [
        ("", "pass"),
        ("pass skip", "skip"),
        ("skip waived", "waived"),
        ("waived unknown", "unknown"),
        ("unknown warn", "warn"),
        ("warn error", "error"),
        ("error fail pass", "fail"),
    ],
)
def test_the_most_urgent_verdict_stands_for_several(verdicts, stands):
    assert most_urgent(map(Verdict, verdicts.split())) is Verdict(stands)


def test_every_verdict_has_its_place():
    assert sorted(MOST_URGENT_FIRST) == sorted(Verdict)


def test_a_pass_beside_a_skip_is_a_pass(make):
    findings = (make.finding("LOCK-1", "pass"), make.finding("LOCK-1", "skip"))
    assert make.run(make.planned("LOCK-1"), findings=findings).standings["LOCK-1"].verdict is Verdict.PASS


def test_misuse_is_two():
    assert int(Misuse("wrong").exit_code) == 2


def test_a_required_must_clause_nobody_exercised_is_unknown(make):
    run = make.run(make.planned("LOCK-1"))
    assert run.standings["LOCK-1"].verdict is Verdict.UNKNOWN
    assert run.outcome.verdict is RunVerdict.NOT_JUDGED
    assert run.outcome.exit_code == 3


def test_a_required_should_clause_nobody_exercised_does_not_matter(make):
    run = make.run(make.planned("LOCK-1", "should"))
    assert run.standings["LOCK-1"].verdict is Verdict.UNKNOWN
    assert run.outcome.exit_code == 0


def test_an_unknown_beside_a_pass_is_not_rounded_up(make):
    findings = (make.finding("LOCK-1", "pass"), make.finding("LOCK-1", "unknown"))
    run = make.run(make.planned("LOCK-1"), findings=findings)
    assert run.standings["LOCK-1"].verdict is Verdict.UNKNOWN
    assert run.outcome.exit_code == 3


def test_an_error_beside_a_failure_is_one_and_both_are_shown(make):
    findings = (make.finding("LOCK-1", "fail"), make.finding("LOCK-2", "error", summary="we stumbled"))
    run = make.run(make.planned("LOCK-1"), make.planned("LOCK-2"), findings=findings)
    assert run.outcome.exit_code == 1
    assert run.outcome.reasons == (
        "LOCK-1 failed: The sentence of LOCK-1.",
        "LOCK-2 could not be judged, our error: we stumbled",
    )


def test_an_error_beside_a_pass_of_the_same_clause_is_three(make):
    findings = (make.finding("LOCK-1", "pass"), make.finding("LOCK-1", "error"))
    assert make.run(make.planned("LOCK-1"), findings=findings).outcome.exit_code == 3


def test_a_clause_outside_the_capabilities_leaves_the_required_set_and_is_in_the_scope(make):
    outside = make.planned("TIME-1", required=False, outside="no clock", scope=True)
    run = make.run(make.planned("LOCK-1"), outside, findings=(make.finding("LOCK-1", "pass"),))
    assert run.outcome.exit_code == 0
    assert run.outcome.verdict is RunVerdict.CONFORMS
    assert run.outcome.scope == ("no clock (1 clause)",)
    assert run.counts["skip"] == 1


def test_a_clause_of_a_higher_level_is_skipped_and_not_in_the_scope(make):
    higher = make.planned("LOCK-2", required=False, outside="level full")
    run = make.run(make.planned("LOCK-1"), higher, findings=(make.finding("LOCK-1", "pass"),))
    assert run.standings["LOCK-2"].verdict is Verdict.SKIP
    assert run.outcome.scope == ()


def test_an_active_waiver_covers_the_failure_and_is_listed(make, make_waiver):
    run = make.run(make.planned("LOCK-1"), findings=(make.finding("LOCK-1", "fail"),))
    run.plan = make.plan(make.planned("LOCK-1"), waivers=(make_waiver("LOCK-1"),))
    assert run.standings["LOCK-1"].verdict is Verdict.WAIVED
    assert run.outcome.exit_code == 0
    assert run.outcome.waiver_notes == ("waiver for LOCK-1 (till team, until 2026-12-31): in use: known",)


def test_a_waiver_holds_through_its_last_day(make, make_waiver):
    run = make.run(make.planned("LOCK-1"), findings=(make.finding("LOCK-1", "fail"),))
    run.plan = make.plan(make.planned("LOCK-1"), waivers=(make_waiver("LOCK-1", "2026-03-01"),))
    assert run.outcome.exit_code == 0


def test_an_expired_waiver_covers_nothing_and_is_reported(make, make_waiver):
    run = make.run(make.planned("LOCK-1"), findings=(make.finding("LOCK-1", "fail"),))
    run.plan = make.plan(make.planned("LOCK-1"), waivers=(make_waiver("LOCK-1", "2026-02-28"),))
    assert run.outcome.exit_code == 1
    assert "expired" in run.outcome.waiver_notes[0]


@pytest.mark.parametrize(("strict", "code"), [(False, 0), (True, 1)])
def test_a_waiver_no_longer_needed_warns_and_fails_only_when_strict(make, make_waiver, strict, code):
    run = make.run(make.planned("LOCK-1"), findings=(make.finding("LOCK-1", "pass"),), strict_waivers=strict)
    run.plan = make.plan(make.planned("LOCK-1"), waivers=(make_waiver("LOCK-1"),))
    assert run.outcome.exit_code == code
    assert "no longer needed" in run.outcome.waiver_notes[0]


def test_a_waiver_covers_what_it_names_besides_as_long_as_its_own_clause_is_seen_to_fail(make, make_waiver):
    planned = [make.planned(name) for name in ("LOCK-1", "LOCK-2", "LOCK-3", "LOCK-4")]
    others = (make.finding("LOCK-2", "fail"), make.finding("LOCK-3", "unknown"), make.finding("LOCK-4", "pass"))
    waivers = (make_waiver("LOCK-1", also=("LOCK-2", "LOCK-3", "LOCK-4")),)
    run = make.run(*planned, findings=(make.finding("LOCK-1", "fail"), *others))
    run.plan = make.plan(*planned, waivers=waivers)
    assert (run.outcome.exit_code, run.outcome.reasons) == (0, ())
    verdicts = {name: standing.verdict for name, standing in run.standings.items()}
    assert verdicts == {"LOCK-1": "waived", "LOCK-2": "waived", "LOCK-3": "unknown", "LOCK-4": "pass"}
    who = "waiver for LOCK-1 (till team, until 2026-12-31)"
    told = f"{who}: in use: known; also LOCK-2; not observed because of it: LOCK-3"
    assert run.outcome.waiver_notes == (told, f"{who}: also LOCK-4, which is kept: remove it")

    for seen, code in (("pass", 1), ("unknown", 1), ("error", 1)):  # LOCK-2 fails by itself
        run = make.run(*planned, findings=(make.finding("LOCK-1", seen), *others))
        run.plan = make.plan(*planned, waivers=waivers)
        assert (run.outcome.exit_code, run.standings["LOCK-3"].waiver) == (code, None)


def test_a_run_says_that_a_waiver_can_name_what_was_not_reached_because_of_it(make, make_waiver):
    planned = [make.planned("LOCK-1"), make.planned("LOCK-2")]
    unseen = make.finding("LOCK-2", "unknown", summary="not reached: LOCK-1 did not hold")
    run = make.run(*planned, findings=(make.finding("LOCK-1", "fail"), unseen))
    run.plan = make.plan(*planned, waivers=(make_waiver("LOCK-1"),))
    reason = "LOCK-2 is unknown: not reached: LOCK-1 did not hold (the waiver for LOCK-1 can name it in also)"
    assert (run.outcome.exit_code, run.outcome.reasons) == (3, (reason,))


def test_what_happened_to_many_clauses_comes_before_their_names(make):
    planned = [make.planned(f"LOCK-{n}") for n in range(1, 21)]
    found = tuple(make.finding(one.clause.id, "unknown", summary="the target is gone") for one in planned)
    (reason,) = make.run(*planned, findings=found).outcome.reasons
    assert reason.startswith("20 clauses are unknown: the target is gone: LOCK-1, LOCK-2, LOCK-3, ")
    assert reason.endswith(", LOCK-12 and 8 more")


@pytest.mark.parametrize(("count", "asked"), [(13, True), (12, False)])
def test_where_much_met_401_the_credentials_are_asked_about_first(make, count, asked):
    planned = [make.planned(f"LOCK-{n}") for n in range(1, count + 1)]
    refused = "set-up: create_customer was refused: HTTP 401: {}"
    found = [make.finding("LOCK-1", "fail", observed="HTTP 401: {}")]
    found += [make.finding(one.clause.id, "unknown", summary=refused) for one in planned[1:]]
    outcome = make.run(*planned, findings=tuple(found)).outcome
    assert outcome.reasons[0].startswith(f"{count} clauses met HTTP 401: does the target still take") is asked
    assert outcome.exit_code == 1


def test_what_a_waiver_names_besides_is_our_own_error_as_ever(make, make_waiver):
    planned = [make.planned("LOCK-1"), make.planned("LOCK-2")]
    run = make.run(*planned, findings=(make.finding("LOCK-1", "fail"), make.finding("LOCK-2", "error")))
    run.plan = make.plan(*planned, waivers=(make_waiver("LOCK-1", also=("LOCK-2",)),))
    assert run.outcome.exit_code == 3


def test_a_waiver_does_not_cover_our_own_error(make, make_waiver):
    run = make.run(make.planned("LOCK-1"), findings=(make.finding("LOCK-1", "error"),))
    run.plan = make.plan(make.planned("LOCK-1"), waivers=(make_waiver("LOCK-1"),))
    assert run.outcome.exit_code == 3


def test_an_interruption_is_three(make):
    run = make.run(make.planned("LOCK-1"), findings=(make.finding("LOCK-1", "pass"),))
    run.interrupted = Interrupted(reason="Ctrl-C", at=run.header.started)
    assert run.outcome.exit_code == 3


@pytest.mark.parametrize(("count", "code"), [(4, 3), (5, 0)])
def test_a_missed_coverage_floor_is_three(make, count, code):
    run = make.run(make.planned("LOCK-1"), findings=(make.finding("LOCK-1", "pass"),))
    run.coverage.append(Coverage(operation="lock", outcome="success", count=count, floor=5))
    assert run.outcome.exit_code == code


@pytest.mark.parametrize(("verdict", "code"), [("pass", 0), ("fail", 1), ("unknown", 3)])
def test_an_audit_decides_like_a_must_clause(make, verdict, code):
    run = make.run(make.planned("LOCK-1"), findings=(make.finding("LOCK-1", "pass"),))
    run.audits.append(
        Audit(question="was anything redeemed twice?", verdict=Verdict(verdict), clause="LOAD-5", observed="")
    )
    assert run.outcome.exit_code == code


def test_the_reasons_name_each_cause_once_and_all_its_clauses(make):
    clauses = [make.planned(f"LOCK-{number}") for number in range(1, 7)]
    refused = {"operation": "lock", "summary": "HTTP status of lock", "expected": "2xx", "observed": "HTTP 409: no"}
    failed = [make.finding(f"LOCK-{number}", "fail", exchanges=(1,) * (5 - number), **refused) for number in (1, 2, 3)]
    unknown = [make.finding(f"LOCK-{number}", "unknown", summary="no lock to look at") for number in (4, 5)]
    apart = make.finding("LOCK-6", "fail", operation="lookup")
    outcome = make.run(*clauses, findings=(*failed, *unknown, apart)).outcome
    assert outcome.reasons == (
        "LOCK-3 failed: The sentence of LOCK-3.",
        "LOCK-1, LOCK-2 failed, probably for the same reason as LOCK-3",
        "LOCK-6 failed: The sentence of LOCK-6.",
        "LOCK-4, LOCK-5 are unknown: no lock to look at",
    )
    assert int(outcome.exit_code) == 1
