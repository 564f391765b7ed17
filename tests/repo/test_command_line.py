"""The command line keeps its promises before any command runs, and the README knows every command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete

from offerproof.cli import COMMANDS, main, offerproof

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop-clauses"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme_and_has_help_for_each_option(name: str, root: Path) -> None:
    assert f"offerproof {name}" in (root / "README.md").read_text(encoding="utf-8")
    command = offerproof.get_command(click.Context(offerproof), name)
    assert command is not None
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []


def test_help_imports_no_command_and_no_heavy_library() -> None:
    probe = (
        "import sys; from offerproof.cli import main; code = main(['--help']);"
        "heavy = {'locust', 'gevent', 'schemathesis', 'hypothesis', 'pytest', 'matplotlib', 'requests'};"
        "heavy &= set(sys.modules);"
        "sys.exit(code or ', '.join(heavy) or 0)"
    )
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "certify" in ran.stdout


def test_an_unknown_command_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certfy"]) == 2
    assert "No such command 'certfy'. Did you mean 'certify'?" in capsys.readouterr().err
    assert main(["frobnicate"]) == 2
    assert (
        "No such command 'frobnicate'. There are certify, load, audit, watch, till, simulate" in capsys.readouterr().err
    )
    assert main(["certify", "staging.toml"]) == 2
    assert "a target profile is named with --target" in capsys.readouterr().err


@pytest.mark.parametrize("line", [["clauses"], ["clauses", "--format", "json"], ["explain", "LOCK-3"], ["--help"]])
def test_a_reader_who_has_had_enough_changes_no_exit_code(line: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(line) == 0
        assert sys.stdout is stream


def test_a_shell_completes_commands_options_words_and_clauses_and_imports_no_command_for_it() -> None:
    def completed(*words: str) -> list[str]:
        shell = BashComplete(offerproof, {}, "offerproof", "_OFFERPROOF_COMPLETE")
        return [one.value for one in shell.get_completions(list(words[:-1]), words[-1])]

    assert completed("ce") == ["certify"]
    assert completed("certify", "--lev") == ["--level"]
    assert completed("certify", "--level", "f") == ["full"]
    assert completed("certify", "--only", "smok")[:2] == ["SMOKE", "SMOKE-1"]
    assert completed("explain", "LOCK-39") == ["LOCK-39"]
    assert completed("clauses", "--clauses", str(SHOP), "SHOP")[:2] == ["SHOP", "SHOP-1"]


def test_a_shell_gets_its_script(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("_OFFERPROOF_COMPLETE", "zsh_source")
    with pytest.raises(SystemExit) as ended:
        main([])
    assert (ended.value.code, "#compdef offerproof" in capsys.readouterr().out) == (0, True)


def test_no_command_at_all_shows_the_help_and_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    shown = capsys.readouterr()
    assert "certify" in shown.out + shown.err
