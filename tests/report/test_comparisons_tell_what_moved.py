"""What moved between two runs, and whether that is worse."""

from __future__ import annotations

import json as standard
from typing import Any

import pytest

from offerproof.errors import Misuse
from offerproof.findings import Interrupted, PlannedClause, Run, Waiver
from offerproof.findings.load_records import PhaseSetting
from offerproof.report.comparison import compare_runs
from offerproof.report.formats import html, json, markdown, text
from offerproof.report.load_comparison import Direction


def run_of(making: Any, **verdicts: str) -> Run:
    names = {name.replace("_", "-"): verdict for name, verdict in verdicts.items()}
    return making.run(  # type: ignore[no-any-return]
        [making.clause(name, strength="should" if verdict == "warn" else "must") for name, verdict in names.items()],
        [making.finding(name, verdict) for name, verdict in names.items() if verdict != "nothing"],
    )


@pytest.mark.parametrize(
    ("before", "now", "direction"),
    [
        ("pass", "fail", Direction.WORSE),
        ("pass", "warn", Direction.WORSE),
        ("pass", "unknown", Direction.WORSE),
        ("pass", "error", Direction.WORSE),
        ("unknown", "fail", Direction.WORSE),
        ("fail", "pass", Direction.BETTER),
        ("unknown", "pass", Direction.BETTER),
        ("unknown", "skip", Direction.OTHER),
    ],
)
def test_a_clause_that_changed_its_verdict(making: Any, before: str, now: str, direction: Direction) -> None:
    comparison = compare_runs(run_of(making, LOCK_1=before), run_of(making, LOCK_1=now))
    assert [(c.subject, c.before, c.now, c.direction) for c in comparison.clauses] == [
        ("LOCK-1", before, now, direction)
    ]
    assert comparison.exit_code == (1 if direction is Direction.WORSE else 0)


def test_nothing_moved_between_a_run_and_itself(failing: Run) -> None:
    comparison = compare_runs(failing, failing)
    assert (comparison.clauses, comparison.fresh, comparison.gone, comparison.notes) == ((), (), (), ())
    assert text.render_comparison(comparison).endswith("\nnothing got worse\n")
    assert "Nothing moved." in html.render_comparison(comparison)


def test_a_second_defect_of_a_failing_clause_is_new(making: Any) -> None:
    clause = making.clause("LOCK-1")
    first = making.finding("LOCK-1", "fail")
    second = making.finding("LOCK-1", "fail", identity="another", summary="and the amount is wrong")
    old, new = making.run([clause], [first]), making.run([clause], [first, second])
    assert compare_runs(old, new).worse == ("new finding LOCK-1: and the amount is wrong",)
    assert [f.identity for f in compare_runs(new, old).gone] == ["another"]
    assert compare_runs(new, old).exit_code == 0


def test_a_smaller_run_is_no_worse_target(making: Any) -> None:
    outside = PlannedClause(clause=making.clause("LOCK-2"), required=False, outside="not selected", checks=("a",))
    old = run_of(making, LOCK_1="pass", LOCK_2="pass")
    new = making.run([making.clause("LOCK-1"), outside], [making.finding("LOCK-1", "pass")], only=("LOCK-1",))
    comparison = compare_runs(old, new)
    assert [(c.subject, c.direction) for c in comparison.clauses] == [("LOCK-2", Direction.OTHER)]
    assert comparison.exit_code == 0
    assert comparison.notes == ("different selections: everything → LOCK-1",)


def test_many_clauses_that_are_neither_worse_nor_better_are_counted_and_the_worse_come_first(making: Any) -> None:
    names = [f"LOCK-{n}" for n in range(1, 31)]
    clauses = [making.clause(name) for name in names]
    old = making.run(clauses, [making.finding(name, "pass") for name in names], level="gate")
    smoke = [making.finding(name, "skip") for name in names[:-1]] + [making.finding("LOCK-30", "fail")]
    comparison = compare_runs(old, making.run(clauses, smoke, level="smoke"))
    assert comparison.counted == ("pass → skip: LOCK-1…29 (29 clauses)",)
    assert [(title, [c.subject for c in changes]) for title, changes in comparison.changes] == [
        ("Clauses", ["LOCK-30"])
    ]
    told = (text.render_comparison(comparison), markdown.render_comparison(comparison))
    assert all("LOCK-1…29 (29 clauses)" in one and "LOCK-7" not in one for one in told)
    assert len(standard.loads(json.render_comparison(comparison))["clauses"]) == 30


def test_a_finding_nobody_looked_for_again_and_one_that_is_waived_now_are_not_resolved(making: Any) -> None:
    clauses = [making.clause(name) for name in ("LOCK-1", "LOCK-2", "LOCK-3")]
    old = making.run(clauses, [making.finding(one.id, "fail") for one in clauses], level="gate")
    found = [making.finding("LOCK-1", "pass"), making.finding("LOCK-2", "skip"), making.finding("LOCK-3", "fail")]
    waiver = Waiver(clause="LOCK-3", reason="fixed in release 12", owner="till team", expires="2027-01-31")
    comparison = compare_runs(old, making.run(clauses, found, level="smoke", waivers=(waiver,)))
    told = [(title, [finding.clause for finding in findings]) for title, _, findings in comparison.findings]
    assert told == [("Resolved findings", ["LOCK-1"]), ("Findings that the new run did not look for", ["LOCK-2"])]
    assert "<h2>Findings that the new run did not look for</h2>" in html.render_comparison(comparison)


