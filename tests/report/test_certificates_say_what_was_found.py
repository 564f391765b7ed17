"""Each kind of report says the verdict, what is wrong, how to see it again, and what is not proven."""

from __future__ import annotations

import json as standard
import re
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest

from offerproof.findings import Audit, Coverage, PlannedClause, Run, Verdict
from offerproof.findings.load_records import PhaseSetting
from offerproof.report.formats import all_formats, html, json, junit, markdown, text
from offerproof.report.summary import summarize
from offerproof.report.words import duration, moment


def test_the_summary_puts_failures_first_waived_after_warnings_and_our_errors_last(failing: Run) -> None:
    s = summarize(failing)
    assert [(d.number, d.clause.id, d.verdict) for d in s.views] == [
        (1, "LOCK-1", Verdict.FAIL),
        (2, "LOCK-3", Verdict.WARN),
        (3, "LOCK-4", Verdict.WAIVED),
        (4, "REDEEM-2", Verdict.ERROR),
    ]
    assert s.headline == "DOES NOT CONFORM"
    assert s.sentence == (
        "staging-eu (staging) at level gate: 2 kept, 1 broken, 1 our error, 1 with a warning, 1 waived, 1 unknown,"
        " 1 skipped of 8 clauses."
    )
    assert [(c.id, {v.value: n for v, n in c.counts.items()}) for c in s.chapters] == [
        ("SMOKE", {"pass": 1}),
        ("LOCK", {"fail": 1, "warn": 1, "waived": 1, "pass": 1}),
        ("REDEEM", {"error": 1, "unknown": 1}),
        ("TIME", {"skip": 1}),
    ]
    assert [group.told for group in s.unproven_by_reason] == [
        "error: our own error: KeyError in the check: REDEEM-2 (1 clause)",
        "unknown: no check of this run exercised it: REDEEM-1 (1 clause)",
        "skip: no clock: TIME-1 (1 clause)",
    ]


def test_neighbouring_clauses_are_told_as_a_span(making: Any) -> None:
    names = ["LOCK-1", "LOCK-2", "LOCK-3", "LOCK-5", "TIME-6", "TIME-7"]
    outside = [
        PlannedClause(clause=making.clause(name), required=False, outside="level full", checks=("a",)) for name in names
    ]
    (group,) = summarize(making.run(outside, [])).unproven_by_reason
    assert group.told == "skip: looked at from level full on: LOCK-1…3, LOCK-5, TIME-6…7 (6 clauses)"


def test_what_of_the_documents_stays_unjudged_is_told_by_what_would_change_it(making: Any) -> None:
    run = making.run([making.clause("LOCK-1")], [])
    told = "3 requirements of the documents unjudged (clock: 2; no clause judges them: 1)"
    assert told not in text.render(run)
    missing = {"clock": ("CORE-ACC-6", "CORE-ACC-8"), "no clause judges them": ("CORE-ACC-2",)}
    run.plan = msgspec.structs.replace(run.plan, unjudged=missing)
    assert f"  - {told}\n" in text.render(run)
    assert told in html.render(run)
    assert told in markdown.render(run).replace("\\", "")
    assert standard.loads(json.render(run))["unjudged"] == {one: list(ids) for one, ids in missing.items()}


def test_a_required_unknown_is_not_judged(making: Any) -> None:
    run = making.run([making.clause("LOCK-1"), making.clause("LOCK-2")], [making.finding("LOCK-1", "pass")])
    assert summarize(run).headline == "NOT JUDGED"
    assert text.render(run).endswith("NOT JUDGED\n")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("certify", "CONFORMS"),
        ("load", "HOLDS"),
        ("replay", "NOT SEEN AGAIN"),
        ("selfcheck", "THE JUDGE CAN BE TRUSTED"),
    ],
)
def test_each_kind_of_run_has_its_own_words(making: Any, kind: str, said: str) -> None:
    run = making.run([making.clause("LOCK-1")], [making.finding("LOCK-1", "pass")], kind=kind)
    assert summarize(run).headline == said


def test_durations_and_instants_are_for_people() -> None:
    assert [duration(us) for us in (7, 2_345, 850_000, 12_400_000, 125_000_000)] == [
        "7 µs",
        "2 ms",
        "850 ms",
        "12.4 s",
        "2 min 05 s",
    ]
    assert moment("2018-09-07T16:29:11.299505Z") == "2018-09-07 16:29:11 UTC"


