"""selfcheck tells killed, survived, vacuous and wrongly claimed defects apart, and correct simulators from accused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from offerproof import defects
from offerproof.cli import main
from offerproof.contract import Level
from offerproof.defects.rewrites import put
from offerproof.defects.wire import planted as planted_before
from offerproof.errors import ExitCode
from offerproof.selfcheck import Alarm, Report, Trial, TrialOutcome, alarm_line, summary, trial_line
from offerproof.selfcheck.in_process_simulator import InProcessSimulator
from offerproof.selfcheck.trial import try_seed


def _photo(app, hit):
    """Harm that no clause speaks of."""
    planted_before(app, put("search_customers", "user.profile_photo_url", "/another.png"), hit)


def _raises(flow):
    """An error of the defect's own."""
    flow.hit()
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("name", "clause"),
    [
        ("custom-data-lost", "FETCH-6"),
        ("lock-is-stolen", "LOCK-12"),
        ("points-as-text", "CUST-23"),
        ("pages-overlap", "PAGE-2"),
        ("malformed-json-breaks-it", "REFUSE-1"),
        ("escrow-matures-seconds-early", "TIME-3"),
    ],
)
def test_a_defect_is_killed_by_its_own_clause_within_a_few_requests(judged, name, clause):
    trial = judged(name)
    assert (trial.outcome, trial.caught_by, trial.clause) == (TrialOutcome.KILLED, clause, clause)
    assert trial.hits > 0
    assert 0 < trial.requests < 60


def test_a_defect_that_does_no_harm_is_vacuous(judged, planted):
    trial = judged(planted("LOCK-12", lambda app, hit: None))
    assert (trial.outcome, trial.caught_by, trial.hits) == (TrialOutcome.VACUOUS, None, 0)


def test_a_defect_that_never_says_that_it_did_harm_is_vacuous_though_it_is_found(judged, planted):
    trial = judged(planted("LOCK-12", lambda app, hit: defects.registry()["lock-is-stolen"].plant(app, lambda: None)))
    assert (trial.outcome, trial.caught_by, trial.hits) == (TrialOutcome.VACUOUS, "LOCK-12", 0)


def test_a_defect_that_raises_is_broken_whatever_is_found_of_that(judged, planted):
    trial = judged(planted("LOCK-12", lambda app, hit: planted_before(app, _raises, hit)))
    assert (trial.outcome, trial.caught_by) == (TrialOutcome.BROKEN, None)
    assert "ZeroDivisionError" in trial.told


def test_a_defect_that_nothing_finds_survives(judged, planted):
    trial = judged(planted("CUST-1", _photo))
    assert (trial.outcome, trial.caught_by) == (TrialOutcome.SURVIVED, None)
    assert trial.hits > 0


@pytest.mark.slow
def test_a_defect_that_another_clause_finds_names_the_wrong_one(judged, planted):
    trial = judged(planted("CUST-1", defects.registry()["lookup-answers-403"].plant))
    assert (trial.outcome, trial.caught_by) == (TrialOutcome.WRONG_CLAUSE, "SMOKE-6")


def test_a_defect_of_a_clause_without_a_check_is_not_counted_as_killed(judged, planted):
    assert judged(planted("LOAD-5", _photo)).outcome is TrialOutcome.UNCHECKED


def test_the_whole_suite_shows_what_else_turns_red(judged):
    trial = judged("lookup-answers-403", thorough=True)
    assert (trial.outcome, trial.red, trial.first) == (TrialOutcome.KILLED, ("SMOKE-6",), "SMOKE-6")


def test_a_trial_leaves_nothing_to_the_next_one(warm, judged, plan):
    judged("custom-data-lost")
    assert try_seed(warm, 0, plan()).reasons == ()


def test_a_correct_simulator_of_any_seed_conforms(warm, plan):
    assert [try_seed(warm, seed, plan()).reasons for seed in (1, 2)] == [(), ()]


def test_a_simulator_that_is_not_correct_is_an_alarm(warm, plan, monkeypatch):
    renew = InProcessSimulator.renew
    monkeypatch.setattr(
        InProcessSimulator, "renew", lambda self, seed, defect=None: renew(self, seed, "lookup-answers-403")
    )
    reasons = try_seed(warm, 0, plan()).reasons
    assert [reason[:14] for reason in reasons] == ["SMOKE-6 failed"]


def _trial(outcome: TrialOutcome, **changes: object) -> Trial:
    values: dict[str, object] = {
        **{"name": "x", "family": "lock", "clause": "LOCK-1", "caught_by": "LOCK-1", "requests": 7, "seconds": 0.1},
        **{"hits": 1, "outcome": outcome, **changes},
    }
    return Trial(**values)  # type: ignore[arg-type]


def _report(*trials: Trial, reasons: tuple[str, ...] = ()) -> Report:
    alarm = Alarm(seed=0, requests=700, seconds=1.0, reasons=reasons)
    return Report(trials=trials, alarms=(alarm,), seconds=2.0, level=Level.GATE, thorough=True)


def test_the_exit_code_is_0_only_when_all_are_killed_and_nobody_is_accused():
    killed = _trial(TrialOutcome.KILLED)
    assert _report(killed).exit_code == ExitCode.OK
    for outcome in (TrialOutcome.SURVIVED, TrialOutcome.VACUOUS, TrialOutcome.WRONG_CLAUSE, TrialOutcome.BROKEN):
        assert _report(killed, _trial(outcome)).exit_code == ExitCode.FAILED
    assert _report(killed, reasons=("LOCK-1 failed",)).exit_code == ExitCode.FAILED
    assert _report(killed, _trial(TrialOutcome.UNCHECKED)).exit_code == ExitCode.NOT_JUDGED


