"""A right target's traffic is accused of nothing, a wrong one's is told, and what cannot be known is never held against
anybody."""

from __future__ import annotations

import base64
import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from benchmarks.recorded_walk import RecordedSimulator, long_walk, short_walk
from offerproof.audit import AuditOptions, ClientOptions, LiveAudit
from offerproof.cli import main
from offerproof.contract import Strength
from offerproof.errors import ExitCode, Misuse
from offerproof.findings import Run, Verdict, read_run
from offerproof.recording import open_recordings
from tests.canaries import forms, leaks


def changed(entry: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A copy of an entry with members of its response replaced."""
    copy: dict[str, Any] = json.loads(json.dumps(entry))
    copy["response"].update(members)
    return copy


def failed(run: Run) -> set[str]:
    return {finding.clause for finding in run.failures}


def notes(run: Run) -> str:
    return "\n".join(run.plan.notes)


def test_a_right_target_conforms_and_says_what_was_shown(desk, walked):
    entries = walked(long_walk)
    audited = desk.audit(entries)
    run = audited.run
    assert (run.failures, run.outcome.exit_code) == ([], ExitCode.OK)
    held = {name for name, standing in run.standings.items() if standing.verdict is Verdict.PASS}
    assert {"LOCK-1", "LOCK-12", "LOCK-18", "REDEEM-3", "HIST-1", "WALLET-9", "FETCH-2", "JOURN-2"} <= held
    assert f"{len(entries)} exchanges read, {len(entries)} of them calls of the API" in notes(run)
    assert "mitmproxy: can be complete" in notes(run)
    assert read_run(audited.folder).outcome.verdict is run.outcome.verdict


@pytest.mark.parametrize(
    ("defect", "clause"),
    [
        ("lock-answers-info", "LOCK-1"),
        ("redeemed-offer-locks", "LOCK-14"),
        ("reference-is-an-account", "WALLET-3"),
        ("title-cut", "FETCH-2"),
    ],
)
def test_a_wrong_target_is_told_by_its_clause(defect, clause, desk, walked):
    run = desk.audit(walked(long_walk, defect)).run
    assert clause in failed(run)
    assert run.outcome.exit_code is ExitCode.FAILED
    finding = next(one for one in run.failures if one.clause == clause)
    assert run.transcript(finding)[-1].check == f"recording-1.har, {finding.detail['entry']}"


def test_nothing_of_secrets_and_people_reaches_the_run_in_any_form(desk, walked, tmp_path, capsys):
    entries = walked(short_walk)
    tokens = {
        one["value"].split()[1] for each in entries for one in each["request"]["headers"] if "auth" in one["name"]
    }
    pairs = [base64.b64decode(token).decode().partition(":") for token in tokens]
    url = next(one["request"]["url"] for one in entries if "email=" in one["request"]["url"])
    email = unquote(url.partition("email=")[2].partition("&")[0])
    secrets = [*tokens, *(part for key, _, secret in pairs for part in (key, secret)), url.split("/")[6]]
    made = next(json.loads(one["request"]["postData"]["text"]) for one in entries if "postData" in one["request"])
    people = [email, email.partition("@")[0], made["user"]["external_id"]]
    canaries = forms(secrets=secrets, people=people)
    told = [f"no such '{form}'." for form in canaries.values()]
    body = json.dumps({"status": "error", "payload": None, "errors": [{"code": "x", "message": one} for one in told]})
    content = {"mimeType": "application/json", "text": body, "size": len(body)}
    page = {"mimeType": "text/html", "text": "<br>".join(told), "size": 1}
    early = json.dumps({"status": "error", "payload": None, "errors": list(forms(secrets=secrets).values())})
    judged = [changed(entries[0], status=500, content={**content, "text": early}), *entries]
    judged[0]["startedDateTime"] = "2026-01-01T00:00:00.000000+00:00"
    for hours, told_as in (1, content), (2, page):
        judged += [changed(one, status=500, content=told_as) for one in entries]
        for one in judged[-len(entries) :]:
            at = datetime.fromisoformat(one["startedDateTime"]) + timedelta(hours=hours)
            one["startedDateTime"] = at.isoformat(timespec="microseconds")
    recording, anonymous = desk.write(judged), tmp_path / "anonymous.har"
    out = ["--out", str(tmp_path / "runs"), "--client", "canary", "--anonymise", str(anonymous)]
    assert main(["audit", recording, *out]) == 1
    (folder,) = (tmp_path / "runs").glob("2*")
    (tmp_path / "console").write_text("".join(capsys.readouterr()))
    watched = tmp_path / "watched"
    live = LiveAudit(AuditOptions(files=(), out=watched, client=ClientOptions("canary", complete=True)), "watched")
    with open_recordings([recording]) as opened:
        _, *later = opened.recordings[0][0].exchanges()  # what comes before any request only a profile can know
        for recorded in later:
            live.take(recorded)
    live.keep()
    (draft,) = watched.iterdir()
    shutil.copytree(draft, tmp_path / "draft")
    live.close([])
    folders = (folder, draft, tmp_path / "draft")
    files = [file for one in folders for file in one.rglob("*")]
    artefacts = [one for one in (*files, tmp_path / "console", anonymous) if one.is_file()]
    assert sum(one.name == "run.jsonl" for one in artefacts) == 6, "of both sides, each of audit, watch and its draft"
    assert {"certificate.html", "run.jsonl", "junit.xml"} <= {one.name for one in artefacts}
    found = leaks(canaries, artefacts)
    assert found == [], "\n".join(f"{a} {b}" for a, b in found)


def test_a_body_that_was_not_recorded_is_unknown_and_no_breach(desk, walked):
    entries = [changed(one, content={"size": 0}) for one in walked(short_walk)]
    run = desk.audit(entries).run
    assert run.failures == []
    assert run.outcome.exit_code is ExitCode.NOT_JUDGED
    assert "the answer's body was not recorded (9)" in notes(run)


def test_what_a_gateway_answers_is_not_the_targets_word(desk, walked):
    entries = walked(short_walk)
    page = {"mimeType": "text/html", "text": "<h1>Bad Gateway</h1>", "size": 20}
    headers = [{"name": "content-type", "value": "text/html"}, {"name": "server", "value": "proxy"}]
    entries[5] = changed(entries[5], status=503, content=page, headers=headers)
    run = desk.audit(entries).run
    assert run.failures == []
    assert "answered by something between client and target (1)" in notes(run)


def test_a_server_error_of_the_target_itself_is_told(desk, walked):
    entries = walked(short_walk)
    body = {
        "mimeType": "application/json",
        "text": '{"status":"error","payload":null,"errors":[{"code":"x","message":"y"}]}',
    }
    entries[5] = changed(entries[5], status=500, content=body)
    assert "SURF-1" in failed(desk.audit(entries).run)


def test_a_call_without_an_answer_may_have_been_done_until_the_end(desk, walked):
    entries = walked(short_walk)
    assert entries[7]["request"]["url"].endswith("send_transaction")
    lost = changed(entries[7], status=0, content={}, headers=[])
    assert desk.audit([*entries[:7], lost, *entries[8:]]).run.failures == []  # done: the history shows it
    undone = walked(_without_sale)
    at = datetime.fromisoformat(undone[7]["startedDateTime"]) - timedelta(milliseconds=10)
    lost["startedDateTime"] = at.isoformat()
    assert desk.audit([*undone[:7], lost, *undone[7:]]).run.failures == []  # not done: neither


def _without_sale(simulator: RecordedSimulator) -> None:
    original = simulator.till
    simulator.till = lambda path, *rest: {} if path == "send_transaction" else original(path, *rest)  # type: ignore[method-assign]
    short_walk(simulator)


def test_overlapping_calls_are_wrong_only_if_no_order_explains_them(desk, walked):
    """Lock and the history that overlaps it: the history may show the state before or after."""
    entries = walked(long_walk, "redeemed-offer-locks")
    clause = "LOCK-14"
    assert clause in failed(desk.audit(entries).run)
    begin = datetime.fromisoformat(entries[0]["startedDateTime"])
    for entry in entries:  # nobody knows any end: any order of calls that tell nothing to each other is possible
        entry["timings"]["wait"] = -1
        entry["startedDateTime"] = (begin + timedelta(microseconds=1)).isoformat()
    assert desk.audit(entries).run.failures == []


def test_a_state_that_no_call_explains_means_the_recording_is_incomplete(desk, walked):
    entries = walked(short_walk)
    without_sale = [one for one in entries if not one["request"]["url"].endswith("send_transaction")]
    run = desk.audit(without_sale).run
    assert run.failures == []
    assert "recording incomplete" in notes(run)
    assert failed(desk.audit(without_sale, complete=True).run) == {"LOCK-17"}


def test_a_recorder_that_loses_calls_proves_nothing_by_absence(desk, walked):
    entries = walked(long_walk, "redeemed-offer-locks")
    assert failed(desk.audit(entries, "mitmproxy").run) == {"LOCK-14"}
    assert failed(desk.audit(entries, "chrome-har").run) == set()
    assert failed(desk.audit(entries, "mitmproxy", complete=False).run) == set()


def test_others_may_have_acted_on_a_customer_who_was_there_before(desk, walked):
    entries = walked(long_walk, "redeemed-offer-locks")
    assert failed(desk.audit(entries[2:]).run) == set()
    assert "LOCK-14" in failed(desk.audit(entries[2:], complete=True).run)


def test_a_customer_who_was_there_before_is_no_reason_to_accuse(desk, walked):
    entries = walked(long_walk)
    for begin in range(2, len(entries), 5):
        assert desk.audit(entries[begin:], complete=True).run.failures == [], begin


def test_nothing_that_matches_is_no_verdict(desk, walked):
    entries = walked(short_walk)
    for entry in entries:
        entry["request"]["url"] = "http://127.0.0.1:8080/other/things?email=somebody@example.com"
    run = desk.audit(entries).run
    assert run.outcome.exit_code is ExitCode.NOT_JUDGED
    assert "no call of the API: POST /other/things (8)" in notes(run)


def test_calls_are_found_below_any_prefix_and_in_every_spelling(desk, walked):
    entries = walked(short_walk)
    for entry in entries:
        url = entry["request"]["url"].replace("http://127.0.0.1:8080", "https://gateway.example/loyalty/v3")
        entry["request"]["url"] = url.replace("/api/2.0/Lock", "/api/2.0/offers/redemption/LOCK")
    run = desk.audit(entries).run
    assert "9 of them calls" in notes(run)
    assert desk.audit(entries, bases=("https://gateway.example/loyalty",)).run.outcome.exit_code is ExitCode.OK
    assert "0 of them calls" in notes(desk.audit(entries, bases=("https://elsewhere.example",)).run)
    with pytest.raises(Misuse, match="--base-url"):
        desk.audit(entries, bases=("elsewhere",))


def test_of_several_hosts_nobody_knows_whose_state_is_seen(desk, walked):
    entries = walked(long_walk, "redeemed-offer-locks")
    for entry in entries[::2]:
        entry["request"]["url"] = entry["request"]["url"].replace("127.0.0.1:8080", "staging.example")
    run = desk.audit(entries).run
    assert run.failures == []
    assert "several hosts answer core: --base-url chooses one" in notes(run)


def test_a_cut_recording_is_judged_as_far_as_it_goes_and_never_conforms(desk, walked):
    path = desk.write(walked(short_walk))
    data = Path(path).read_bytes()
    Path(path).write_bytes(data[: data.rindex(b"send_transaction")])
    run = desk.files(path).run
    assert run.outcome.exit_code is ExitCode.NOT_JUDGED
    assert any("is cut after entry 7" in reason for reason in run.outcome.reasons)
    assert run.standings["LOCK-1"].verdict is Verdict.PASS


def test_named_clauses_must_be_shown(desk, walked):
    run = desk.audit(walked(short_walk), require=("LOCK-18", "LOCK-1")).run
    assert run.outcome.exit_code is ExitCode.NOT_JUDGED
    assert any("LOCK-18 is unknown" in reason for reason in run.outcome.reasons)
    required = [one for one in run.plan.clauses if one.required]
    assert {one.clause.id for one in required if one.clause.strength is Strength.MUST} >= {"LOCK-1", "LOCK-18"}


def test_several_recordings_are_one_story_whatever_their_clocks_say(desk, walked):
    entries = walked(long_walk)
    for entry in entries:
        at = datetime.fromisoformat(entry["startedDateTime"])
        entry["response"]["headers"].append({"name": "Date", "value": at.strftime("%a, %d %b %Y %H:%M:%S GMT")})
    late = json.loads(json.dumps(entries[1::2]))
    for entry in late:
        at = datetime.fromisoformat(entry["startedDateTime"]) + timedelta(seconds=90)
        entry["startedDateTime"] = at.isoformat()
    run = desk.files(desk.write(entries[::2]), desk.write(late)).run
    assert run.failures == []
    assert "its clock is -90 s from the first one's" in notes(run)
    twice = desk.files(desk.write(entries), desk.write(entries)).run
    assert twice.failures == []
    assert f"{len(entries)} exchanges were recorded twice, and judged once" in notes(twice)


@pytest.mark.parametrize(
    ("defect", "clause"),
    [
        ("terms-forgotten", "FETCH-4"),
        ("start-date-a-day-early", "FETCH-5"),
        ("reward-store-always", "FETCH-8"),
        ("root-id-lost", "FETCH-11"),
        ("transition-to-draft", "CREATE-6"),
        ("status-names-another-offer", "ISSUE-4"),
        ("offers-are-of-another-type", "WALLET-6"),
        ("offers-have-no-name", "WALLET-10"),
        ("lock-shows-another-name", "LOCK-26"),
        ("window-turned-round", "HIST-6"),
        ("record-names-the-root", "HIST-3"),
        ("retailer-of-the-rule", "LOYAL-14"),
        ("rule-without-parent", "LOYAL-18"),
        ("tier-ends-before-it-begins", "LOYAL-22"),
    ],
)
def test_members_of_answers_are_told_whoever_recorded_them(defect, clause, desk, walked):
    entries = walked(long_walk, defect)
    assert clause in failed(desk.audit(entries).run)
    assert clause in failed(desk.audit(entries, "a recorder nobody knows").run)


def test_parameters_instead_of_a_body_are_judged_as_the_body_was(desk, walked):
    entries = walked(short_walk)
    for entry in entries:
        text = entry["request"].get("postData", {}).get("text")
        if text:
            sent = json.loads(text)
            parts = {name: one[0] if name == "user_ids" else one for name, one in sent.items()}
            listed = [
                {"name": name, "value": one if isinstance(one, str | int) else json.dumps(one)}
                for name, one in parts.items()
            ]
            entry["request"]["postData"] = {"mimeType": "application/json", "params": listed}
    run = desk.audit(entries, "chrome-har").run
    assert run.failures == []
    assert "9 of them calls" in notes(run)
    assert run.standings["LOCK-2"].verdict is Verdict.PASS
