"""Shared by the repository's own tests: where it is, and what git tracks in it."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tracked(root: Path) -> list[Path]:
    """Every file git tracks (or would, were it added); outside a checkout, every file that is not built."""
    asked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for line in asked.stdout.splitlines() if (path := root / line).is_file()]


@pytest.fixture(scope="session")
def house(root: Path) -> ModuleType:
    """What measures the house, and what must hold of it."""
    if str(root) not in sys.path:
        sys.path.append(str(root))
    return importlib.import_module("benchmarks.house")
