"""certify, replay, explain and clauses as a user calls them, against the simulator as a process of its own."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from offerproof.cli import main
from offerproof.cli.replay import find
from offerproof.conformance import certify
from offerproof.contract import load_contract, load_requirements
from offerproof.contract.requirements import CONDITIONS, Extent, extent
from offerproof.defects.wire import planted
from offerproof.findings import read_run
from offerproof.selfcheck.in_process_simulator import in_process_simulator


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def only_run(folder: Path, kind: str = "certify") -> Path:
    runs = [run for run in (folder / "offerproof-runs").iterdir() if run.is_dir()]
    (found,) = [run for run in runs if read_run(run).header.kind == kind]
    return found


def test_certify_without_a_target_judges_our_own_simulator(here, capsys):
    assert main(["certify", "--level", "smoke"]) == 0
    assert "CONFORMS" in capsys.readouterr().out
    folder = only_run(here)
    assert sorted(file.name for file in folder.iterdir()) == [
        "certificate.html",
        "junit.xml",
        "private.env",
        "run.jsonl",
    ]
    run = read_run(folder)
    assert run.footer is not None
    assert run.counts["pass"] == 7
    assert run.footer.requests <= 30
    port = int(run.header.target.services["core"].rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


@pytest.mark.slow
def test_a_defect_fails_certify_and_is_replayed_until_it_is_gone(here, simulate, capsys):
    with simulate("--defect", "lock-is-stolen") as profile:
        assert main(["certify", "--target", str(profile), "--only", "LOCK-12"]) == 1
        folder = only_run(here)
        finding = read_run(folder).failures[0]
        assert finding.clause == "LOCK-12"
        assert finding.replay == f"offerproof replay {folder.relative_to(here)} {finding.identity}"
        assert main(["replay", str(folder), "lock-12"]) == 1
        assert f"{finding.identity} fails again" in capsys.readouterr().out
        replayed = read_run(only_run(here, "replay"))
        assert len([one for one in replayed.findings if one.check == finding.check]) == len(replayed.findings)
    with simulate() as sound:
        assert main(["replay", str(folder), finding.identity, "--target", str(sound)]) == 0
    assert f"{finding.identity} passes now" in capsys.readouterr().out


@pytest.fixture
def second_lock_is_refused(here, monkeypatch):
    """Judge a simulator that is new in each run, and refuses every lock but the first; gives its profile."""

    def rewrite(flow):
        return flow.refuse() if flow.operation == "lock" and flow.memory.counts["lock"] > 1 else flow.send()

    with in_process_simulator() as simulator:

        def renewed(options):
            planted(simulator.renew(0), rewrite, lambda: None)
            return certify(options)

        for command in ("certify", "replay"):
            monkeypatch.setattr(f"offerproof.cli.{command}.certify", renewed)
        profile = here / "target.toml"
        one_by_one = "[limits]\nconnections = 1"
        text = (simulator.folder / "simulator.toml").read_text().replace("[limits]", one_by_one)
        profile.write_text(text.replace('_file = "', f'_file = "{simulator.folder}/'))
        yield profile


@pytest.mark.slow
def test_what_only_other_checks_bring_about_is_not_said_to_pass(second_lock_is_refused, here, capsys):
    chosen = ("--only", "LOCK-1", "--only", "LOCK-4")
    assert main(["certify", "--target", str(second_lock_is_refused), *chosen]) == 1
    folder = only_run(here)
    assert [one.clause for one in read_run(folder).failures] == ["LOCK-4"]
    assert main(["replay", str(folder), "LOCK-4"]) == 1
    told = capsys.readouterr().out
    assert "LOCK-4" in told
    assert "fails again among the other checks, whose doings it needs; alone it passes" in told
    assert "passes now" not in told


def test_a_run_whose_profile_is_gone_or_leads_elsewhere_says_how_to_replay_it(
    second_lock_is_refused, here, capsys, monkeypatch
):
    assert main(["certify", "--target", str(second_lock_is_refused), "--only", "LOCK-1", "--only", "LOCK-4"]) == 1
    folder = only_run(here)
    text = second_lock_is_refused.read_text()
    second_lock_is_refused.write_text(text.replace("http://127.0.0.1:", "http://127.0.0.2:"))
    assert main(["replay", str(folder), "LOCK-4"]) == 2
    assert "leads to another target than it did" in capsys.readouterr().err
    second_lock_is_refused.rename(here / "moved.toml")
    assert main(["replay", str(folder), "LOCK-4"]) == 2
    told = capsys.readouterr().err
    assert f"the profile of the run, {second_lock_is_refused}, is not there" in told
    assert "give the target's profile: --target PROFILE" in told


def test_replaying_what_is_not_there_is_misuse(here, capsys):
    assert main(["certify", "--level", "smoke"]) == 0
    assert main(["replay", str(only_run(here)), "0123abcd"]) == 2
    assert "it has no failure at all" in capsys.readouterr().err
    assert main(["replay", str(only_run(here)), "LOCK-1"]) == 2
    told = capsys.readouterr().err
    assert "LOCK-1 did not fail in this run, it is skip: level gate" in told
    assert "offerproof certify --only LOCK-1 asks for it again" in told


def test_a_clause_stands_for_all_that_was_found_of_it():
    failing = read_run(Path(__file__).parents[2] / "reports" / "sample" / "failing")
    both = find(failing, "fetch-6")
    assert [one.clause for one in both] == ["FETCH-6", "FETCH-6"]
    assert both[0].identity != both[1].identity
    assert find(failing, both[1].identity) == (both[1],)
    assert find(failing, both[1].identity.removeprefix("FETCH-6:")) == (both[1],)


def test_what_a_load_run_found_is_not_replayed_and_what_to_do_is_said(capsys):
    failing = Path(__file__).parents[2] / "reports" / "sample" / "load-failing"
    assert main(["replay", str(failing), "LOAD-5"]) == 2
    told = capsys.readouterr().err
    assert "is of many calls at once, and is not replayed" in told
    assert "hint: do the load again: offerproof load --scenario stampede --seed" in told


def test_a_plan_says_what_is_needed_and_keeps_nothing(here, capsys):
    assert main(["certify", "--level", "smoke", "--plan"]) == 0
    told = capsys.readouterr().out
    assert "clauses       7 required" in told
    assert "at most 30" in told
    assert list(here.iterdir()) == []


@pytest.mark.slow
def test_the_same_seed_sends_the_same_requests(here):
    for _ in range(2):
        assert main(["certify", "--level", "smoke", "--seed", "7"]) == 0
    runs = [read_run(folder) for folder in (here / "offerproof-runs").iterdir()]
    bodies = [
        [(one.operation, one.request_headers["traceparent"], strip(one.request_body)) for one in run.exchanges.values()]
        for run in runs
    ]
    assert bodies[0] == bodies[1]


def strip(body: object) -> str:
    """A body without the instants it carries: our simulator's clock runs."""
    text = json.dumps(body, default=str, sort_keys=True)
    return "".join("#" if character.isdigit() else character for character in text)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "reason"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM"), (signal.SIGHUP, "SIGHUP")]
)
def test_a_run_that_is_stopped_keeps_what_it_found_and_leaves_no_simulator_behind(here, number, reason):
    command = [sys.executable, "-m", "offerproof", "certify", "--level", "full"]
    process = subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        deadline = time.monotonic() + 60
        runs = here / "offerproof-runs"
        while not any(b'"record":"finding"' in file.read_bytes() for file in runs.glob("*/run.jsonl")):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        told, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 3, told
    run = read_run(only_run(here))
    assert run.interrupted is not None
    assert run.interrupted.reason == reason
    port = int(run.header.target.services["core"].rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["certify", "--target", "none.toml"], "cannot read the target profile none.toml"),
        (["certify", "--only", "LOK-1"], "there is no clause 'LOK-1'"),
        (["certify", "--waivers", "none.toml"], "cannot read the waivers none.toml"),
        (["certify", "--level", "all"], "Invalid value for '--level'"),
        (["replay", "none", "LOCK-1"], "cannot read the run none"),
        (["explain", "LOCK-99999"], "there is no clause"),
    ],
)
def test_misuse_is_one_clear_line_and_exit_code_2(here, capsys, arguments, says):
    assert main(arguments) == 2
    assert says in capsys.readouterr().err


