"""Workers on other hosts have other clocks: the offset is measured, and the audit concludes no more than it may."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from offerproof.contract import Outcome
from offerproof.judgement.histories import Kind
from offerproof.loadtest.generator.health import ClockOffset, best_of
from offerproof.loadtest.generator.process import free_port
from offerproof.traffic.operations import LogFile, OperationLog
from offerproof.traffic.timeline import load_timeline, walk

MS = 1_000_000
SHIFTED = """
import os
import time

if os.environ.get("OFFERPROOF_TEST_SHIFT_NS"):
    _real = time.monotonic_ns
    time.monotonic_ns = lambda: _real() + int(os.environ["OFFERPROOF_TEST_SHIFT_NS"])

from offerproof.loadtest.generator.user import LoyaltyUser
from offerproof.loadtest.generator.workflows import Mix, Stampede


class ShiftedUser(LoyaltyUser):
    mix = Mix((Stampede(), 1))
"""


def test_the_quickest_round_trip_tells_the_offset_within_half_of_it():
    assert best_of([(9 * MS, 70 * MS), (3 * MS, 50 * MS), (20 * MS, 10 * MS)], same_host=False) == (
        50 * MS,
        1_500_000,
    )


def test_on_one_host_there_is_one_clock_unless_the_measurement_says_otherwise():
    assert best_of([(3 * MS, 1 * MS)], same_host=True) == (0, 0)
    assert best_of([(3 * MS, 2 * MS)], same_host=True) == (2 * MS, 1_500_000)
    assert best_of([(3 * MS, 1 * MS)], same_host=False) == (1 * MS, 1_500_000)


def test_the_run_is_timed_by_the_first_measurement_and_drift_widens_the_bound():
    clock = ClockOffset()
    clock.measured(100 * MS, 2 * MS)
    assert (clock.offset, clock.bound) == (100 * MS, 2 * MS)
    clock.measured(103 * MS, 1 * MS)
    assert (clock.offset, clock.bound) == (100 * MS, 4 * MS)
    clock.measured(100 * MS, 1 * MS)
    assert (clock.offset, clock.bound, clock.measurements) == (100 * MS, 4 * MS, 3)


@pytest.mark.parametrize(("bound_us", "certain"), [(0, True), (40, True), (60, False), (1000, False)])
def test_two_locks_at_once_are_certain_only_beyond_what_the_clocks_leave_open(tmp_path, bound_us, certain):
    """One worker has the lock from 110 to 1,000; another, whose clock is unsure, from 910 to 2,000 (microseconds)."""
    logs: list[tuple[Path, int, int]] = []
    for worker, (start, end) in enumerate([(100, 1000), (900, 2000)]):
        log = OperationLog()
        log.record(int(Kind.LOCK), int(Outcome.ACCEPTED), 0, 0, 0, worker, worker + 1, start, 10)
        log.record(int(Kind.UNLOCK), int(Outcome.ACCEPTED), 0, 0, 0, worker, worker + 1, end, 10)
        file = LogFile(tmp_path / f"{worker}.bin")
        file.write(log.take())
        file.close()
        logs.append((tmp_path / f"{worker}.bin", 0, bound_us * worker * 2))
    timeline = load_timeline("nonce", logs, {0: "offer"}, every=1)
    ((_, rows),) = timeline.rows_by_key()
    assert (walk(timeline.history, rows).overlap is not None) is certain


def test_a_hold_shorter_than_the_clocks_are_unsure_proves_nothing(tmp_path):
    logs: list[tuple[Path, int, int]] = []
    for worker, (start, end) in enumerate([(0, 5000), (1000, 1020)]):
        log = OperationLog()
        log.record(int(Kind.LOCK), int(Outcome.ACCEPTED), 0, 0, 0, worker, worker + 1, start, 10)
        log.record(int(Kind.UNLOCK), int(Outcome.ACCEPTED), 0, 0, 0, worker, worker + 1, end, 10)
        file = LogFile(tmp_path / f"{worker}.bin")
        file.write(log.take())
        file.close()
        logs.append((tmp_path / f"{worker}.bin", 0, 50 * worker))
    timeline = load_timeline("nonce", logs, {0: "offer"}, every=1)
    ((_, rows),) = timeline.rows_by_key()
    assert walk(timeline.history, rows).overlap is None


@pytest.mark.slow
def test_a_worker_with_another_clock_is_measured_told_and_judged_right(simulator, load_command, tmp_path, monkeypatch):
    """Two workers race for the same user offers; the clock of one is 41 s ahead."""
    scenario, slo = tmp_path / "shifted.py", tmp_path / "loose.toml"
    scenario.write_text(SHIFTED, encoding="utf-8")
    slo.write_text("[thresholds.all]\nerror_rate = 0.001\np99_ms = 20000\n")
    profile = simulator()
    common = ("--target", str(profile), "--scenario", str(scenario), "--master-port", str(free_port()))
    master = load_command(
        *common, "--master", "--expect-workers", "2", "--users", "8", "--duration", "3s", "--warm-up", "0s",
        "--slo", str(slo),
    )  # fmt: skip
    load_command(*common, "--worker")
    monkeypatch.setenv("OFFERPROOF_TEST_SHIFT_NS", "41000000000")
    load_command(*common, "--worker")
    out, _ = master.communicate(timeout=90)
    assert "FAIL" not in out, out
    assert master.returncode == 0 or "not judged" in out, out
    words = " ".join(out.split())
    told = re.findall(
        r"has another clock: offset ([0-9.]+) ms, error at most ([0-9.]+) ms, measured [0-9]+ times", words
    )
    assert len(told) == 1, out
    offset, bound = map(float, told[0])
    assert abs(offset - 41_000) <= bound < 1_000
    assert re.search(r"PASS: Was any user offer locked by two transactions at once\? \([1-9]", words), out
