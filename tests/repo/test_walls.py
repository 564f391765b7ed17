"""The walls hold, and they can fall: a planted violation of each contract is reported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PLANTED = {
    "the judge imports the judged": ("src/offerproof/client/planted.py", "import offerproof.program"),
    "the judged imports the judge": ("src/offerproof/simulator/planted.py", "import offerproof.client"),
    "a contract imports the simulator": ("contracts/planted.py", "import offerproof.simulator"),
    "a type-only import through the wall": (
        "src/offerproof/conformance/planted.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import offerproof.simulator",
    ),
    "the program reads the clock": ("src/offerproof/program/planted.py", "import time"),
    "locust outside its corner": ("src/offerproof/report/planted.py", "import locust"),
    "a new module without a place": ("src/offerproof/planted.py", '"""Nobody placed me."""'),
    "a renderer knows another": ("src/offerproof/report/text.py", "import offerproof.report.html"),
}


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": f"{folder / 'src'}{os.pathsep}{folder}", "COVERAGE_PROCESS_START": ""}
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
    name, line = PLANTED[what]
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
    assert judged.returncode == 1, judged.stdout + judged.stderr
    assert "BROKEN" in judged.stdout or "planted" in judged.stdout + judged.stderr
