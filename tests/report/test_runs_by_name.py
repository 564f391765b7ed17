"""Runs that are kept are listed, and ``latest`` is the newest of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from offerproof.cli import main
from offerproof.findings import Run, RunWriter


@pytest.fixture
def kept(tmp_path: Path, conforming: Run, failing: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two finished runs, one that did not finish, and things that are no runs; we stand above it."""
    monkeypatch.chdir(tmp_path)
    runs = tmp_path / "offerproof-runs"
    named = {"20180907T160000Z-0b": conforming, "20180907T160001Z-0a": failing, "20180906T000000Z-0c": failing}
    for name, run in named.items():
        (runs / name).mkdir(parents=True)
        with RunWriter(runs / name / "run.jsonl", run.header) as writer:
            writer.plan(run.plan)
            for finding in run.findings:
                writer.add(finding)
            if not name.endswith("c"):
                writer.finish(requests=1)
    (runs / "20990101T000000Z-0d").mkdir()
    (runs / "20990101T000000Z-0e").mkdir()
    (runs / "20990101T000000Z-0e" / "run.jsonl").write_text("{}", encoding="utf-8")
    (runs / "used-customers.jsonl").touch()
    return runs


def test_runs_are_listed_from_the_oldest_with_their_verdicts(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "20180906T000000Z-0c  certify  staging-eu  gate  not finished",
        "20180907T160000Z-0b  certify  staging-eu  gate  conforms",
        "20180907T160001Z-0a  certify  staging-eu  gate  fails",
    ]
    assert main(["runs", "--json", "--out", str(kept)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(row["name"][-2:], row["exit_code"]) for row in told] == [("0c", None), ("0b", 0), ("0a", 1)]


def test_latest_is_the_newest_and_a_name_is_enough(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (kept / "20990101T000000Z-0e" / "run.jsonl").unlink()
    for name in ("latest", "offerproof-runs/latest", str(kept / "latest"), "20180907T160001Z-0a"):
        assert main(["report", name, "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["verdict"] == "fails"
    assert main(["compare", "20180907T160000Z-0b", "latest"]) == 1
    capsys.readouterr()
    os.utime(kept / "20180907T160000Z-0b" / "run.jsonl")  # copied later: the newer run stays the newer one
    assert main(["report", "latest", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "fails"


def test_a_newest_run_that_did_not_finish_is_not_passed_over(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (kept / "20180906T000000Z-0c").rename(kept / "20980101T000000Z-0c")
    (kept / "20990101T000000Z-0e" / "run.jsonl").unlink()
    assert main(["report", "latest"]) == 3
    assert "the run did not finish" in capsys.readouterr().err


def test_where_no_run_is_kept_there_is_none_to_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--out", str(tmp_path / "nowhere")]) == 0
    assert capsys.readouterr().out == ""
    assert main(["report", str(tmp_path / "latest")]) == 2
    assert "no run is kept in " in capsys.readouterr().err
    assert main(["report", str(tmp_path / "20180907T160001Z-0a")]) == 2
    assert "offerproof runs lists them" in capsys.readouterr().err