def test_lines_tell_what_was_seen_instead_of_a_kill():
    survivor = _trial(TrialOutcome.SURVIVED, caught_by=None, told="LOCK-1 saw nothing")
    assert trial_line(survivor).splitlines()[1].strip() == "LOCK-1 saw nothing"
    late = _trial(TrialOutcome.KILLED, whole="gate", shown=("AUTH-8", "LOCK-1"), beneath=("SMOKE-4",))
    assert trial_line(late).endswith("shown first: AUTH-8")
    assert trial_line(_trial(TrialOutcome.KILLED, whole="gate", shown=("LOCK-1", "AUTH-8"))).endswith(" s")
    alarm = Alarm(seed=4, requests=700, seconds=1.0, reasons=("LOCK-1 failed",))
    assert alarm_line(alarm).startswith("false alarm   seed 4")


def test_the_summary_counts_and_says_whether_the_judge_can_be_trusted():
    good = summary(_report(_trial(TrialOutcome.KILLED, whole="gate", shown=("LOCK-1",), beneath=("LOCK-4",))))
    assert "1 of 1 defects killed by their clause (1 clauses), 0 false alarms over 1 seeds" in good
    assert good.endswith("the judge can be trusted")
    assert summary(_report(_trial(TrialOutcome.VACUOUS))).endswith("the judge cannot be trusted yet")


def test_the_summary_tells_the_rest_of_what_turns_red_and_how_it_is_shown():
    trials = [
        _trial(TrialOutcome.KILLED, name="alone", whole="gate", shown=("LOCK-1",)),
        _trial(TrialOutcome.KILLED, name="one-cause", whole="gate", shown=("LOCK-1",), beneath=("LOCK-4", "JOURN-1")),
        _trial(TrialOutcome.KILLED, name="two-causes", whole="gate", shown=("LOCK-1", "AUTH-8"), beneath=("JOURN-1",)),
        _trial(TrialOutcome.KILLED, name="hidden", whole="gate", shown=("AUTH-8",), beneath=("LOCK-1",)),
        _trial(TrialOutcome.KILLED, name="not-run"),
    ]
    lines = [" ".join(line.split()) for line in summary(_report(*trials)).splitlines()]
    assert "what a report of the whole suite shows of each defect (1 not in these runs)" in lines
    assert "its own clause first: 3 of 4; as the only cause: 2; nothing else red: 1" in lines
    assert lines[lines.index("another clause first (1)") + 1] == "hidden LOCK-1 AUTH-8; beneath: LOCK-1"
    place = lines.index("its own first, and further causes (1)")
    assert lines[place + 1] == "two-causes LOCK-1 LOCK-1, AUTH-8; beneath: JOURN-1"
    place = lines.index("its own as the only cause, the rest beneath it (1)")
    assert lines[place + 1] == "one-cause LOCK-1 beneath: LOCK-4, JOURN-1"


def test_the_command_writes_its_report_and_returns_0(tmp_path, capsys):
    file = tmp_path / "report.json"
    code = main(
        [
            *["selfcheck", "--only", "custom-data-lost", "--seeds", "0", "--jobs", "1", "--no-thorough", "--json"],
            str(file),
        ]
    )
    report = json.loads(file.read_text())
    assert code == 0
    assert [(one["name"], one["outcome"]) for one in report["trials"]] == [("custom-data-lost", "killed")]
    assert "killed        FETCH-6    custom-data-lost" in capsys.readouterr().out


@pytest.mark.slow
def test_the_command_returns_1_when_a_defect_survives(planted, capsys):
    planted("CUST-1", lambda app, hit: None)
    assert main(["selfcheck", "--only", "of-this-test", "--seeds", "0", "--jobs", "1"]) == 1
    assert "vacuous       CUST-1     of-this-test" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ("--only custom-data-los", "custom-data-lost"),
        ("--family locks", "there are schema, identities"),
        ("--clause FETCH-999", "--list-defects"),
    ],
)
def test_names_that_do_not_exist_are_misuse_with_a_hint(capsys, arguments, hint):
    assert main(["selfcheck", *arguments.split()]) == 2
    assert hint in capsys.readouterr().err


@pytest.mark.slow
def test_several_processes_come_to_the_same_result(capsys):
    code = main(
        [
            "selfcheck",
            "--only",
            "custom-data-lost",
            "--only",
            "search-by-prefix",
            "--seeds",
            "0",
            "--jobs",
            "2",
            "--no-thorough",
        ]
    )
    assert code == 0
    assert "2 of 2 defects killed by their clause" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_selfcheck_that_is_ended_leaves_no_folder(number, tmp_path):
    command = [sys.executable, "-m", "offerproof", "selfcheck", "--family", "lock", "--jobs", "2"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            deadline = time.monotonic() + 60
            while not list(tmp_path.glob("offerproof-selfcheck-*/offerproof-selfcheck-*/simulator.toml")):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
            process.send_signal(number)
            process.communicate(timeout=60)  # also its workers have ended: they share its output
        finally:
            process.kill()
    assert process.returncode == {signal.SIGTERM: 3, signal.SIGKILL: -9}[number]
    while list(tmp_path.glob("offerproof-*")):
        assert number == signal.SIGKILL
        assert time.monotonic() < deadline + 60
        time.sleep(0.01)
