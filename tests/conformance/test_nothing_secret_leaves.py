"""Canaries: secrets and personal data are planted everywhere a target can put them, and every artefact is searched."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from offerproof.cli import COMMANDS, main
from offerproof.cli.check import walk
from offerproof.findings import read_run
from offerproof.report.comparison import compare_runs
from offerproof.report.formats import all_formats, keep_reports
from offerproof.report.matrix import matrix_of
from offerproof.target import CustomerSource, Secret
from tests.canaries import forms, leaks

PERSON = {
    "id": "11111111-2222-4333-8444-555555555555",
    "email": "canary.person@example.org",
    "first_name": "Canaryfirst",
    "last_name": "O'Canary",
    "external_id": "CANARY-0042",
    "mobile_number": "5089959991",
    "dob": "1977-07-07",
    "address": "77 Canary Street",
    "user_profile": {"shoe_size": "44-canary"},
}
SECRET = "Can&ry/sec+ret<7>'pw' 9"
CANARIES = forms(
    secrets=(
        SECRET,
        "test-api-key",
        *("core-test-key", "offers-test-key", "cloudpos-test-key", "offers-test-secret", "cloudpos-test-secret"),
        base64.b64encode(b"offers-test-key:offers-test-secret").decode(),
    ),
    people=(
        *("canary.person@example.org", "canary.pool@example.org", "Canaryfirst", "O'Canary", "1977-07-07"),
        *("77 Canary Street", "44-canary", "CANARY-0042", "POOLED-0043"),
    ),
    phones=("5089959991", "6171234567"),
)
CHECKS = """
@clause("LOCK-1", customers=1)
def test_it(api, expect, given):
    customer = given.customer()
    found = expect.success(api.search_customers(email=customer.email))
    expect.equal(found["first_name"], "Somebody", what="first name")

@clause("LOCK-2")
def test_echo(api, expect):
    expect.success(api.lookup(email="canary.person@example.org", phone="5089959991"), kind=list)

@clause("LOCK-3")
def test_crash(api):
    raise RuntimeError(f"while reading {api.search_customers(email='x@example.org').answer}")
