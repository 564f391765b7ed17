"""Somebody sets our machine's clock during a load run: what is sent and written down goes on as if nobody had."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from offerproof.conformance.reading import instant
from offerproof.contract import utc_now
from offerproof.loadtest.client.bodies import CATALOGUE, Purchase
from offerproof.loadtest.generator.progress import RunProgress

_SET = """
import sys, time
by, wall, wall_ns = [0.0], time.time, time.time_ns
time.time, time.time_ns = lambda: wall() + by[0], lambda: wall_ns() + int(by[0] * 1e9)
from offerproof.cli import main
from offerproof.loadtest.generator.progress import RunProgress
begin = RunProgress.begin
def begin_and_step(progress, begun_ns, workers):
    by[0] += float(sys.argv[1])
    begin(progress, begun_ns, workers)
RunProgress.begin = begin_and_step
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("seconds", ["-5", "3600"])
def test_a_step_as_the_load_begins_changes_nothing(seconds: str, tmp_path: Path) -> None:
    thresholds = tmp_path / "loose.toml"
    thresholds.write_text("[thresholds.all]\nerror_rate = 0.5\n")
    asked = ["load", "--rate", "20", "--duration", "2s", "--warm-up", "0s", "--processes", "1", "--out", str(tmp_path)]
    command = [sys.executable, "-c", _SET, seconds, *asked, "--slo", str(thresholds)]
    before = datetime.now(UTC)
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = tmp_path.glob("*/run.jsonl")
    header = json.loads(file.read_text("utf-8").splitlines()[0])
    assert before <= instant(header["started"]) <= datetime.now(UTC)


@pytest.mark.parametrize("seconds", [-5, 3600])
def test_transactions_and_the_run_bear_the_times_of_before(seconds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bought = Purchase(1, "nonce", CATALOGUE[0])
    stepped, stepped_ns = time.time() + seconds, time.time_ns() + seconds * 10**9
    monkeypatch.setattr(time, "time", lambda: stepped)
    monkeypatch.setattr(time, "time_ns", lambda: stepped_ns)
    closed = bought.body(closed=True, user_id="somebody")
    assert timedelta() <= instant(closed.modified_time) - instant(bought.opened) < timedelta(seconds=60)
    plan: Any = None
    progress = RunProgress(plan)
    progress.begin(time.monotonic_ns(), [])
    began = datetime.fromtimestamp(progress.ledger().begun_utc, UTC)
    assert abs(began - utc_now()) < timedelta(seconds=60)
