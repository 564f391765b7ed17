"""The form of the scripts in `findings/`: whether what they say still holds is found by running them, outside CI."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "findings"
SCRIPTS = sorted(FOLDER.glob("*.sh"))
FIELDS = ["Packages", "Expected", "Happens", "Matters", "Output seen"]


def _header(script: Path) -> list[str]:
    """The comment lines after the first line, up to the first line of code."""
    lines = script.read_text(encoding="utf-8").splitlines()[1:]
    return lines[: next(n for n, line in enumerate(lines) if not line.startswith("#"))]


def test_there_are_scripts_to_look_at() -> None:
    assert len(SCRIPTS) >= 10


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_states_its_find_in_its_header(script: Path) -> None:
    header = _header(script)
    assert re.match(r"# [^:]{20,}.*\.$", header[0]), "the second line is the find, as one sentence"
    assert re.findall(r"^# ([A-Z][a-z]+(?: seen)?):", "\n".join(header[1:]), re.MULTILINE) == FIELDS
    assert any(line.startswith("#> ") for line in header), "the output seen"
    assert re.search(r"\d+\.\d+", next(line for line in header if line.startswith("# Packages:"))), "pinned versions"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_is_executable_stops_at_errors_and_cleans_up(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert os.access(script, os.X_OK)
    for line in (
        "#!/usr/bin/env bash",
        "set -euo pipefail",
        "work=$(mktemp -d)",
        "exit 1",
    ):
        assert line in text
    assert re.search(r"^trap '.*rm -rf \"\$work\"' EXIT$", text, re.MULTILINE)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_runs_other_peoples_packages_without_ours(script: Path) -> None:
    code = script.read_text(encoding="utf-8").replace("\\\n", " ")
    assert "import offerproof" not in code
    assert "from offerproof" not in code
    installs = r"(pip\" install .*\S==|npm install .*\S@|apt-get download .*\S=)\d"
    assert re.search(installs, code), "installs a pinned package"
    assert not re.search(r"--(index-url|extra-index-url|find-links|registry)\b", code), "names no registry"


def test_the_index_repeats_the_first_sentence_of_every_script() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8").split("## Index\n")[1].splitlines()
    assert index == [f"- `{script.stem}`: {_header(script)[0][2:]}" for script in SCRIPTS]
