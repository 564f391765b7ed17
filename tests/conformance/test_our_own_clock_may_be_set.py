"""Somebody sets our machine's clock while a run goes on: nothing that is judged depends on it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "offerproof"
JUDGE = (
    *("client", "conformance", "contract", "exchange", "findings", "judgement", "loadtest", "provisioning", "report"),
    "traffic",
)
LOCUSTS_OWN = "loadtest/generator/locust_stats.py"
"""Locust compares its instants with those that it reads itself."""
_SET = """
import datetime, sys, time
by, wall, real = [0.0], time.time, datetime.datetime
class Ours(real):
    @classmethod
    def now(cls, tz=None):
        return real.now(tz) + datetime.timedelta(seconds=by[0])
datetime.datetime, time.time = Ours, lambda: wall() + by[0]
time.time_ns = lambda: int(time.time() * 1e9)
from pathlib import Path
from offerproof.conformance import Clock, Options, certify, purchases
from offerproof.contract import vocabulary
purchases.datetime = real  # of what is written down and read again
vocabulary._EPOCH = real(1970, 1, 1, tzinfo=datetime.timezone.utc)
moved = Clock.set
def set_and_step(clock, instant):
    by[0] += float(sys.argv[1])
    moved(clock, instant)
Clock.set = set_and_step
run = certify(Options(only=("TIME-1", "TIME-2", "TIME-3", "TIME-12"), out=Path(sys.argv[2]))).run
told = {name: one.verdict.value for name, one in run.standings.items() if name.startswith("TIME")}
print(by[0] != 0, *(f"{name}={told[name]}" for name in ("TIME-1", "TIME-2", "TIME-3", "TIME-12")))
"""


@pytest.mark.slow
@pytest.mark.parametrize("seconds", ["-5", "3600"])
def test_a_step_during_a_run_changes_no_verdict(seconds: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _SET, seconds, str(tmp_path / "runs")]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout.split() == ["True", "TIME-1=pass", "TIME-2=pass", "TIME-3=pass", "TIME-12=pass"]


def test_one_place_alone_reads_the_wall_clock() -> None:
    files = [file for package in JUDGE for file in (SOURCE / package).rglob("*.py")]
    asking = {
        file.relative_to(SOURCE).as_posix()
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("datetime.now", "time.time", "time.time_ns")
    }
    assert len(files) > 100
    assert asking == {"contract/vocabulary.py", LOCUSTS_OWN}