def test_a_capability_no_longer_offered_is_worse(making: Any) -> None:
    outside = PlannedClause(
        clause=making.clause("LOCK-1"), required=False, outside="no unlock", scope=True, checks=("a",)
    )
    assert compare_runs(run_of(making, LOCK_1="pass"), making.run([outside], [])).exit_code == 1


def test_clauses_that_came_with_a_newer_suite_are_told_and_judge_nothing(making: Any) -> None:
    comparison = compare_runs(run_of(making, LOCK_1="pass"), run_of(making, LOCK_1="pass", LOCK_2="pass"))
    assert [(c.subject, c.before, c.direction) for c in comparison.clauses] == [
        ("LOCK-2", "not in the suite", Direction.OTHER)
    ]
    assert comparison.exit_code == 0


def test_a_failing_clause_of_a_newer_suite_is_a_new_finding(making: Any) -> None:
    comparison = compare_runs(run_of(making, LOCK_1="pass"), run_of(making, LOCK_1="pass", LOCK_2="fail"))
    assert comparison.worse == ("new finding LOCK-2: LOCK-2 was looked at",)


def test_runs_of_different_kinds_are_refused(making: Any, failing: Run) -> None:
    load = making.run([], [], kind="load")
    with pytest.raises(Misuse, match="a certify run and a load run cannot be compared"):
        compare_runs(failing, load)


def test_every_format_tells_the_same(making: Any) -> None:
    comparison = compare_runs(run_of(making, LOCK_1="pass"), run_of(making, LOCK_1="fail"))
    told = text.render_comparison(comparison).splitlines()
    assert "✗ worse  LOCK-1  pass → fail  What LOCK-1 says, in one sentence." in told
    assert "## ❌ 1 thing got worse" in markdown.render_comparison(comparison)
    assert "| ✗ worse | LOCK-1 | pass | fail |" in markdown.render_comparison(comparison)
    document = standard.loads(json.render_comparison(comparison))
    assert (document["format"], document["exit_code"]) == ("offerproof-comparison", 1)
    assert document["old"]["verdict"] == "conforms"
    assert document["clauses"][0]["direction"] == "worse"
    assert "<h1>1 thing got worse</h1>" in html.render_comparison(comparison)


def test_a_verdict_that_fell_for_another_reason_is_worse(making: Any) -> None:
    clause, kept = making.clause("LOCK-1"), making.finding("LOCK-1", "pass")
    cut = Interrupted(reason="Ctrl-C", at="2018-09-07T16:00:05Z")
    comparison = compare_runs(making.run([clause], [kept]), making.run([clause], [kept, cut]))
    assert comparison.worse == ("the verdict: conforms → not judged",)


def test_a_clause_that_left_the_suite_and_a_changed_setting_are_told(making: Any) -> None:
    clause, kept = making.clause("LOCK-1"), making.finding("LOCK-1", "pass")
    before, now = (
        making.settings(peak=50.0, phases=()),
        making.settings(peak=80.0, phases=(PhaseSetting(4.0, 9.0, 9.0),)),
    )
    old = making.run([clause, making.clause("LOCK-2")], [kept, making.finding("LOCK-2", "pass")], load=before)
    comparison = compare_runs(old, making.run([clause], [kept], load=now))
    assert [(c.subject, c.now, c.direction) for c in comparison.clauses] == [
        ("LOCK-2", "not in the suite", Direction.OTHER)
    ]
    assert comparison.notes == ("different setting peak: 50 → 80", "different setting phases: none → 4 s at 9")
    assert comparison.exit_code == 0


def test_what_differs_in_kind_comes_first_and_what_became_of_clauses_is_counted(making: Any) -> None:
    def run(level: str, name: str, verdicts: list[str]) -> Run:
        clauses = [making.clause(f"LOCK-{n}") for n in range(1, 5)]
        found = [making.finding(one.id, verdict) for one, verdict in zip(clauses, verdicts, strict=True)]
        made: Run = making.run(clauses, found, level=level, name=name)
        return made

    old = run("full", "staging-eu", ["pass", "pass", "pass", "fail"])
    new = run("gate", "staging-us", ["skip", "skip", "fail", "pass"])
    comparison = compare_runs(old, new)
    assert comparison.notes == ("different targets: staging-eu → staging-us", "different levels: full → gate")
    assert comparison.moves == (("pass → skip", 2), ("pass → fail", 1), ("fail → pass", 1))
    told = text.render_comparison(comparison)
    first, counted = told.index("different targets"), told.index("\n2 pass → skip, 1 pass → fail, 1 fail → pass\n")
    assert first < told.index("different levels") < counted < told.index("LOCK-1")
    assert "Clauses: 2 pass → skip, 1 pass → fail, 1 fail → pass." in markdown.render_comparison(comparison)
    assert standard.loads(json.render_comparison(comparison))["moves"] == dict(comparison.moves)
    assert "<p>2 pass → skip, 1 pass → fail, 1 fail → pass.</p>" in html.render_comparison(comparison)
    assert compare_runs(run("gate", "one", ["pass"] * 4), run("gate", "one", ["skip"] * 4)).exit_code == 1
