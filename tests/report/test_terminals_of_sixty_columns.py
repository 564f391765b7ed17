"""On a terminal of 60 columns reports in text fit, nothing is cut to fit, and commands stay whole to be copied."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from offerproof import cli
from offerproof.cli import COMMANDS as COMMANDS_OF_OURS
from offerproof.cli import main, report
from offerproof.findings import Run, read_run
from offerproof.report.formats import text

SAMPLES = Path(__file__).resolve().parents[2] / "reports" / "sample"
COMMANDS = re.compile(r"  (again|curl) +\S")


def fits(shown: str, width: int = 60) -> bool:
    return [line for line in shown.splitlines() if len(line) > width and not COMMANDS.match(line)] == []


def words(shown: str) -> str:
    """The text without its breaks, which may go through a long word."""
    return re.sub(r"\s+", "", shown)


@pytest.mark.parametrize("name", ["conforming", "failing", "load", "load-failing"])
def test_a_report_fits_and_cuts_nothing(name: str) -> None:
    run = read_run(SAMPLES / name)
    shown = text.render(run, width=60)
    assert fits(shown)
    assert len(shown.splitlines()) > len(text.render(run, width=100).splitlines())
    assert words(run.header.content_hash) in words(shown)
    for series in run.load.series:
        assert series.name[:10] in shown
    for line, beneath in pairwise([*shown.splitlines(), ""]):
        told = f"{line} {beneath}"  # the line may break within "(2,800 more characters)"
        assert "…" not in line or "more" in told or "characters" in told or re.search(r"[A-Z]-\d+…\d", line), line


def test_all_verdicts_at_once_leave_room_for_the_chapter(failing: Run) -> None:
    shown = text.render(failing, width=60)
    assert fits(shown)
    assert "pass fail error warn waived unknown skip\n" in shown
    assert re.search(r"^  Redeem +· +· +1 +· +· +1 +·$", shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("command", "columns"),
    [
        (["report", "failing"], 60),
        (["compare", "conforming", "failing"], 60),
        (["compare", "load-before", "load"], 60),
        (["matrix", "conforming", "failing"], 60),
        (["report", "failing"], 300),
    ],
)
def test_a_command_is_as_wide_as_its_terminal_and_no_wider_than_can_be_read(
    command: list[str], columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(SAMPLES)
    monkeypatch.setattr(report, "terminal_columns", lambda stream: columns)
    main(command)
    shown = capsys.readouterr().out
    assert fits(shown, min(columns, 110)), shown
    monkeypatch.setattr(report, "terminal_columns", lambda stream: None)
    main(command)
    assert shown != capsys.readouterr().out


def test_a_file_is_as_wide_wherever_it_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(report, "terminal_columns", lambda stream: 60)
    assert main(["report", str(SAMPLES / "failing"), "--out", str(tmp_path / "certificate.txt")]) == 0
    assert (tmp_path / "certificate.txt").read_bytes() == (SAMPLES / "failing" / "certificate.txt").read_bytes()


STAGING = SAMPLES.parents[1] / "examples" / "staging.toml"
SAID = {
    "certify": ["--plan", "--target", str(STAGING), "--level", "full"],
    "load": ["--dry-run", "--target", str(STAGING)],
    "audit": [str(SAMPLES / "nothing.har")],
    "watch": ["--target", str(STAGING), "--listen", "no port at all"],
    "till": ["--list"],
    "simulate": ["--list-defects"],
    "init": [str(STAGING)],
    "check": ["--target", str(SAMPLES / "nothing.toml")],
    "replay": ["nothing", "--run", str(SAMPLES / "failing")],
    "report": ["failing"],
    "runs": ["--out", str(SAMPLES)],
    "compare": ["conforming", "failing"],
    "matrix": ["conforming", "failing"],
    "verify": ["nothing.json"],
    "explain": ["LOCK-3", "--source"],
    "clauses": [],
    "contract": ["--format", "nothing"],
    "selfcheck": ["--only", "nothing"],
}
"""Each command, and arguments with which it says much in little time."""


def too_wide(shown: str, width: int = 60) -> list[str]:
    """The lines that are wider and could be broken: a path or a command to be copied is one word, and stays whole."""
    wide = [line for line in shown.splitlines() if len(line) > width and not COMMANDS.match(line)]
    return [line for line in wide if any(len(word) <= width - 12 for word in line.split()[1:])]


def test_a_long_word_goes_beneath_a_column_where_it_fits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "terminal_columns", lambda stream: 80)
    path = "/priv/v1/apps/{api_key}/external/users/{external_id}"
    cli.say(f"✓ path         get_customer_by_external_id  GET {path}")
    assert capsys.readouterr().out == f"✓ path         get_customer_by_external_id  GET\n{' ' * 15}{path}\n"


def test_every_command_is_held_to_the_width_of_its_terminal() -> None:
    assert list(SAID) == list(COMMANDS_OF_OURS)


@pytest.mark.parametrize("name", SAID)
def test_what_a_command_says_fits(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(SAMPLES)
    monkeypatch.setenv("COLUMNS", "60")
    for place in (cli, report):
        monkeypatch.setattr(place, "terminal_columns", lambda stream: 60)
    for arguments in (SAID[name], ["--help"]):
        main([name, *arguments])
        out, err = capsys.readouterr()
        assert out + err
        assert too_wide(out + err) == []
