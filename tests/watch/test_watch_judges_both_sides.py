"""``offerproof watch`` as a command: ports, permission, and what Ctrl-C leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from benchmarks.recorded_walk import RecordedSimulator, har, short_walk
from offerproof.audit import AuditOptions, ClientOptions, LiveAudit
from offerproof.cli import main
from offerproof.cli.watch import ports
from offerproof.errors import ExitCode, Misuse
from offerproof.findings import TruncatedRun, Verdict, read_run
from offerproof.recording import Body, Recorded, open_recordings
from offerproof.target import load_profile
from offerproof.watch.run import router

STAGING = Path(__file__).parents[2] / "examples" / "staging.toml"


@pytest.mark.parametrize(
    ("text", "found"),
    [("9000", {"": 9000}), ("core=1,offers=2,cloudpos=3", {"core": 1, "offers": 2, "cloudpos": 3})],
)
def test_ports_are_one_for_all_or_one_each(text, found):
    assert ports(text) == found


@pytest.mark.parametrize("text", ["", "core=1", "core=x", "pos=1", "core=1,core=2,offers=3,cloudpos=4"])
def test_ports_that_are_not_understood_are_refused(text):
    with pytest.raises(Misuse):
        ports(text)


def profile_of(environment, tmp_path):
    text = STAGING.read_text("utf-8")
    changed = text.replace('environment = "staging"', f'environment = "{environment}"')
    file = tmp_path / f"{environment}.toml"
    file.write_text(changed, "utf-8")
    return file


def test_production_needs_read_only(tmp_path, capsys):
    file = profile_of("production", tmp_path)
    assert main(["watch", "--target", str(file), "--listen", "0"]) == 2
    assert "--read-only lets reads pass" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("method", "path", "refused"),
    [
        ("POST", "/api/2.0/Lock", "lock"),
        ("PATCH", "/api/2.0/lock", "lock"),
        ("POST", "/api/2.0/send_transaction", "send_transaction"),
        ("POST", "/priv/v1/apps/k/users", "create_customer"),
        ("POST", "/somewhere/else", "POST"),
        ("DELETE", "/priv/v1/apps/k/users/1", "DELETE"),
        ("POST", "/api/2.0/Lookup", None),
        ("POST", "/api/2.0/offers/get_user_offers", None),
        ("POST", "/api/2.0/offers/user_offer_history", None),
        ("GET", "/priv/v1/apps/k/users/search", None),
        ("GET", "/health", None),
    ],
)
def test_read_only_lets_reads_pass_and_nothing_that_may_write(method, path, refused, tmp_path):
    profile = load_profile(profile_of("production", tmp_path), planning=True)
    told = router(profile, read_only=True)(method, path).refusal
    assert (told or "").partition(" ")[0] == (refused or "")
    assert router(profile, read_only=False)(method, path).refusal is None


def test_an_exchange_that_we_fail_to_judge_stops_nothing(tmp_path, monkeypatch):
    live = LiveAudit(AuditOptions(files=(), out=tmp_path), "watched")
    recorded = Recorded(
        place="exchange 1",
        method="POST",
        url="http://127.0.0.1/api/2.0/Lookup",
        request_headers=(),
        request=Body(b"{}"),
        status=200,
        answer_headers=(),
        answer=Body(b"{}"),
        started=1,
        ended=2,
    )
    with monkeypatch.context() as patched:
        patched.setattr(live._observer, "observe", lambda *_: 1 / 0)
        live.take(recorded)
    live.take(recorded)
    notes = live.close([]).run.plan.notes
    assert "watched: 2 exchanges, 1 of them calls of the API" in notes
    assert "1 exchanges could not be judged, our error: ZeroDivisionError" in notes


@pytest.mark.slow
def test_ctrl_c_leaves_the_certificates_of_both_sides(tmp_path):
    file, out = tmp_path / "simulator.toml", tmp_path / "runs"
    command = [sys.executable, "-m", "offerproof"]
    with subprocess.Popen(
        [*command, "simulate", "--port", "0", "--profile-out", str(file)], stdout=subprocess.PIPE, text=True
    ) as simulator:
        assert simulator.stdout is not None
        assert "ready" in simulator.stdout.readline()
        with subprocess.Popen(
            [*command, "watch", "--target", str(file), "--listen", "0", "--client", "POS 7.2", "--out", str(out)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        ) as watch:
            assert watch.stdout is not None
            port = watch.stdout.readline().partition("all=")[2].partition(";")[0]
            profile = load_profile(file)
            core = profile.services["core"]
            assert core.api_key
            assert core.key
            assert core.secret
            url = f"http://127.0.0.1:{port}/priv/v1/apps/{core.api_key.reveal()}/users/search?email=a%2Bb%40example.com"
            for _ in range(3):
                requests.get(url, auth=(core.key.reveal(), core.secret.reveal()), timeout=20)
            watch.send_signal(signal.SIGINT)
            told, _ = watch.communicate(timeout=60)
        simulator.terminate()
    assert watch.returncode == 3, told  # three searches are no certificate, of neither side
    (folder,) = out.iterdir()
    run, client = read_run(folder / "run.jsonl"), read_run(folder / "client" / "run.jsonl")
    assert "watched: 3 exchanges, 3 of them calls of the API" in run.plan.notes
    assert (client.header.kind, client.header.target.name) == ("client", "POS 7.2")
    assert client.standings["TILL-29"].verdict == "pass"


@pytest.mark.slow
def test_a_simulator_may_be_started_with_a_watch_before_it(tmp_path):
    command = [sys.executable, "-m", "offerproof", "simulate", "--port", "0", "--watch", "0"]
    environ = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environ) as simulator:
        assert simulator.stdout is not None
        line = ""
        while "offerproof watch: ready" not in line:
            line = simulator.stdout.readline()
            assert line, "it ended"
        port = line.partition("all=")[2].partition(";")[0]
        told = requests.get(f"http://127.0.0.1:{port}/priv/v1/apps/k/users/search?email=a", timeout=20)
        assert told.status_code == 401
        simulator.send_signal(signal.SIGINT)
        simulator.communicate(timeout=60)
    assert simulator.returncode == 3  # one refused search is no certificate
    (run,) = (tmp_path / "offerproof-runs").iterdir()
    assert read_run(run / "run.jsonl").header.target.name == "simulator"


def test_who_is_killed_leaves_what_was_seen_of_both_sides(tmp_path):
    """Killed is: never closed. Each exchange after a while is in the draft."""
    client = ClientOptions("POS 7.2", complete=True)
    live = LiveAudit(AuditOptions(files=(), out=tmp_path, client=client), "watched")
    live.keep()
    (folder,) = tmp_path.iterdir()
    assert read_run(folder, partial=True).findings == []
    simulator = RecordedSimulator(defect="lock-answers-info")
    short_walk(simulator)
    path = tmp_path / "walk.har"
    path.write_bytes(har(simulator.entries))
    with open_recordings([str(path)]) as opened:
        for recorded in opened.recordings[0][0].exchanges():
            live.take(recorded)
    live._kept = (0.0, 0)
    live.keep()
    run, of_client = (read_run(place, partial=True) for place in (folder, folder / "client"))
    assert {one.clause for one in run.failures} >= {"LOCK-1"}
    assert run.standings["CUST-1"].verdict is Verdict.PASS
    assert run.outcome.exit_code is ExitCode.FAILED
    assert of_client.standings["TILL-41"].verdict is Verdict.PASS
    with pytest.raises(TruncatedRun):
        read_run(folder)
    finished = live.close([])
    assert read_run(folder).outcome.exit_code is finished.run.outcome.exit_code
    assert not list(folder.rglob("*.part"))
