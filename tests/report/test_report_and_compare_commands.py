"""``offerproof report`` and ``offerproof compare`` over run files."""

from __future__ import annotations

import json as standard
from pathlib import Path
from typing import Any

import pytest

from offerproof.cli import main
from offerproof.findings import AnyRecord, Run, RunWriter, read_run
from offerproof.report.formats import Format, all_formats, keep_reports, text


@pytest.fixture
def folder(tmp_path: Path, failing: Run) -> Path:
    return written(tmp_path / "new", failing)


def written(folder: Path, run: Run, *, finish: bool = True) -> Path:
    folder.mkdir()
    with RunWriter(folder / "run.jsonl", run.header) as writer:
        writer.plan(run.plan)
        records: list[AnyRecord] = [*run.exchanges.values(), *run.findings, *run.observations, *run.coverage]
        for record in records:
            writer.add(record)
        if finish:
            writer.finish(requests=321)
    return folder


BEGINS = {
    "codequality": '[\n  {\n    "type": "issue"',
    "ctrf": '{\n  "reportFormat": "CTRF"',
    "text": "Target ",
    "html": "<!doctype html>",
    "junit": "<?xml version=",
    "markdown": "## ❌ DOES NOT CONFORM",
    "json": '{\n  "format": "offerproof-report"',
}


@pytest.mark.parametrize("form", all_formats(), ids=lambda form: form.name)
def test_every_format_goes_to_standard_output_or_a_file(
    folder: Path, form: Format, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["report", str(folder), "--format", form.name]) == 0
    shown = capsys.readouterr()
    assert shown.out == form.run(read_run(folder))
    assert shown.out.startswith(BEGINS.get(form.name, ""))
    assert shown.err == ""
    out = tmp_path / "report"
    assert main(["report", str(folder / "run.jsonl"), "--format", form.name, "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8") == shown.out
    assert capsys.readouterr().out == ""


def test_a_command_keeps_what_each_format_says_and_nothing_else(failing: Run, making: Any, tmp_path: Path) -> None:
    load = making.run([making.clause("LOAD-1")], [making.finding("LOAD-1", "pass")], kind="load")
    for name, run in (("certify", failing), ("load", load)):
        (tmp_path / name).mkdir()
        keep_reports(run, tmp_path / name)
    kept = {folder.name: sorted(file.name for file in folder.iterdir()) for folder in tmp_path.iterdir()}
    assert kept == {"certify": ["certificate.html", "junit.xml"], "load": ["report.html", "report.md"]}


def test_the_text_of_a_file_is_the_text_of_its_run(
    folder: Path, failing: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["report", str(folder)])
    assert capsys.readouterr().out.splitlines()[-40:-10] == text.render(failing).splitlines()[-40:-10]


def test_an_unfinished_run_is_not_judged(tmp_path: Path, failing: Run, capsys: pytest.CaptureFixture[str]) -> None:
    cut = written(tmp_path / "cut", failing, finish=False)
    assert main(["report", str(cut)]) == 3
    assert "the run did not finish" in capsys.readouterr().err
    assert main(["report", str(cut), "--partial"]) == 0
    assert "the run was interrupted: the file has no footer" in capsys.readouterr().out


def test_a_changed_run_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "run.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace("INFO", "LOCKED"), encoding="utf-8")
    assert main(["report", str(folder)]) == 3
    assert "the hash in the footer does not fit" in capsys.readouterr().err


def test_a_missing_run_and_an_unwritable_file_are_misuse(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(folder / "nowhere")]) == 2
    assert main(["report", str(folder), "--out", str(folder / "no" / "such")]) == 2
    assert main(["report", str(folder), "--format", "text", "--baseline", str(folder)]) == 2
    assert main(["report", str(folder), "--format", "pdf"]) == 2
    told = capsys.readouterr().err
    assert "cannot read the run" in told
    assert "cannot write" in told
    assert "--baseline goes with --format html" in told


def test_compare_returns_one_when_something_got_worse(
    tmp_path: Path, folder: Path, conforming: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    old = written(tmp_path / "old", conforming)
    assert main(["compare", str(old), str(folder)]) == 1
    assert "LOCK-1" in capsys.readouterr().out
    assert main(["compare", str(folder), str(folder)]) == 0
    assert capsys.readouterr().out.endswith("nothing got worse\n")


def test_only_formats_that_show_a_comparison_are_offered(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(folder), str(folder), "--format", "junit"]) == 2
    told = capsys.readouterr().err.partition("is not one of")[2]
    assert [one.name for one in all_formats() if f"'{one.name}'" in told] == [
        one.name for one in all_formats() if one.comparison
    ]


@pytest.mark.parametrize("form", [one.name for one in all_formats() if one.comparison])
def test_compare_writes_its_formats(folder: Path, form: str, tmp_path: Path) -> None:
    out = tmp_path / "moved"
    assert main(["compare", str(folder), str(folder), "--format", form, "--out", str(out)]) == 0
    shown = out.read_text(encoding="utf-8")
    if form == "json":
        assert standard.loads(shown)["worse"] == []
    else:
        assert "nothing got worse" in shown


def test_compare_of_an_unfinished_run_is_not_judged(tmp_path: Path, folder: Path, failing: Any) -> None:
    assert main(["compare", str(folder), str(written(tmp_path / "cut", failing, finish=False))]) == 3
