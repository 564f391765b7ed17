"""The walls hold, and they can fall: a planted violation of each contract is reported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

JUDGE, JUDGED = "The judge never sees the judged", "The judged never sees the judge"
PLANTED = {
    "the judge imports the judged": ("src/offerproof/client/planted.py", "import offerproof.program", JUDGE),
    "the judged imports the judge": ("src/offerproof/simulator/planted.py", "import offerproof.client", JUDGED),
    "the simulator imports what is planted in it": (
        "src/offerproof/simulator/planted.py",
        "import offerproof.defects",
        "Arrows point down",
    ),
    "a contract imports the defects": ("contracts/planted.py", "import offerproof.defects", JUDGE),
    "a contract imports the simulator": ("contracts/planted.py", "import offerproof.simulator", JUDGE),
    "a type-only import through the wall": (
        "src/offerproof/conformance/planted.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import offerproof.simulator",
        JUDGE,
    ),
    "the program reads the clock": ("src/offerproof/program/planted.py", "import time", "The program is pure"),
    "locust outside its corner": (
        "src/offerproof/report/planted.py",
        "import locust",
        "Locust patches the process, so it stays in its corner",
    ),
    "a test tool under the simulator": (
        "src/offerproof/simulator/planted.py",
        "import hypothesis",
        "Test tools stay in the suite",
    ),
    "an arrow that points up": (
        "src/offerproof/findings/planted.py",
        "import offerproof.conformance",
        "Arrows point down",
    ),
    "a renderer knows another": (
        "src/offerproof/report/formats/text.py",
        "import offerproof.report.formats.html",
        "Renderers do not know each other",
    ),
    "a renderer that nobody listed knows another": (
        "src/offerproof/report/formats/planted.py",
        "import offerproof.report.formats.html",
        "Renderers do not know each other",
    ),
    "a circle that closes in a function": (
        "src/offerproof/target/values.py",
        "def planted():\n    import offerproof.target.parse",
        "No package goes round in a circle",
    ),
}


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).with_name("lint-imports")
    ours = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environment = {**ours, "PYTHONPATH": f"{folder / 'src'}{os.pathsep}{folder}"}
    return subprocess.run(
        [linter, "--no-cache"], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def copied(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("walls")
    ignored = shutil.ignore_patterns("__pycache__", "samples")
    for name in ("src", "contracts", "load"):
        shutil.copytree(root / name, folder / name, ignore=ignored)
    shutil.copy(root / "pyproject.toml", folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_violation_is_reported(what: str, copied: Path) -> None:
    name, line, contract = PLANTED[what]
    place = copied / name
    before = place.read_text(encoding="utf-8") if place.exists() else None
    place.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        judged = _lint(copied)
    finally:
        if before is None:
            place.unlink()
        else:
            place.write_text(before, encoding="utf-8")
    broken = [row.partition(" BROKEN")[0] for row in judged.stdout.splitlines() if " BROKEN" in row]
    assert (judged.returncode, contract in broken) == (1, True), judged.stdout + judged.stderr


@pytest.mark.slow
def test_untouched_the_walls_stand(copied: Path) -> None:
    judged = _lint(copied)
    assert judged.returncode == 0, judged.stdout + judged.stderr


@pytest.mark.slow
def test_a_new_module_needs_a_place(copied: Path) -> None:
    newcomer = copied / "src/offerproof/newcomer.py"
    newcomer.write_text('"""Nobody placed me."""\n', encoding="utf-8")
    try:
        judged = _lint(copied)
    finally:
        newcomer.unlink()
    assert judged.returncode == 1
    assert "newcomer" in judged.stdout + judged.stderr
