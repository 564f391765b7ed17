"""What lies about in a folder or an environment, and what breaks on our side, never turns a verdict."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from offerproof.cli import main
from offerproof.conformance import Options, certify
from offerproof.conformance.own_simulator import own_simulator
from offerproof.contract import Level
from offerproof.findings import read_run
from offerproof.target import load_profile

OFFERPROOF = Path(sys.executable).with_name("offerproof")
PLANTED = 'raise SystemExit("planted")\n'


def smoke(folder: Path, *options: str, **more: object) -> subprocess.CompletedProcess[str]:
    command = [str(OFFERPROOF), "certify", "--level", "smoke", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, **more)  # type: ignore[call-overload,no-any-return]


def the_run(folder: Path) -> Path:
    (found,) = (folder / "offerproof-runs").iterdir()
    return found


def test_a_hostile_folder_and_environment_change_nothing(tmp_path):
    for name in ("conftest.py", "offerproof.py", "json.py", "sitecustomize.py"):
        (tmp_path / name).write_text(PLANTED)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --collect-only -p planted\n")
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": ":nowhere/9", "PYTHONIOENCODING": "ascii"}
    pytest_s = {"PYTEST_ADDOPTS": "--collect-only -k nothing", "PYTEST_PLUGINS": "planted"}
    done = smoke(tmp_path, env=environment | pytest_s)
    assert done.returncode == 0, done.stderr
    assert read_run(the_run(tmp_path)).counts["pass"] >= 6


@pytest.mark.slow
def test_a_failing_target_fails_whatever_the_environment_says(simulate, tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    with simulate("--defect", "lock-is-stolen") as profile:
        options = ("--level", "gate", "--only", "LOCK-12", "--target", str(profile))
        done = smoke(tmp_path, *options, env={**os.environ, "PYTEST_ADDOPTS": "--collect-only"})
    assert done.returncode == 1


@pytest.mark.slow
def test_closed_streams_do_not_change_the_exit_code(tmp_path):
    shell = f"exec '{OFFERPROOF}' certify --level smoke >&- 2>&-"
    assert subprocess.run(["bash", "-c", shell], cwd=tmp_path, check=False).returncode == 0
    assert read_run(the_run(tmp_path)).footer is not None


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_standard_output_does_not_change_the_exit_code(tmp_path):
    with Path("/dev/full").open("w") as full:
        command = [str(OFFERPROOF), "certify", "--level", "smoke"]
        assert subprocess.run(command, cwd=tmp_path, stdout=full, stderr=full, check=False).returncode == 0


def test_a_full_disk_is_said_and_nothing_is_judged(tmp_path):
    def little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    unmeasured = {
        name: value for name, value in os.environ.items() if not name.startswith("COV")
    }  # it has no disk either
    done = smoke(tmp_path, preexec_fn=little, env=unmeasured)
    assert done.returncode == 3
    assert "run.jsonl: File too large" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_that_was_killed_is_not_finished_and_leaves_no_simulator(tmp_path, capsys):
    command = [str(OFFERPROOF), "certify", "--level", "full"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 90
    while not any(b'"finding"' in file.read_bytes() for file in tmp_path.glob("offerproof-runs/*/run.jsonl")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert main(["report", str(the_run(tmp_path))]) == 3
    assert "has no footer: the run did not finish" in capsys.readouterr().err
    assert [file.name for file in the_run(tmp_path).iterdir()] == ["run.jsonl"]  # no credentials are left lying about
    run = read_run(the_run(tmp_path), partial=True)
    port = int(run.header.target.services["core"].rpartition(":")[2])
    while True:
        assert time.monotonic() < deadline
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            break


def test_children_find_the_credentials_of_our_simulator_in_their_environment(tmp_path):
    before = dict(os.environ)
    with own_simulator(tmp_path, 0, for_children=True) as profile:
        (file,) = tmp_path.iterdir()
        again = load_profile(file)
        secrets = {each.secret.reveal() for each in again.services.values() if each.secret}
        assert secrets == {each.secret.reveal() for each in profile.services.values() if each.secret}
        assert len(secrets) == 3
        assert not any(secret in file.read_text() for secret in secrets)
        assert secrets <= set(os.environ.values())
    assert list(tmp_path.iterdir()) == []
    assert dict(os.environ) == before


def test_a_target_that_dies_on_the_way_is_unknown_and_never_a_pass(simulate, tmp_path):
    class Killer:
        checks = 0

        def notice(self, event: object) -> None:
            self.checks += type(event).__name__ == "CheckFinished"
            if self.checks == 3:
                stack.__exit__(None, None, None)
                self.checks += 1

    stack = simulate("--control")
    profile = load_profile(stack.__enter__())
    done = certify(Options(profile=profile, level=Level.GATE, out=tmp_path / "runs", listeners=(Killer(),)))
    assert int(done.run.outcome.exit_code) == 3
    assert any("has not answered the last 20 requests" in reason for reason in done.run.outcome.reasons)
    assert not any("our error" in reason for reason in done.run.outcome.reasons)


def test_a_fault_of_ours_is_exit_code_3_and_shows_no_values(tmp_path, monkeypatch, capsys):
    from offerproof.cli import explain

    def broken(**_: object) -> None:
        raise RuntimeError("canary.person@example.org")

    monkeypatch.setattr(explain, "SuiteFolders", broken)
    assert main(["explain", "LOCK-1"]) == 3
    told = capsys.readouterr().err
    assert "RuntimeError" in told
    assert "canary" not in told
