"""What a load run needs before it can begin is said in one line, and nothing is waited for without end."""

from __future__ import annotations

import fcntl
import tempfile
from pathlib import Path
from typing import Any

import pytest

from offerproof.cli import main
from offerproof.errors import Misuse
from offerproof.loadtest.generator import process as runner
from offerproof.loadtest.generator.progress import Live
from offerproof.loadtest.results import prometheus
from offerproof.target import Profile, TargetService

TARGET = """
schema = 1
name = "nobody"
environment = "simulator"
allow_writes = true
[services.core]
base_url = "http://127.0.0.1:9"
api_key_file = "key"
[services.offers]
base_url = "http://127.0.0.1:9"
[services.cloudpos]
base_url = "http://127.0.0.1:9"
[capabilities]
create_customer = true
create_offer = true
issue = true
[limits]
load = true
"""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "key").write_text("test-key")
    (tmp_path / "target.toml").write_text(TARGET)
    return tmp_path / "target.toml"


@pytest.mark.slow
def test_a_master_whose_workers_do_not_come_gives_up_and_says_what_to_start(monkeypatch, tmp_path, simulator, capfd):
    monkeypatch.setattr(runner, "WORKERS_WAIT_S", 1)
    arguments = ["--master", "--master-port", str(runner.free_port()), "--expect-workers", "2"]
    assert main(["load", "--out", str(tmp_path / "runs"), "--target", str(simulator()), *arguments]) == 3
    told = capfd.readouterr().err
    assert "waiting up to 1 s for 2 workers, then provisioning" in told
    assert "offerproof: the load did not begin: not all workers came in time" in told
    assert "hint: offerproof load --worker --master-host HERE" in told


def test_a_scenario_that_only_has_the_name_of_one_that_reads_is_not_believed(tmp_path, target, capsys):
    pool = '[customers]\nfrom = "pool"\nfile = "customers.jsonl"\n[limits]'
    target.with_name("customers.jsonl").write_text('{"user_id": "u-1"}\n')
    target.write_text(TARGET.replace("allow_writes = true", "allow_writes = false").replace("[limits]", pool))
    earn = (Path(__file__).parents[2] / "load" / "earn.py").read_text("utf-8")
    (tmp_path / "browse.py").write_text(earn, encoding="utf-8")
    arguments = ["load", "--dry-run", "--target", str(target), "--workload", "smoke", "--scenario"]
    assert main([*arguments, "browse"]) == 0
    assert main([*arguments, str(tmp_path / "browse.py")]) == 2
    assert "does not allow writes, and this scenario writes" in capsys.readouterr().err


class Inner:
    """Shows nothing."""

    def status(self, text: str) -> None:
        pass

    def counted(self, what: str, done: int, total: int) -> None:
        pass

    def live(self, line: Any, total_s: float) -> None:
        pass


def test_a_file_for_prometheus_that_cannot_be_written_is_said_before_the_run(tmp_path):
    with pytest.raises(Misuse, match=r"cannot write .*: No such file or directory"):
        prometheus.PrometheusView(tmp_path / "nowhere" / "figures.prom", Inner())


def test_a_file_for_prometheus_that_goes_away_does_not_end_the_run(tmp_path):
    folder = tmp_path / "somewhere"
    folder.mkdir()
    view = prometheus.PrometheusView(folder / "figures.prom", Inner())
    (folder / "figures.prom").unlink()
    folder.rmdir()
    line = Live(
        at=1.0, rate=1, workflows=1, p50=1, p95=1, p99=1, errors=0, total=1, total_errors=0,
        busy=0, queued=0, offers=0, workers=1, lost=0, cpu=0.1,
    )  # fmt: skip
    view.live(line, 10.0)


def test_a_lock_file_that_leads_elsewhere_is_not_opened(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    profile = Profile("test", "simulator", {"core": TargetService("core", "http://127.0.0.1:9", None, None)})
    with runner.one_at_a_time(profile):
        (lock,) = tmp_path.iterdir()
    lock.symlink_to(tmp_path / "what somebody else wants written")
    with (
        pytest.raises(Misuse, match=r"cannot open the lock file .*offerproof-load-.*: Too many levels of symbolic"),
        runner.one_at_a_time(profile),
    ):
        raise AssertionError("it must not begin")


def test_two_runs_of_one_host_do_not_load_one_target_together(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    profile, other = (
        Profile("test", "simulator", {"core": TargetService("core", f"http://127.0.0.1:{port}", None, None)})
        for port in (9, 10)
    )
    with runner.one_at_a_time(profile), runner.one_at_a_time(other):
        with pytest.raises(Misuse, match="another load run of this host goes to the same target"):
            runner.one_at_a_time(profile).__enter__()
        assert {file.stat().st_mode & 0o777 for file in tmp_path.glob("*.lock")} == {0o600}
    assert list(tmp_path.iterdir()) == []


def test_a_lock_on_a_file_that_was_removed_meanwhile_is_none(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    profile = Profile("test", "simulator", {"core": TargetService("core", "http://127.0.0.1:9", None, None)})
    lock_it = fcntl.flock
    removed: list[Path] = []

    def flock(descriptor: int, operation: int) -> None:
        if not removed:  # whoever had it ends between our opening and our locking
            removed.append(next(tmp_path.iterdir()))
            removed[0].unlink()
        lock_it(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with runner.one_at_a_time(profile):
        assert removed[0].exists()
        with pytest.raises(Misuse, match="another load run of this host"):
            runner.one_at_a_time(profile).__enter__()
    assert list(tmp_path.iterdir()) == []
