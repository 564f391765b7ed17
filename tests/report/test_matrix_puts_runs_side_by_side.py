"""``offerproof matrix``: runs as columns, chapters and clauses as rows, whatever each of them knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from offerproof.cli import main
from offerproof.findings import Run, RunWriter, Verdict
from offerproof.report.formats import html, text
from offerproof.report.matrix import matrix_of


@pytest.fixture
def runs(making: Any) -> list[Run]:
    """Three targets; the last one is judged by a suite that knows a clause more and one less."""
    one, two, three = (making.clause(name) for name in ("LOCK-1", "LOCK-2", "REDEEM-1"))
    return [
        making.run([one, two], [making.finding("LOCK-1", "pass"), making.finding("LOCK-2", "pass")], name="first"),
        making.run([one, two], [making.finding("LOCK-1", "pass"), making.finding("LOCK-2", "fail")], name="second"),
        making.run([one, three], [making.finding("LOCK-1", "pass"), making.finding("REDEEM-1", "pass")], name="third"),
    ]


def test_each_clause_has_a_verdict_in_each_run_that_knows_it(runs: list[Run]) -> None:
    matrix = matrix_of(runs)
    assert matrix.heads == ("first", "second", "third")
    assert {row.clause.id: row.verdicts for chapter in matrix.chapters for row in chapter.rows} == {
        "LOCK-1": (Verdict.PASS, Verdict.PASS, Verdict.PASS),
        "LOCK-2": (Verdict.PASS, Verdict.FAIL, None),
        "REDEEM-1": (None, None, Verdict.PASS),
    }
    assert [[chapter.told(column) for column in range(3)] for chapter in matrix.chapters] == [
        ["2 pass", "1 fail, 1 pass", "1 pass"],
        ["–", "–", "1 pass"],
    ]
    assert [row.clause.id for row in matrix.differing] == ["LOCK-2", "REDEEM-1"]


def test_runs_of_one_target_are_told_apart_by_their_names(runs: list[Run], making: Any) -> None:
    again = making.run([making.clause("LOCK-1")], [], name="first")
    assert matrix_of([runs[0], again]).heads == ("first 20180907T160000Z-7f3a",) * 2
    assert text.render_matrix(matrix_of([runs[0]])).endswith("the runs differ in 0 clauses\n")


def test_the_page_links_each_chapter_and_shows_every_clause(runs: list[Run]) -> None:
    page = html.render_matrix(matrix_of(runs))
    for chapter in ("LOCK", "REDEEM"):
        assert f'href="#chapter-{chapter}"' in page
        assert f'id="chapter-{chapter}"' in page
    assert page.count('<span class="badge v-') == 6


def test_the_command_takes_any_number_of_runs(
    runs: list[Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for run in runs:
        (tmp_path / run.header.target.name).mkdir()
        with RunWriter(tmp_path / run.header.target.name / "run.jsonl", run.header) as writer:
            writer.plan(run.plan)
            for finding in run.findings:
                writer.add(finding)
            writer.finish(requests=1)
    names = [str(tmp_path / name) for name in ("first", "second", "third")]
    assert main(["matrix", *names, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [one["verdict"] for one in document["runs"]] == ["conforms", "fails", "conforms"]
    assert document["chapters"][0]["clauses"][1]["verdicts"] == ["pass", "fail", None]
    assert main(["matrix", *names]) == 0
    assert "LOCK-2 What LOCK-2 says, in one sentence." in capsys.readouterr().out
    assert main(["matrix", *names, "--differing", "--format", "json"]) == 0
    chapters = json.loads(capsys.readouterr().out)["chapters"]
    assert [[one["id"] for one in chapter["clauses"]] for chapter in chapters] == [["LOCK-2"], ["REDEEM-1"]]
    assert main(["matrix"]) == 2
    assert main(["matrix", names[0], str(tmp_path / "nowhere")]) == 2
    assert main(["matrix", names[0]]) == 2
