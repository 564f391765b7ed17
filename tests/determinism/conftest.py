"""Runs recorded in processes of their own, each against a simulator of its own, and what compares them."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 240.0
"""Longest wait for one recorded run; one takes a few seconds on an idle machine."""


@dataclass(frozen=True)
class Recorded:
    """A run that was recorded in a folder."""

    folder: Path
    exit_code: int

    @property
    def sent(self) -> Path:
        return self.folder / "sent.jsonl"


def child(*arguments: str, hash_seed: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def simulator(folder: Path, *options: str, hash_seed: int) -> Iterator[Path]:
    profile = folder / "target.toml"
    command = ["-m", "offerproof", "simulate", "--port", "0", "--control", "--profile-out", str(profile)]
    process = child(*command, "--clock", "2026-03-01T12:00:00Z", "--frozen", *options, hash_seed=hash_seed)
    try:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline()
        yield profile
    finally:
        process.terminate()
        process.communicate(timeout=20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs recorded runs is slow."""
    for item in items:
        if "record" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def sameness() -> ModuleType:
    root = str(ROOT)
    if root not in sys.path:  # what compares runs is a module of this folder, used by benchmarks too
        sys.path.append(root)
    return importlib.import_module("tests.determinism.sameness")


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[Recorded]]:
    """Record runs at the same time, so that each is a load for the others: a seed and options of its simulator each.

    Without options (None) it starts its own, whose clock runs.
    """

    def start(level: str, *runs: tuple[int, tuple[str, ...] | None], connections: int | None = None) -> list[Recorded]:
        with ExitStack() as stack:
            made = []
            for number, (seed, options) in enumerate(runs, 1):
                folder = tmp_path_factory.mktemp(f"run-{number}")
                command = ["-m", "tests.determinism.recorded_run", str(folder)]
                if connections is not None:
                    command += ["--connections", str(connections)]
                if options is not None:
                    of_target = simulator(folder, "--seed", str(seed), *options, hash_seed=number)
                    command += ["--profile", str(stack.enter_context(of_target))]
                made.append((folder, child(*command, "--level", level, "--seed", str(seed), hash_seed=100 - number)))
            told = [process.communicate(timeout=LIMIT_S)[0] for _, process in made]
            assert all((folder / "reports").is_dir() for folder, _ in made), told
            return [Recorded(folder, process.returncode) for folder, process in made]

    return start