def test_explain_tells_sentence_source_and_check(capsys):
    assert main(["explain", "smoke-3", "--source"]) == 0
    told = capsys.readouterr().out
    clause = load_contract().clauses["SMOKE-3"]
    for word in (clause.sentence, clause.source, "test_00_smoke.py::", "@clause(", "offerproof certify --only SMOKE-3"):
        assert word in told
    assert "  documents  OFFER-S4-1: All eligible user offers come back" in told
    assert main(["explain", "CUST-23"]) == 0
    assert re.search(
        r"^             and [0-9]{2} more \(contracts/requirements.toml\)$", capsys.readouterr().out, re.MULTILINE
    )


def test_explain_tells_programs_the_same(capsys):
    assert main(["explain", "SMOKE-3", "--json", "--source"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["id"], told["strength"], told["chapter"]) == ("SMOKE-3", "must", "SMOKE")
    assert told["command"] == "offerproof certify --only SMOKE-3"
    assert [one["file"] for one in told["checks"]] == ["test_00_smoke.py"] * len(told["checks"])
    assert all("@clause(" in one["source"] for one in told["checks"])
    assert any(one["id"] == "OFFER-S4-1" for one in told["documents"])


def test_selfcheck_prints_its_report_alone_on_standard_output(capsys):
    assert main(["selfcheck", "--tills", "--only", "discount-typed-in", "--seeds", "1", "--json", "-"]) in (0, 1)
    shown = capsys.readouterr()
    assert json.loads(shown.out)[0]["name"] == "discount-typed-in"
    assert "discount-typed-in" in shown.err


def test_the_plan_lists_what_of_the_documents_stays_unjudged(here, capsys):
    assert main(["certify", "--plan", "--level", "full"]) == 0
    lines = capsys.readouterr().out.splitlines()
    count = sum(extent(one, CONDITIONS[0]) is Extent.NO for one in load_requirements().by_id.values())
    place = lines.index(f"unjudged      no clause judges them: {count} requirements of the documents")
    assert "CORE-SUM-2" in lines[place + 1]


def test_clauses_lists_every_clause(capsys):
    assert main(["clauses", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in listed] == list(load_contract().clauses)
    assert main(["clauses", "LOCK"]) == 0
    assert capsys.readouterr().out.count("\n  LOCK-") == sum(one["chapter"] == "LOCK" for one in listed)


def test_a_simulator_that_does_not_start_is_told(here, monkeypatch, capsys):
    monkeypatch.setenv("PYTHONPATH", str(here))
    package = here / "offerproof"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("raise SystemExit('planted: nothing starts here')")
    assert main(["certify", "--level", "smoke"]) == 3
    assert "our simulator did not start: planted: nothing starts here" in capsys.readouterr().err
