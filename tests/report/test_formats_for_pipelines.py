"""SARIF, annotations, a badge, HAR and OpenMetrics say what the run says, as their readers want it.

``benchmarks/formats_are_valid.sh`` has the samples checked by validators that are no Python packages.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from offerproof.exchange import parse_json
from offerproof.findings import Run, read_run
from offerproof.recording import Fact, open_recordings
from offerproof.report.formats import badge, github, har, openmetrics, sarif

SAMPLES = Path(__file__).resolve().parents[2] / "reports" / "sample"


def log_of(run: Run) -> dict[str, Any]:
    document = json.loads(sarif.render(run))
    assert document["version"] == "2.1.0"
    (log,) = document["runs"]
    return dict(log)


def metrics_of(run: Run) -> dict[tuple[str, str], float]:
    """By metric and its labels, as the library's own reader of OpenMetrics takes the page."""
    page = openmetrics.render(run)
    assert page.endswith("# EOF\n")
    return {
        (sample.name.removeprefix("offerproof_"), ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def test_sarif_has_a_result_for_each_finding_against_the_target_at_its_clause(failing: Run) -> None:
    log = log_of(failing)
    results = log["results"]
    assert [(one["ruleId"], one["level"]) for one in results] == [
        ("LOCK-1", "error"),
        ("LOCK-3", "warning"),
        ("LOCK-4", "error"),
    ]
    rules = log["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in results] == ["LOCK-1", "LOCK-3", "LOCK-4"]
    first = results[0]
    assert first["occurrenceCount"] == 14
    assert first["message"]["text"].startswith("LOCK-1 the Lock answer says INFO instead of LOCKED\nExpected: ")
    (place,) = first["locations"]
    assert place["logicalLocations"] == [{"name": "LOCK-1", "fullyQualifiedName": "LOCK/LOCK-1"}]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "contracts/clauses.toml"
    assert [one.get("suppressions") for one in results] == [
        None,
        None,
        [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "fixed in release 12 (till team, until 2018-12-31)",
            }
        ],
    ]


def test_sarif_tells_our_own_errors_and_a_run_that_judged_nothing_apart_from_results(failing: Run, making: Any) -> None:
    (invocation,) = log_of(failing)["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (True, 1)
    note, unseen = invocation["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("REDEEM-2 our own error: KeyError")
    assert (note["level"], unseen["level"]) == ("error", "warning")
    nothing = making.run([making.clause("LOCK-1")], [])
    (invocation,) = log_of(nothing)["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    assert log_of(nothing)["results"] == []
    found = [making.finding("LOCK-1", "fail"), making.finding("LOCK-2", "unknown", summary="not reached")]
    (invocation,) = log_of(making.run([making.clause("LOCK-1"), making.clause("LOCK-2")], found))["invocations"]
    unseen = {"level": "warning", "message": {"text": "LOCK-2 was not observed: not reached"}}
    assert (invocation["exitCode"], invocation["toolExecutionNotifications"]) == (1, [unseen])


def test_a_finding_has_the_same_fingerprint_in_every_run(making: Any) -> None:
    prints = []
    for run_id in ("first", "second"):
        finding = making.finding("LOCK-1", "fail", summary=f"seen in the {run_id}", identity="LOCK-1:lock:0f")
        prints.append(log_of(making.run([making.clause("LOCK-1")], [finding]))["results"][0]["partialFingerprints"])
    assert prints == [{"offerproofIdentity/v1": "LOCK-1:lock:0f"}] * 2


def test_annotations_stand_in_a_line_each_whatever_a_target_said(failing: Run, hostile: Run, making: Any) -> None:
    lines = github.render(failing).splitlines()
    assert lines[0].startswith("::error title=DOES NOT CONFORM::staging-eu (staging) at level gate: 2 kept, 1 broken")
    assert [line.partition(" ")[0] for line in lines[1:]] == ["::error", "::warning", "::notice", "::error"]
    assert '; expected { "status": "LOCKED", "amount": 5 }; observed { "status": "INFO"' in lines[1]
    assert all(line.startswith("::") for line in github.render(hostile).splitlines())
    text = "100%, a: b\n::set-output name=x::y"
    run = making.run([making.clause("LOCK-1", sentence=text)], [making.finding("LOCK-1", "fail", summary=text)])
    told = github.render(run).splitlines()[1]
    assert told.startswith(
        "::error title=LOCK-1 100%25%2C a%3A b %3A%3Aset-output name=x%3A%3Ay::100%25, a: b ::set-output"
    )


@pytest.mark.parametrize(
    ("which", "right", "colour"),
    [("conforming", "conforms · gate", "#1a7f37"), ("failing", "does not conform · gate", "#c1272d")],
)
def test_a_badge_says_verdict_and_level(which: str, right: str, colour: str, request: pytest.FixtureRequest) -> None:
    root = ET.fromstring(badge.render(request.getfixturevalue(which)))
    assert root.get("aria-label") == f"offerproof: {right}"
    assert colour in {one.get("fill") for one in root.iter()}
    assert int(root.get("width") or 0) > 6 * len(f"offerproof{right}")


def test_har_has_every_exchange_of_the_run_with_its_bodies(failing: Run) -> None:
    log = json.loads(har.render(failing))["log"]
    assert [entry["comment"].partition(" ")[0] for entry in log["entries"]] == [
        f"#{number}" for number in sorted(failing.exchanges)
    ]
    entry = next(one for one in log["entries"] if one["comment"].startswith("#12 "))
    recorded = failing.exchanges[12]
    assert json.loads(entry["request"]["postData"]["text"]) == recorded.request_body
    assert json.loads(entry["response"]["content"]["text"]) == recorded.answer_body
    assert (entry["response"]["status"], entry["time"]) == (recorded.status, recorded.duration_us / 1_000)


def test_what_is_written_as_har_is_read_as_a_recording_again(tmp_path: Path) -> None:
    run = read_run(SAMPLES / "failing")
    (tmp_path / "run.har").write_text(har.render(run), encoding="utf-8")
    with open_recordings([str(tmp_path / "run.har")]) as opened:
        ((recording, _),) = opened.recordings
        again = list(recording.exchanges())
        read = [(one.method, one.url, one.status, parse_json(one.answer.data)) for one in again]
    assert read == [(one.method, one.url, one.status, one.answer_body) for one in run.exchanges.values()]
    assert recording.traits.name == "offerproof run"
    assert {body.fact for one in again for body in (one.request, one.answer) if body.data} == {Fact.ALTERED}


def test_openmetrics_are_read_back_with_verdict_clauses_and_findings(failing: Run) -> None:
    metrics = metrics_of(failing)
    assert metrics["exit_code", ""] == 1
    assert {name: value for (metric, name), value in metrics.items() if metric == "verdict"} == {
        "conforms": 0,
        "conforms so far": 0,
        "fails": 1,
        "not judged": 0,
    }
    counts: dict[str, float] = {}
    for (metric, labels), value in metrics.items():
        if metric == "clauses":
            verdict = labels.rpartition(",")[2]
            counts[verdict] = counts.get(verdict, 0) + value
    assert counts == {name: failing.counts[name] for name in counts}
    assert (metrics["findings", ""], metrics["causes", ""], metrics["duration_seconds", ""]) == (3, 3, 12.4)


def test_openmetrics_of_a_load_run_have_its_figures() -> None:
    run = read_run(SAMPLES / "load")
    metrics = metrics_of(run)
    for series in run.load.series:
        assert metrics["load_rate", f"{series.kind},{series.name}"] == pytest.approx(float(series.rate))
        for percentile, milliseconds in series.response.percentiles.items():
            found = metrics["load_latency_seconds", f"{series.kind},{series.name},{percentile[1:]}"]
            assert found == pytest.approx(float(milliseconds) / 1_000)
