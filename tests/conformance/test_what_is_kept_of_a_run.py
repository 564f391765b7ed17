"""A run file says what made it, keeps what it is asked to, and is shown as far as it went when its run died."""

from __future__ import annotations

import json
import platform
from importlib import metadata
from pathlib import Path

import msgspec
import pytest

from offerproof.cli import main
from offerproof.findings import Run, read_run
from offerproof.report.comparison import compare_runs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("kept")
    assert main(["certify", "--level", "smoke", "--keep", "all", "--out", str(out)]) == 0
    (made,) = [one for one in out.iterdir() if one.is_dir()]
    return made


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return read_run(folder)


@pytest.fixture
def died(folder: Path, tmp_path: Path) -> Path:
    """The same run, cut in the middle of a line as by kill -9, made by an older Hypothesis."""
    lines = (folder / "run.jsonl").read_bytes().splitlines(keepends=True)
    header = json.loads(lines[0])
    header["versions"] |= {"Hypothesis": "6.0.0"}
    cut = tmp_path / "run.jsonl"
    cut.write_bytes(json.dumps(header).encode() + b"\n" + b"".join(lines[1:-8]) + lines[-8][:40])
    return cut


def test_a_run_says_which_versions_made_it(run):
    libraries = ("Hypothesis", "Schemathesis", "jsonschema-rs", "Locust")
    assert run.header.versions == {
        "Python": platform.python_version(),
        **{name: metadata.version(name) for name in libraries},
    }


def test_every_exchange_is_kept_when_that_is_asked_for(run):
    assert run.footer is not None
    assert len(run.exchanges) == run.footer.requests > 15
    assert sorted(run.exchanges) == list(range(1, run.footer.requests + 1))


def test_a_run_that_died_is_refused_with_what_to_do_and_shown_as_far_as_it_went(died, capsys):
    assert main(["report", str(died)]) == 3
    assert "hint: offerproof report --partial shows it as far as it went" in capsys.readouterr().err
    assert main(["report", str(died), "--partial"]) == 0
    told = capsys.readouterr().out
    assert "NOT JUDGED" in told
    assert "the run was interrupted: the file has no footer" in told


def test_a_replay_says_that_a_seed_may_send_other_requests_now(died, capsys):
    assert main(["replay", str(died), "LOCK-1"]) == 2
    now = metadata.version("Hypothesis")
    assert f"Hypothesis 6.0.0 → {now} since then: the same seed may send other requests" in capsys.readouterr().err


def test_a_comparison_says_which_versions_differ(run):
    older = Run(msgspec.structs.replace(run.header, versions={"Hypothesis": "6.0.0", "Python": "3.0"}), run.plan)
    nameless = Run(msgspec.structs.replace(run.header, versions={}), run.plan)
    here = run.header.versions
    assert set(compare_runs(older, run).notes) >= {
        f"different version: Hypothesis 6.0.0 → {here['Hypothesis']}",
        f"different version: Python 3.0 → {here['Python']}",
    }
    assert not any("version" in note for note in compare_runs(nameless, run).notes)


@pytest.mark.slow
def test_credentials_that_are_words_leave_the_evidence_as_it_is_and_no_leak_can_be_told(simulate, tmp_path, capsys):
    """The README's pairs: words of paths and answers, and a key of four letters."""
    pairs = ("core=core:simulated", "offers=offers:simulated", "cloudpos=pos:simulated", "api_key=demo")
    with simulate(*(part for pair in pairs for part in ("--credential", pair))) as profile:
        only = ("--only", "REFUSE-12", "--only", "FETCH-1", "--keep", "all", "--out", str(tmp_path / "runs"))
        assert main(["certify", "--target", str(profile), *only]) == 0
        assert main(["check", "--target", str(profile)]) == 0
    assert "services.core.api_key is shorter than 6 characters: masked only where" in capsys.readouterr().out
    (folder,) = (tmp_path / "runs").glob("2*")
    text, run = (folder / "run.jsonl").read_text("utf-8"), read_run(folder)
    verdict = run.standings["REFUSE-12"]
    assert (verdict.verdict.value, verdict.reason) == (
        "unknown",
        "api_key is shorter than 6 characters: a leak of it cannot be told",
    )
    assert len(run.plan.notes) == 1
    assert "/priv/v1/apps/{api_key}/users/search" in text
    assert "/api/2.0/offers/fetch_offer" in text
    assert "Basic {offers_credentials}" in text
    for masked in ("{offers_key}", "{core_key}", "{cloudpos_key}", "apps/demo"):
        assert masked not in text
