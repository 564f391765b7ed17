"""However ``offerproof load`` ends, no process of its own outlives it for long."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from offerproof.cli import main
from offerproof.errors import ExitCode
from offerproof.findings import Run, read_run
from offerproof.loadtest.generator.process import free_port


def until(true: Callable[[], bool], limit: float = 60.0) -> None:
    end = time.monotonic() + limit
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def running(pid: int) -> bool:
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(shown.strip()) and not shown.strip().startswith("Z")


@pytest.fixture
def below(children_of: Callable[[int], list[int]]) -> Callable[[int], list[int]]:
    """All processes that a process started, and those they started."""

    def find(pid: int) -> list[int]:
        return [one for child in children_of(pid) for one in (child, *find(child))]

    return find


def killed_run(tmp_path: Path) -> Run:
    """What stands in the run file of a run that has not come to its end."""
    (folder,) = (tmp_path / "runs").glob("2*")
    return read_run(folder, partial=True)


def in_phase(out: Path, phase: str) -> bool:
    name = {"run": "live.jsonl", "provisioning": "locust.log"}[phase]
    return any(out.glob(f"*/{name}"))


@pytest.mark.slow
def test_kill_9_of_the_command_ends_our_simulator_and_a_generator_that_has_not_begun(load_command, tmp_path, below):
    process = load_command("--rate", "20", "--duration", "5m", "--warm-up", "0s")
    until(lambda: in_phase(tmp_path / "runs", "provisioning"))
    until(lambda: len(below(process.pid)) == 2)
    left = below(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    until(lambda: not any(map(running, left)))
    assert killed_run(tmp_path).header.kind == "load"


@pytest.mark.slow
def test_kill_9_of_the_command_ends_the_load_on_a_target_and_the_workers_that_were_forked(
    load_command, simulator, tmp_path, below, capsys
):
    """The target stays: nothing but the end of the command tells the generator to stop."""
    target = ("--target", str(simulator()))
    process = load_command(*target, "--rate", "20", "--duration", "5m", "--warm-up", "0s", "--processes", "2")
    until(lambda: in_phase(tmp_path / "runs", "run"))
    until(lambda: bool(killed_run(tmp_path).load.series))
    left = below(process.pid)
    assert len(left) == 3
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    until(lambda: not any(map(running, left)), limit=40)
    run = killed_run(tmp_path)
    assert sum(one.count for one in run.load.series if one.name == "lock") > 0
    assert run.outcome.exit_code is ExitCode.NOT_JUDGED
    (folder,) = (tmp_path / "runs").glob("2*")
    assert main(["report", str(folder), "--partial"]) == 0
    assert "the file has no footer" in capsys.readouterr().out


@pytest.mark.slow
def test_kill_9_of_a_worker_s_command_ends_the_worker(load_command, simulator, tmp_path, below):
    common = ("--target", str(simulator()), "--master-port", str(free_port()))
    master = load_command(*common, "--master", "--expect-workers", "1", "--rate", "20", "--duration", "5m")
    worker = load_command(*common, "--worker")
    until(lambda: in_phase(tmp_path / "runs", "run"))
    left = [*below(worker.pid), *below(master.pid)]
    assert len(left) >= 2
    for process in (worker, master):
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    until(lambda: not any(map(running, left)))


@pytest.mark.slow
def test_when_the_generator_is_killed_the_workers_it_forked_do_not_stay(load_command, tmp_path, children_of, below):
    process = load_command("--rate", "20", "--duration", "5m", "--warm-up", "0s", "--processes", "2")
    until(lambda: in_phase(tmp_path / "runs", "run"))
    left = below(process.pid)
    generator = next(child for child in children_of(process.pid) if below(child))
    os.kill(generator, signal.SIGKILL)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 3, out
    assert "ended without its figures" in out
    until(lambda: not any(map(running, left)))
