"""Canaries: secrets and personal data are planted everywhere a target can put them, and every artefact is searched."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import replace

import pytest

from offerproof.cli.check import walk
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
