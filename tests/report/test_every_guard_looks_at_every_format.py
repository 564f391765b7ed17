"""A format is one file: a throw-away one is put beside the others, and every guard looks at it without being told."""

from __future__ import annotations

import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

from offerproof.report import formats
from offerproof.report.formats import Subject, all_formats

ROOT = Path(__file__).resolve().parents[2]

LEAKY = '''
"""Shows what must not be shown."""

import itertools

from offerproof.report.formats import Format, Subject

_COUNT = itertools.count()


def show(run):
    return f"\\x1b[31m offers-test-secret {next(_COUNT)}" + "x" * 200_000


FORMAT = Format(
    name="leaky", suffix="leak", media_type="text/x-leak", about="nobody", run=show,
    comparison=show, kept=(Subject.CERTIFICATE, Subject.LOAD),
)
'''
PLUGIN = """
from pathlib import Path

from offerproof.report import formats

formats.__path__.append(str(Path(__file__).parent / "more"))
"""
GUARDS = {
    "test_hostile_answers_are_harmless.py::test_no_control_character_survives[leaky-run]",
    "test_hostile_answers_are_harmless.py::test_no_control_character_survives[leaky-comparison]",
    "test_hostile_answers_are_harmless.py::test_the_length_is_bounded_where_something_may_be_cut[leaky-run]",
    "test_hostile_answers_are_harmless.py::test_a_hostile_run_is_harmless_to_who_opens_the_report[leaky-run]",
    "test_certificates_say_what_was_found.py::test_the_same_run_gives_the_same_bytes",
    "test_samples_are_what_the_renderers_make.py::test_every_sample_is_what_its_run_renders_to",
    "test_samples_are_what_the_renderers_make.py::test_there_is_no_sample_that_nobody_makes",
    "test_report_and_compare_commands.py::test_every_format_goes_to_standard_output_or_a_file[leaky]",
    "test_report_and_compare_commands.py::test_a_command_keeps_what_each_format_says_and_nothing_else",
    "test_every_guard_looks_at_every_format.py::test_the_documents_have_a_row_for_each_format",
    "test_nothing_secret_leaves.py::test_no_canary_is_in_any_artefact_in_any_form",
}
"""Tests that must turn red for a format like that, and know nothing of it."""


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A folder with the throw-away format, and a plugin of pytest that puts it beside the others."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "leaky.py").write_text(LEAKY, encoding="utf-8")
    (tmp_path / "one_more_format.py").write_text(PLUGIN, encoding="utf-8")
    return tmp_path


def test_a_file_beside_the_others_is_a_format(beside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [one.name for one in all_formats()]
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(beside / "more")])
    monkeypatch.delitem(sys.modules, "offerproof.report.formats.leaky", raising=False)
    assert [one.name for one in all_formats()] == sorted([*before, "leaky"])
    monkeypatch.delitem(sys.modules, "offerproof.report.formats.leaky")


@pytest.mark.slow
def test_every_guard_looks_at_a_format_that_nobody_told_it_of(beside: Path) -> None:
    places = {f"tests/{'conformance' if 'secret' in name else 'report'}/{name.partition('::')[0]}" for name in GUARDS}
    line = [sys.executable, "-m", "pytest", "-q", "-p", "one_more_format", "-p", "no:cacheprovider", *sorted(places)]
    line += ["-k", "not nobody_told"]
    environment = {**os.environ, "PYTHONPATH": f"{beside}{os.pathsep}{ROOT}"}
    told = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    red = set(re.findall(r"^FAILED tests/\w+/(\S+)", told.stdout, flags=re.MULTILINE))
    assert GUARDS - red == set(), told.stdout[-3_000:]
    code = "import one_more_format; from offerproof.cli import main; main(['report', '--help'])"
    line = [sys.executable, "-c", code]
    shown = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert "leaky: for nobody" in shown.stdout


def test_each_format_is_called_like_its_module_and_its_files_like_no_others() -> None:
    assert [one.name for one in all_formats()] == sorted(found.name for found in pkgutil.iter_modules(formats.__path__))
    for subject in Subject:
        files = [one.file_name(subject) for one in all_formats()]
        assert len(set(files)) == len(files)


def test_the_documents_have_a_row_for_each_format() -> None:
    page = (ROOT / "docs" / "reading-a-certificate.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| `(\S+?)` \| (.*?) ?\|$", page, flags=re.MULTILINE)
    assert rows == [
        (one.name, one.about, one.media_type, ", ".join(f"`{one.file_name(subject)}`" for subject in one.kept))
        for one in all_formats()
    ]