def test_text_shows_a_finding_with_its_clause_its_difference_and_the_way_back(failing: Run) -> None:
    shown = text.render(failing)
    assert shown.endswith("DOES NOT CONFORM\n")
    for line in (
        "1. FAIL LOCK-1  the Lock answer says INFO instead of LOCKED (seen 14 times)",
        "  clause      The Lock answer carries the status LOCKED.",
        '  + observed  -   "status": "LOCKED",',
        '              +   "status": "INFO",',
        "              #12 POST /api/2.0/Lock → 200 (2 ms)  ← decided",
        "  again       offerproof replay offerproof-runs/20180907T160000Z-7f3a LOCK-1",
        "  - skip: no clock: TIME-1 (1 clause)",
        "Scope: no clock (1 clause)",
    ):
        assert line in shown.splitlines()


def test_text_keeps_to_its_width_and_has_no_escape_sequences(failing: Run) -> None:
    for width in (60, 100):
        shown = text.render(failing, width=width)
        commands = ("  curl ", "  again ")  # to be copied: never wrapped
        assert max(len(line) for line in shown.splitlines() if not line.startswith(commands)) <= width
        assert "\x1b" not in shown


def test_text_does_not_depend_on_the_environment(failing: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = text.render(failing)
    for name, value in {"COLUMNS": "41", "FORCE_COLOR": "1", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    assert text.render(failing) == plain


def test_junit_has_the_shape_that_build_servers_read(failing: Run) -> None:
    root = ET.fromstring(junit.render(failing))
    assert root.attrib == {}
    for suite in root:
        assert suite.tag == "testsuite"
        children = [child.tag for child in suite]
        assert children == ["properties", *["testcase"] * (len(children) - 3), "system-out", "system-err"]
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", suite.get("timestamp") or "")
        for attribute in ("id", "package", "hostname", "name", "tests", "failures", "errors", "skipped", "time"):
            assert suite.get(attribute) is not None
        for case in suite.iter("testcase"):
            assert set(case.attrib) == {"classname", "name", "time"}
            assert len(case) <= 1
    cases = {(case.get("name") or "").split()[0]: [child.tag for child in case] for case in root.iter("testcase")}
    assert cases == {
        "SMOKE-1": [],
        "LOCK-1": ["failure"],
        "LOCK-2": [],
        "LOCK-3": [],
        "LOCK-4": ["skipped"],
        "REDEEM-1": ["error"],
        "REDEEM-2": ["error"],
        "TIME-1": ["skipped"],
    }


def test_junit_counts_what_it_holds(failing: Run) -> None:
    root = ET.fromstring(junit.render(failing))
    for suite in root:
        assert int(suite.get("tests", "")) == len(list(suite.iter("testcase")))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(attribute, "")) == len(list(suite.iter(tag)))


def test_junit_tells_the_waiver_and_the_failure_in_words(failing: Run) -> None:
    root = ET.fromstring(junit.render(failing))
    assert [s.get("message") for s in root.iter("skipped")] == [
        "waived: fixed in release 12 (till team, until 2018-12-31)",
        "skip: no clock",
    ]
    assert "warnings\n\nLOCK-3 LOCK-3 was looked at\n" in (root[1].findtext("system-out") or "")
    story = next(root.iter("failure")).text or ""
    assert "seen 14 times" in story
    assert "#12 POST /api/2.0/Lock → 200 (2 ms)" in story


def test_html_shows_expected_beside_observed_with_the_words_that_differ(failing: Run) -> None:
    shown = html.render(failing)
    assert "<td>  &#34;status&#34;: &#34;<mark>LOCKED</mark>&#34;,</td>" in shown
    assert "<td>  &#34;status&#34;: &#34;<mark>INFO</mark>&#34;,</td>" in shown
    assert "<h1>DOES NOT CONFORM</h1>" in shown
    assert "Transcript: 3 exchanges" in shown
    assert "seen 14 times" in shown
    assert "Not kept in the run: exchange 99." in shown


def test_html_links_inside_the_page_lead_somewhere_and_ids_are_unique(failing: Run) -> None:
    shown = html.render(failing)
    ids = re.findall(r'\bid="([^"]+)"', shown)
    assert sorted(ids) == sorted(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', shown)) <= set(ids)
    assert set(re.findall(r'aria-(?:labelledby|controls)="([^"]+)"', shown)) <= set(ids)


def test_html_lists_every_clause_with_its_verdict_source_and_evidence(failing: Run) -> None:
    rows = re.findall(
        r'<tr id="clause-([A-Z0-9-]+)" data-verdict="([a-z]+)">(.*?)</tr>', html.render(failing), re.DOTALL
    )
    assert [(name, verdict) for name, verdict, _ in rows] == [
        ("SMOKE-1", "pass"),
        ("LOCK-1", "fail"),
        ("LOCK-2", "pass"),
        ("LOCK-3", "warn"),
        ("LOCK-4", "waived"),
        ("REDEEM-1", "unknown"),
        ("REDEEM-2", "error"),
        ("TIME-1", "skip"),
    ]
    assert all("Offer Management, Redeeming an offer" in row for *_, row in rows)
    assert '<a href="#x-12">#12</a>' in rows[1][2]
    assert "#13" in rows[2][2]


def test_the_same_run_gives_the_same_bytes(failing: Run) -> None:
    for one in all_formats():
        assert one.run(failing) == one.run(failing), one.name


def test_a_thousand_findings_stay_readable(making: Any) -> None:
    names = [f"LOCK-{n}" for n in range(1, 1001)]
    run = making.run(
        [making.clause(name) for name in names],
        [
            making.exchange(1, answer_body={"text": "z" * 50_000}),
            *(making.finding(name, "fail", expected="a", observed="b", exchanges=(1,)) for name in names),
        ],
    )
    assert "900 more findings" in html.render(run)
    assert len(html.render(run)) < 6_000_000
    assert "… and 960 more findings" in text.render(run)
    assert len(markdown.render(run)) <= 60_001


def test_a_long_markdown_report_ends_by_saying_what_is_missing(making: Any) -> None:
    names = [f"LOCK-{n}" for n in range(1, 21)]
    long = "\n".join(f"{n} {'w' * 400}" for n in range(60))
    run = making.run(
        [making.clause(name) for name in names],
        [making.finding(name, "fail", expected=long, observed="b") for name in names],
    )
    shown = markdown.render(run)
    assert len(shown) <= 60_001
    assert "more sections did not fit: see the HTML report" in shown


def test_markdown_shows_the_difference_as_a_diff(failing: Run) -> None:
    shown = markdown.render(failing)
    assert shown.startswith("## ❌ DOES NOT CONFORM\n")
    assert '```diff\n  {\n-   "status": "LOCKED",\n+   "status": "INFO",\n    "amount": 5\n  }\n```' in shown
    assert "| Lock | 1 | 1 |  | 1 | 1 |  |  |" in shown


def test_json_is_one_document_with_every_clause(failing: Run) -> None:
    document = standard.loads(json.render(failing))
    assert (document["format"], document["version"], document["verdict"], document["exit_code"]) == (
        "offerproof-report",
        2,
        "fails",
        1,
    )
    clauses = {c["id"]: c["verdict"] for chapter in document["chapters"] for c in chapter["clauses"]}
    assert clauses["LOCK-4"] == "waived"
    assert len(clauses) == 8
    assert [step["number"] for step in document["findings"][0]["transcript"]] == [3, 11, 12]
    assert document["counts"]["pass"] == 2


def test_a_run_of_a_selection_says_so(making: Any) -> None:
    outside = PlannedClause(clause=making.clause("LOCK-2"), required=False, outside="not selected", checks=("a",))
    run = making.run([making.clause("LOCK-1"), outside], [making.finding("LOCK-1", "pass")], only=("LOCK-1",))
    assert "narrowed to a selection of clauses" in html.render(run)
    assert "skip: not selected: LOCK-2 (1 clause)" in text.render(run)


def test_a_run_of_one_clause_shows_that_clause_and_counts_the_others(making: Any) -> None:
    chapters = ("SMOKE", "AUTH", "CUST", "LOYAL", "FETCH", "ISSUE", "HIST", "PAGE")
    others = [
        PlannedClause(clause=making.clause(f"{name}-{number}"), required=False, outside="not selected", checks=("a",))
        for name in chapters
        for number in (1, 2)
    ]
    run = making.run([making.clause("LOCK-1"), *others], [making.finding("LOCK-1", "pass")], only=("LOCK-1",))
    shown = text.render(run)
    assert "  - skip: not selected: 16 clauses\n" in shown
    assert re.search(r"^  8 chapters of which nothing was looked at +· +16$", shown, re.MULTILINE)
    assert "PAGE" not in shown


def test_a_terminal_shows_the_answer_that_decided_and_heads_the_reasons(making: Any) -> None:
    found = making.finding("LOCK-1", "fail", expected="that this holds", observed="no", exchanges=(7,))
    run = making.run([making.clause("LOCK-1")], [making.exchange(7), found])
    shown = text.render(run)
    assert '  answer      {"status": "OK", "payload": {"status": "INFO", "amount": 5}, "errors": null}' in shown
    assert "\nWhy\n  - LOCK-1 failed: " in shown
    told = making.finding("LOCK-1", "fail", expected="so", observed="HTTP 200: {}", exchanges=(7,))
    assert "answer  " not in text.render(making.run([making.clause("LOCK-1")], [making.exchange(7), told]))


def test_a_finding_says_what_must_be_declared_for_it(making: Any) -> None:
    clause = msgspec.structs.replace(making.clause("LOCK-1"), needs=("earn", "escrow"))
    found = making.finding("LOCK-1", "fail", expected="so", observed="no")
    run = making.run([clause], [found])
    assert "\n  needs       earn, escrow: [capabilities] of the profile\n" in text.render(run)
    assert "needs earn, escrow ([capabilities] of the profile)" in html.render(run)


def test_a_reason_without_blanks_is_shown_to_its_end(making: Any) -> None:
    said = '{"code":"validation","message":"discount_config.off_cash' + "_" * 150 + 'end"}'
    unknown = making.finding("LOCK-1", "unknown", summary=f"set-up: create_offer was refused: HTTP 422: {said}")
    shown = text.render(making.run([making.clause("LOCK-1")], [unknown]))
    assert "_" * 150 + 'end"}' in re.sub(r"\n +", "", shown)
    assert "…" not in shown


def test_the_conforming_certificate_names_what_was_exercised(conforming: Run) -> None:
    shown = html.render(conforming)
    assert "<h1>CONFORMS</h1>" in shown
    assert "Every clause of this suite was exercised." in shown
    assert "<td><code>lock</code></td><td>issued</td>" in shown
    assert text.render(conforming).endswith("CONFORMS\n")


def test_settings_of_a_load_run_are_told_as_sentences(making: Any) -> None:
    settings = making.settings(
        warm_up_s=0.6,
        phases=(PhaseSetting(0.6, 50.0, 50.0, warm_up=True), PhaseSetting(6, 50.0, 80.0)),
        thresholds=("p99_ms of (all calls) at most 500", "error_rate of lock at most 0.001"),
    )
    facts = summarize(making.run([], [], kind="load", load=settings)).facts
    assert facts["Warm up (s)"] == "0.6"
    assert facts["Phases"] == "0.6 s at 50 (warm-up); 6 s from 50 to 80"
    assert facts["Thresholds"] == "p99_ms of (all calls) at most 500; error_rate of lock at most 0.001"
    assert facts["Took"] == "12.4 s"


def test_junit_has_a_case_for_each_audit(making: Any) -> None:
    audits = [
        Audit(question=f"Is it {verdict}?", verdict=Verdict(verdict), clause="LOAD-5", observed="seen")
        for verdict in ("fail", "unknown", "skip", "pass")
    ]
    root = ET.fromstring(junit.render(making.run([], audits, kind="load")))
    assert [(case.get("name"), [child.tag for child in case]) for case in root.iter("testcase")] == [
        ("Is it fail?", ["failure"]),
        ("Is it unknown?", ["error"]),
        ("Is it skip?", ["skipped"]),
        ("Is it pass?", []),
    ]


def test_junit_counts_the_defects_it_leaves_out(making: Any) -> None:
    findings = [making.finding("LOCK-1", "fail", identity=str(n), summary=f"defect {n}") for n in range(13)]
    story = (
        next(ET.fromstring(junit.render(making.run([making.clause("LOCK-1")], findings))).iter("failure")).text or ""
    )
    assert "defect 9\n" in story
    assert "defect 10" not in story
    assert story.endswith("… and 3 more findings")


def test_coverage_below_its_floor_is_said(making: Any) -> None:
    cell = Coverage(operation="lock", outcome="refusal", count=2, state="redeemed", floor=5)
    shown = html.render(making.run([making.clause("LOCK-1")], [making.finding("LOCK-1", "pass"), cell]))
    assert "refusal: 2 of 5 needed" in shown
    assert "<h1>NOT JUDGED</h1>" in shown
