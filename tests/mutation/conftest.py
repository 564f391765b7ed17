"""The mutator, and a way to have one fault judged by checks of the suite."""

from __future__ import annotations

import importlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest

import offerproof
from offerproof.conformance import Options, certify
from offerproof.contract import Level
from offerproof.findings import RunVerdict
from offerproof.target import load_profile

HERE = Path(__file__).parent
SOURCE = Path(offerproof.__file__).parent
READY_S = 30.0


@pytest.fixture(scope="session")
def mutator() -> ModuleType:
    root = str(HERE.parent.parent)
    if root not in sys.path:  # the mutator and the simulator it works on are modules of this folder
        sys.path.append(root)
    return importlib.import_module("tests.mutation.mutator")


@pytest.fixture(scope="session")
def fault(mutator: ModuleType) -> Callable[[str, str, str], int]:
    """The number of the one fault of a module that turns one text into another."""

    def find(module: str, before: str, after: str) -> int:
        source = (SOURCE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        found = [site.index for site in mutator.sites(source) if (site.before, site.after) == (before, after)]
        assert len(found) == 1, f"{len(found)} faults of {module} turn {before} into {after}"
        return cast(int, found[0])

    return find


@contextmanager
def _simulator(folder: Path, module: str, index: int) -> Iterator[Path]:
    log, profile = folder / "simulator.log", folder / "simulator.toml"
    command = [sys.executable, "-m", "tests.mutation.mutated_simulator", f"offerproof.{module}", str(index)]
    command += ["--port", "0", "--control", "--profile-out", str(profile)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=HERE.parent.parent, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + READY_S
        while b": ready at " not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield profile
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def judged(tmp_path: Path) -> Callable[[str, int, str], RunVerdict]:
    """What the checks of one clause find of a simulator with one fault; a negative number makes no fault."""

    def judge(module: str, index: int, clause: str) -> RunVerdict:
        with _simulator(tmp_path, module, index) as profile:
            options = Options(
                profile=load_profile(profile), level=Level.FULL, only=(clause,), out=tmp_path / "runs", stop_first=True
            )
            return certify(options).run.outcome.verdict

    return judge