"""


@pytest.fixture
def run_folder(bench, target, make_profile, tmp_path, capsys):
    pool = tmp_path / "customers.jsonl"
    pooled = {"user_id": "u-1", "email": "canary.pool@example.org", "phone": "6171234567", "external_id": "POOLED-0043"}
    pool.write_text(json.dumps(pooled))
    told = [f"no such '{form}'." for form in CANARIES.values()]
    person = {"status": "ok", "user": PERSON, "notes": told, "phone": 6171234567, "message": "; ".join(told)}
    target.answers["/search"] = 200, person
    target.answers["/Lookup"] = 500, f"<p>{'<br>'.join(told)}</p>".encode()
    profile = make_profile(customers=CustomerSource("pool", pool))
    profile.services["core"] = replace(profile.services["core"], secret=Secret(SECRET, "$CORE_SECRET"))
    done = bench.run(CHECKS, profile, ids=("LOCK-1", "LOCK-2", "LOCK-3"), keep_all=True)
    assert [standing.verdict.value for standing in done.run.standings.values()] == ["fail", "fail", "error"]
    keep_reports(done.run, done.folder)
    for one in all_formats():
        (done.folder / f"report.{one.name}").write_text(one.run(done.run))
        if one.comparison:
            (done.folder / f"comparison.{one.name}").write_text(one.comparison(compare_runs(done.run, done.run)))
        if one.matrix:
            (done.folder / f"matrix.{one.name}").write_text(one.matrix(matrix_of([done.run, done.run])))
    (done.folder / "checked").write_text("\n".join(repr(one) for one in walk(profile)))
    (done.folder / "console").write_text("".join(capsys.readouterr()))
    (done.folder / "events").write_text(repr(bench.events))
    return done.folder


def test_no_canary_is_in_any_artefact_in_any_form(run_folder):
    artefacts = [file for file in run_folder.iterdir() if file.name != "private.env"]
    assert {"run.jsonl", "certificate.html", "junit.xml", "report.text", "comparison.json", "checked"} <= {
        file.name for file in artefacts
    }
    assert leaks(CANARIES, artefacts) == []


def test_the_placeholders_are_there_instead(run_folder):
    content = (run_folder / "run.jsonl").read_text()
    for placeholder in ("{email-", "{name-1}", "{api_key}", "Basic {core_credentials}"):
        assert placeholder in content


def test_the_private_file_has_what_a_curl_needs(run_folder):
    private = (run_folder / "private.env").read_text()
    assert "canary.pool@example.org" in private
    assert "offers-test-secret" not in private


@pytest.mark.parametrize(
    "name", ["it's \\ $HOME `id`", "\x1b[31mred\x07\x1b]0;x\x07", "two\nlines'\\", "\u202eback\x85"]
)
def test_a_made_up_value_in_the_private_file_is_data_and_does_not_speak_to_the_terminal(bench, target, name):
    target.answers["/search"] = 200, {"status": "ok", "user": {**PERSON, "first_name": name}}
    done = bench.run(CHECKS, ids=("LOCK-1", "LOCK-2", "LOCK-3"))
    private = done.folder / "private.env"
    signs = {sign for sign in private.read_text() if not sign.isprintable()}
    assert signs == {"\n"}
    shell = f". '{private}'; env -0"
    told = subprocess.run(["bash", "-c", shell], env={"LC_ALL": "C.UTF-8"}, capture_output=True, check=True).stdout
    values = [line.partition("=")[2] for line in told.decode().split("\0") if line.startswith("OFFERPROOF_NAME")]
    assert name in values


COVERED = {
    "certify": "conformance/test_nothing_secret_leaves.py::test_no_canary_is_in_any_artefact_in_any_form",
    "check": "conformance/test_nothing_secret_leaves.py::test_no_canary_is_in_any_artefact_in_any_form",
    "audit": "audit/test_recorded_traffic_is_judged.py::test_nothing_of_secrets_and_people_reaches_the_run_in_any_form",
    "watch": "audit/test_recorded_traffic_is_judged.py::test_nothing_of_secrets_and_people_reaches_the_run_in_any_form",
    "till": "guided/test_a_till_lives_through_twelve_situations.py::test_no_secret_and_nobody_is_in_a_kept_session",
    "load": "loadtest/test_load_command.py::test_a_load_run_with_no_target_measures_audits_and_reports",
}
"""Commands whose artefacts are searched by a test that makes them."""
OF_A_RUN = {
    "report": ("{folder}",),
    "report --partial": ("{cut}", "--partial"),
    "runs": ("--out", "{runs}"),
    "compare": ("{folder}", "{folder}"),
    "matrix": ("{folder}", "{folder}"),
    "replay": ("{identity}", "--run", "{folder}"),
    "verify": ("{folder}/run.jsonl",),
}
"""What reads a kept run, here one with canaries: by command, with an option where it says something else."""
OF_NOBODY = {"simulate", "init", "explain", "clauses", "contract", "selfcheck"}
"""They know neither a target's answers nor its credentials."""


def test_every_command_is_searched_for_canaries_or_knows_none():
    named = set(COVERED) | {name.partition(" ")[0] for name in OF_A_RUN} | OF_NOBODY
    assert named == set(COMMANDS)
    for place in COVERED.values():
        file, _, test = place.partition("::")
        assert f"def {test}(" in (Path(__file__).parents[1] / file).read_text("utf-8"), place


def test_what_commands_say_of_a_run_holds_no_canary(run_folder, tmp_path, capsys):
    cut = tmp_path / "cut"
    cut.mkdir()
    lines = (run_folder / "run.jsonl").read_bytes().splitlines(keepends=True)
    (cut / "run.jsonl").write_bytes(b"".join(lines[:-1]))
    finding = next(one for one in read_run(run_folder).findings if one.exchanges)
    places = {"folder": run_folder, "cut": cut, "runs": run_folder.parent, "identity": finding.identity}
    said = tmp_path / "said"
    said.mkdir()
    for name, words in OF_A_RUN.items():
        arguments = [name.partition(" ")[0], *(word.format(**places) for word in words)]
        forms_of = [one.name for one in all_formats()] if name.startswith("report") else [None]
        for form in forms_of:
            main([*arguments, *(["--format", form] if form else [])])
            told = "".join(capsys.readouterr())
            assert told, arguments
            (said / f"{name} {form}").write_text(told)
    assert len(list(said.iterdir())) > 20
    assert leaks(CANARIES, list(said.iterdir())) == []
